"""Files what blocks used and cost, and what the next ones are forecast to; the newest stay."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select

from dashboard.store.fee_tables import block_fees, fee_forecasts
from dashboard.store.heads import of_head
from dashboard.store.inserting import insert_if_new
from dashboard.store.tables import heads
from dashboard.store.values import whole
from detectors.alerts.messages import BlockScores, RolledBack, ScoreRecord

KEPT_BLOCKS = 50_400
"""A week of blocks of twelve seconds each; beyond it the store lets go of them."""
KEPT_FORECASTS = 300
SLICE = 5_000


def file_fees(connection: Connection, chain_id: int, records: Iterable[ScoreRecord]) -> None:
    """Of each block once; those above a rollback go, with what was forecast after them. A chain that
    is judged anew is the same chain.
    """
    lowest: int | None = None
    fresh: dict[int, dict[str, Any]] = {}
    for record in records:
        if isinstance(record, RolledBack):
            last = record.block_number
            lowest = last if lowest is None else min(lowest, last)
            fresh = {number: row for number, row in fresh.items() if number <= last}
        elif isinstance(record, BlockScores) and record.fees is not None:
            fresh[record.block_number] = _row(record)
    if lowest is not None:
        for table in (block_fees, fee_forecasts):
            gone = (table.c.chain_id == chain_id) & (table.c.block_number > lowest)
            connection.execute(delete(table).where(gone))
    insert_if_new(connection, block_fees, list(fresh.values()))


def file_forecast(connection: Connection, chain_id: int, block: int, record: str) -> None:
    """In the place of one that was made after the same block; those long before it go."""
    here = fee_forecasts.c.chain_id == chain_id
    old = fee_forecasts.c.block_number <= block - KEPT_FORECASTS
    connection.execute(delete(fee_forecasts).where(here, old | (fee_forecasts.c.block_number >= block)))
    row = {"chain_id": chain_id, "block_number": block, "record": record}
    connection.execute(insert(fee_forecasts), row)


def age_fees(connection: Connection, chain_id: int) -> int:
    """Removes a slice of the blocks that are no longer kept; returns how many."""
    head = whole(connection.scalar(of_head(heads.c.block_number, chain_id)))
    if head is None:
        return 0
    lowest = _lowest(connection, chain_id)
    if lowest is None or lowest > head - KEPT_BLOCKS:
        return 0
    last = min(head - KEPT_BLOCKS, lowest + SLICE - 1)
    gone = (block_fees.c.chain_id == chain_id) & (block_fees.c.block_number <= last)
    return connection.execute(delete(block_fees).where(gone)).rowcount


def _lowest(connection: Connection, chain_id: int) -> int | None:
    number = block_fees.c.block_number
    first = select(number).where(block_fees.c.chain_id == chain_id).order_by(number).limit(1)
    return whole(connection.scalar(first))


def _row(record: BlockScores) -> dict[str, Any]:
    place = {"chain_id": record.chain_id, "block_number": record.block_number, "timestamp": record.timestamp}
    return place | msgspec.structs.asdict(record.fees)  # type: ignore[arg-type]
