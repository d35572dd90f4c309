"""How unlike its past a payment is: MIDAS-R and MIDAS-F over who signed payments to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from detectors.kernels.midas import CELL, CLOCK, PAID, count_payments
from detectors.memory.history import History
from detectors.memory.layout import Array
from detectors.memory.table import Table
from detectors.parts.contract import Columns, HistorySpec, Kind, PartMemory, Seen, TableSpec
from detectors.parts.horizons import DAY

_FLOATS = ("paid", "ever", "edge", "edge_ever", "asset_paid", "asset_ever")
_SCORES = ("midas_r", "midas_f")


@dataclass(frozen=True, slots=True)
class Settings:
    """tick_s: seconds of a tick; the papers have a minute, blocks come every twelve seconds. decay: what is
    left of a count after a tick (the papers' .5). filter: MIDAS-F's threshold (the papers' 1,000). horizon_s,
    cap: for how long a count is remembered, at how many the oldest go early. paid_s, paid_cap: the same of
    who paid whom lately.
    """

    tick_s: int = 60
    decay: float = 0.5
    filter: float = 1000.0
    horizon_s: int = 90 * DAY
    cap: int = 8_000_000
    paid_s: int = DAY
    paid_cap: int = 4_000_000


@dataclass(frozen=True, slots=True)
class Rates:
    """`edges`, by "row": each plain payment of its signer (of the coin, or by a call of the token itself, to
    one payee, nothing for it: calls of services and payments to many at once are none), and each transaction
    that
    failed (`failed`: 1, `payee` is who was called): `transaction`, `payer`, `payee`, `asset`; in this tick
    (earlier ones decayed) and ever, how often the payer paid (`paid`, `ever`), paid this payee (`edge`,
    `edge_ever`), anybody paid with the asset (`asset_paid`, `asset_ever`; of the coin 0), `payers`: who did,
    each as one bit of 64; `ticks` so far; `midas_r`, `midas_f`: the scores of the papers.

    Nobody is counted for logs that others make. The history `paid` has by account * 4 + side (0: it paid, 1:
    it was paid) `other`, `asset`, `row`, `failed`, and `ever` of the payer.
    """

    name: str = "rates"
    reads: tuple[str, ...] = ("trails",)
    kinds: tuple[Kind, ...] = (Kind.TRANSACTION,)
    settings: Settings = field(default_factory=Settings)

    def memory(self) -> Mapping[str, TableSpec | HistorySpec]:
        own = self.settings
        return {
            "rates": TableSpec(CELL, own.horizon_s, own.cap),
            "clock": TableSpec(CLOCK, 3650 * DAY, 2),
            "paid": HistorySpec(PAID, own.paid_s, own.paid_cap),
        }

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        edges = _edges(seen)
        count = edges["row"].size
        if not count:
            return {}
        rates, clock, paid = (memory[name] for name in ("rates", "clock", "paid"))
        assert isinstance(rates, Table)
        assert isinstance(clock, Table)
        assert isinstance(paid, History)
        rates.reserve(4 * count)
        clock.reserve(count)
        paid.reserve(2 * count)
        cells, *rest = rates.arrays()
        own = self.settings
        found: dict[str, Array] = {name: np.zeros(count) for name in _FLOATS}
        found |= {name: np.zeros(count, np.int64) for name in ("payers", "ticks")}
        found |= {name: np.zeros(count) for name in _SCORES}
        at = edges["transaction"] - int(seen.transactions["number"][0])
        given: list[Any] = [cells, cells.view(np.float64), *rest, *clock.arrays(), *paid.arrays()]
        given += [np.array([own.tick_s, own.decay, own.filter])]
        given += [seen.transactions["block"][at], seen.transactions["time"][at]]
        given += [edges[name] for name in ("payer", "payee", "asset", "row", "failed")]
        count_payments(*given, *found.values())
        return {"edges": edges | found}


def _edges(seen: Seen) -> dict[str, Array]:
    """Payments and failed transactions, by row."""
    sent, payments = seen.transactions, seen.of("trails").get("payments")
    failed = np.flatnonzero(~sent["done"] & (sent["target"] > 0))
    none = np.zeros(failed.size, np.int64)
    given = {
        "row": seen.rows["number"][sent["first_row"][failed]] if failed.size else none,
        "transaction": sent["number"][failed], "payer": sent["signer"][failed],
        "payee": sent["target"][failed], "asset": none, "failed": none + 1,
    }  # fmt: skip
    if payments is not None:
        at = payments["transaction"] - (int(sent["number"][0]) if sent["number"].size else 0)
        called, coin = sent["target"][at], payments["asset"] == 0
        plain = coin & (called == payments["payee"]) & (sent["selector"][at] < 0)
        plain = (payments["form"] == 0) & (plain | (~coin & (called == payments["asset"])))
        names = ("row", "transaction", "payer", "payee", "asset")
        parts = {name: payments[name][plain] for name in names}
        parts["failed"] = np.zeros(parts["row"].size, np.int64)
        given = {name: np.concatenate([column, parts[name]]) for name, column in given.items()}
    _, order = np.unique(given["row"], return_index=True)
    return {name: column[order] for name, column in given.items()}
