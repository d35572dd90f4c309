"""What a detector sees of an alert's transactions and no root is over: senders of those that nobody signed,
and the calls inside of them, as a lake has them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import polars as pl

from dashboard.outside.evidence.blocks import LakeBlocks, wanted_of
from dashboard.outside.evidence.bundle import Call, Stated
from detectors.alerts.alert import Alert
from ingest.blocks.kept import with_input
from ingest.blocks.rebuilt import NotKept
from ingest.blocks.senders import sender_of
from ingest.model.batch import Batch

MOST_CALLS, MOST_BYTES = 2_000, 1_000_000
"""Calls of a bundle, and bytes of what they were called with. Of more none is carried, and how many there
were is said: a part of a transaction's calls would be another transaction.
"""


def stated_of(lake: LakeBlocks, alert: Alert) -> Stated:
    """Of each transaction of the alert's rows that the lake holds. Raises NotALake."""
    senders: dict[str, str] = {}
    calls: list[Call] = []
    for number, names in sorted(wanted_of(alert).items()):
        with suppress(NotKept):
            batch = lake.block(number)
            mine = pl.col("transaction_hash").is_in([bytes.fromhex(name[2:]) for name in names])
            senders |= dict(_unsigned(batch, mine))
            calls += map(_call, batch.traces.filter(mine).iter_rows(named=True))
    size = sum(len(each.input) // 2 for each in calls)
    if len(calls) > MOST_CALLS or size > MOST_BYTES:
        return Stated(senders, [], len(calls))
    return Stated(senders, calls, 0)


def _unsigned(batch: Batch, mine: pl.Expr) -> Iterator[tuple[str, str]]:
    """Senders of transactions whose signature does not say them."""
    for row in batch.transactions.filter(mine).iter_rows(named=True):
        envelope = row["envelope"]
        if envelope is None or sender_of(with_input(envelope, row["input"] or b"")) is None:
            yield "0x" + row["transaction_hash"].hex(), "0x" + row["from_address"].hex()


def _call(row: dict[str, Any]) -> Call:
    target = row["to_address"]
    return Call(
        "0x" + row["transaction_hash"].hex(), row["trace_index"], row["depth"], row["call_type"],
        "0x" + row["from_address"].hex(), None if target is None else "0x" + target.hex(),
        "0x" + row["value"].hex(), "0x" + (row["input"] or b"").hex(), row["error"], row["undone"],
    )  # fmt: skip
