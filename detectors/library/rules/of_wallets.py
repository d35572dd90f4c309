"""Fields of wallets."""

from __future__ import annotations

import numpy as np

from detectors.library.rules.columns import (
    ADDRESS,
    COUNT,
    NUMBER,
    SECONDS,
    Field,
    Lines,
    Named,
    Table,
    by_name,
    known,
    number,
    person,
    said,
)
from detectors.library.rules.values import Values
from detectors.memory.layout import Array
from detectors.parts.contract import Seen


def _wallets(seen: Seen) -> Lines | None:
    table = seen.of("habits").get("wallets")
    return None if table is None else Lines(seen, np.arange(table["id"].size), table, table["block"])


def _touching(lines: Lines, line: int) -> Array:
    """The block's transfers to or from the wallet, or in transactions that it signed."""
    seen, who, block = lines.seen, lines.table["id"][line], lines.block[line]
    known = seen.of("holdings")["known"]["row"] - int(seen.rows["number"][0])
    party = np.zeros(known.size, np.bool_)
    for name in ("source", "target", "signer"):
        party |= seen.rows[name][known] == who
    found: Array = seen.rows["number"][known[party & (seen.rows["block"][known] == block)]]
    return found


WALLET = Table(
    "wallet",
    "each wallet that a block touched and that sends transactions, as it stands at the block's end; numbers "
    "fade within a minute (fast) or ten (slow), as logs of counts",
    ("habits", "holdings"),
    "transfers",
    {"wallet": Named("wallet", "wallet")},
    by_name(
        Field("wallet", ADDRESS, "the wallet", "itself", person(said("id"))),
        Field(
            "age",
            SECONDS,
            "its age",
            "since it was first heard of",
            lambda lines: Values(np.maximum(lines.table["time"] - lines.table["first_time"], 0)),
        ),
        Field(
            "payers",
            COUNT,
            "the number of its payers",
            "different wallets that paid it",
            known(said("distinct_in")),
        ),
        Field(
            "payees",
            COUNT,
            "the number of its payees",
            "different wallets that it paid",
            known(said("distinct_out")),
        ),
        *(
            Field(name, NUMBER, words, about, number(said(name)))
            for name, words, about in (
                ("out_fast", "its fast rate of payments", "payments made, fast"),
                ("in_fast", "its fast rate of being paid", "payments got, fast"),
                ("out_slow", "its slow rate of payments", "payments made, slow"),
                ("in_slow", "its slow rate of being paid", "payments got, slow"),
                ("new_payees", "its rate of new payees", "payees that it never paid before"),
                ("new_payers", "its rate of new payers", "payers that never paid it before"),
                ("new_assets", "its rate of new assets", "assets that it never had before"),
                (
                    "unusual_amount",
                    "the number of spreads of its amounts",
                    "spreads from what is usual of the asset",
                ),
                (
                    "out_over_in",
                    "the log ratio of payments to receipts",
                    "log of payments made to payments got",
                ),
                (
                    "share_new_payees",
                    "its share of new payees",
                    "share of payments to payees that are new, 0 to 1",
                ),
            )
        ),
    ),
    _wallets,
    _touching,
)
