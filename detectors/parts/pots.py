"""Who takes money from many for nothing, and pays some of them: where a scheme would begin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from detectors.kernels.paid_back import GAVE, POT, paid_back
from detectors.memory.layout import Array
from detectors.memory.table import Table
from detectors.parts.contract import Columns, Kind, PartMemory, Seen, TableSpec
from detectors.parts.horizons import DAY
from detectors.parts.kinds import is_some, of_kinds

_SENT = ("number", "first_row", "end_row", "block", "time", "target", "done")
_PAYMENT = ("transaction", "payer", "payee", "asset", "form")
_LINE = ("row", "pot", "person", "givers")
_MOVES = (Kind.TRANSACTION, Kind.INNER_VALUE, Kind.ERC20)


@dataclass(frozen=True, slots=True)
class Settings:
    """least: how many must have given before payments back are told. Remembered for horizon_s seconds after
    the last gift; at a cap the oldest go early.
    """

    least: int = 2
    horizon_s: int = 90 * DAY
    gave_cap: int = 4_000_000
    pots_cap: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Pots:
    """`back`, by "row": a payment from a `pot` to a `person` who had given it something for nothing in an
    earlier transaction, by his own signature; `givers`: how many different ones had given by then.

    What is given for something (a sale, shares) is no gift. To call a contract that passes the money on is to
    give to that contract as well. Only what a payer signed is remembered, so it costs a transaction each.
    """

    name: str = "pots"
    reads: tuple[str, ...] = ("trails",)
    kinds: tuple[Kind, ...] = (Kind.TRANSACTION,)
    settings: Settings = field(default_factory=Settings)

    def memory(self) -> Mapping[str, TableSpec]:
        own = self.settings
        return {
            "gave": TableSpec(GAVE, own.horizon_s, own.gave_cap),
            "pots": TableSpec(POT, own.horizon_s, own.pots_cap),
        }

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        sent, rows = seen.transactions, seen.rows
        payments = seen.of("trails").get("payments", {})
        given = [payments.get(name, np.empty(0, np.int64)) for name in _PAYMENT]
        moves = of_kinds(rows["kind"], _MOVES) & is_some(rows["amount"])
        moves &= (rows["kind"] != Kind.TRANSACTION) | rows["flag"]
        held: list[Array] = []
        for name in ("gave", "pots"):
            table = memory[name]
            assert isinstance(table, Table)
            table.reserve(2 * given[0].size)
            held += table.arrays()
        lines = {name: np.empty(int(moves.sum()), np.int64) for name in _LINE}
        read = [sent[name] for name in _SENT] + [moves, rows["source"], rows["target"], rows["number"]]
        used = paid_back(self.settings.least, *read, *given, *held, *lines.values())
        return {"back": {name: column[:used] for name, column in lines.items()}}
