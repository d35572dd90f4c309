"""Payments that took much of a wallet's native value, by its own transaction and for nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from detectors.memory.history import History
from detectors.memory.layout import Array, Layout
from detectors.parts.contract import Columns, HistorySpec, Kind, PartMemory, Seen
from detectors.parts.horizons import DAY
from detectors.parts.limbs import floats
from detectors.parts.people import whole

LOST = Layout(ints=("row", "payer", "payee", "called"), floats=("before", "got"), words=("amount",))


@dataclass(frozen=True, slots=True)
class Settings:
    """share: of what a payer had, from which on a payment is remembered: bites of a theft are smaller than
    all of it. Remembered for horizon_s seconds; cap: payers and payees in use at once.
    """

    share: float = 0.2
    horizon_s: int = 180 * DAY
    cap: int = 2_000_000


@dataclass(frozen=True, slots=True)
class Emptyings:
    """`large`, by "row": payments of native value (form 0 of `trails`) that took `share` or more of what the
    payer had, wrapped or not: `payer`, `payee` (who had it after the transaction), `called`, `hub` (as
    `trails` has it). Of several payees only one that got half or more.

    The history `lost`, by payer and by payee: besides, `amount` (what the payer had less, whoever got it),
    `before` (what it had) and `got` (all it ever got, this transaction with it). Only what a payer signed is
    remembered, so it costs a transaction each. What a wallet had before the stream is not known.
    """

    name: str = "emptyings"
    reads: tuple[str, ...] = ("net", "kept", "trails")
    kinds: tuple[Kind, ...] = (Kind.TRANSACTION,)
    settings: Settings = field(default_factory=Settings)

    def memory(self) -> Mapping[str, HistorySpec]:
        return {"lost": HistorySpec(LOST, self.settings.horizon_s, self.settings.cap)}

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        payments, lost = seen.of("trails").get("payments"), memory["lost"]
        if payments is None or not payments["row"].size:
            return {}
        assert isinstance(lost, History)
        which, lines = self._large(seen, payments)
        changes, kept, sent = seen.of("net")["changes"], seen.of("kept")["lines"], seen.transactions
        at = payments["transaction"][which] - sent["number"][0]
        said = {name: payments[name][which] for name in ("row", "payer", "payee", "hub")}
        said["called"] = sent["target"][at]
        paid, received = whole(changes["paid"][lines]), whole(changes["received"][lines])
        before, got = floats(kept["before"][lines]), floats(kept["got"][lines])
        for i, (out, back) in enumerate(zip(paid, received, strict=True)):
            row = {name: int(said[name][i]) for name in ("row", "payer", "payee", "called")}
            for key in (row["payer"], row["payee"]):
                lost.add(
                    key, int(sent["block"][at[i]]), int(sent["time"][at[i]]), **row,
                    before=before[i], got=got[i], amount=_words(out - back),
                )  # fmt: skip
        return {"large": said}

    def _large(self, seen: Seen, payments: Columns) -> tuple[Array, Array]:
        """Places of such payments, and of their payers' lines in `net` and `kept`."""
        changes, kept = seen.of("net")["changes"], seen.of("kept")["lines"]
        asked = np.flatnonzero((payments["form"] == 0) & (payments["asset"] == 0))
        coin = np.flatnonzero(changes["asset"] == 0)
        pairs = zip(changes["transaction"][coin].tolist(), changes["account"][coin].tolist(), strict=True)
        line_of = dict(zip(pairs, coin.tolist(), strict=True))
        pairs = zip(payments["transaction"][asked].tolist(), payments["payer"][asked].tolist(), strict=True)
        lines = np.array([line_of[pair] for pair in pairs], np.int64)
        less = floats(changes["paid"][lines]) - floats(changes["received"][lines])
        before = floats(kept["before"][lines])
        large = (less >= self.settings.share * before) & (less <= before * (1 + 2**-40))
        large &= 2 * floats(payments["amount"][asked]) >= less
        return asked[large], lines[large]


def _words(number: int) -> Array:
    return np.frombuffer(number.to_bytes(32, "big"), ">u8").astype(np.uint64)
