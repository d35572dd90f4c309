"""What was taken from owners by somebody's grant, with nothing back, and what came of it later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from detectors.kernels.takings_by_grant import ASSET, BACK, MADE, PARTY, ROBBED, TAKEN, VICTIM, takings
from detectors.memory.history import History
from detectors.memory.layout import Array
from detectors.memory.table import Table
from detectors.parts.contract import Columns, HistorySpec, Kind, PartMemory, Seen, TableSpec
from detectors.parts.grants import MOVES
from detectors.parts.horizons import DAY
from detectors.parts.kinds import of_kinds

_SENT = ("first_row", "end_row", "number", "traced", "target", "done", "selector")
_READ = (
    "kind", "block", "time", "signer", "source", "target", "third", "emitter", "asset", "money", "amount",
)  # fmt: skip
_GIVEN = ("row", "transaction", "owner", "spender", "on")
_TAKEN = ("row", "owner", "receiver", "spender", "exact", "grant", "basis", "how", "since", "own")
_NET = ("transaction", "account", "asset", "received", "paid")
_FLAGS = ("on", "exact", "own", "third", "item")
_LINES = {
    "pulls": (
        "row", "transaction", "owner", "receiver", "spender", "signer", "asset", "own", "third", "item",
        "served", "robbed", "users", "maker", "born", "issuer", "amount",
    ),
    "returned": ("row", "owner", "party", "asset"),
    "later": ("row", "owner", "receiver", "asset"),
    "failed": ("row", "transaction", "spender"),
    "warned": ("row", "transaction", "owner", "spender"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """in_use, items_in_use: bits of people that paid with a token (gave a picture) themselves, from which on
    it is worth something to who gets it: anyone can make a token, and who signs himself knows what he gets.
    """

    horizon_s: int = 365 * DAY
    cap: int = 4_000_000
    in_use: int = 12
    items_in_use: int = 2


@dataclass(frozen=True, slots=True)
class Pulls:
    """`pulls`, by "row": each transfer of `grants.taken` whose owner got nothing for it in its transaction:
    `transaction`, `owner`, `receiver` (who kept it, where it was passed on), `spender` (who has the grant, or
    is called), `signer`, `asset`, `own` (the owner signed), `third` (the receiver is neither spender nor
    called, and says nothing there), `item` (it has an id), `served`, `robbed` (of the spender: how many of 63
    bits stand for owners who got something, and nothing), `users` (bits of people who paid with the asset
    themselves), `maker`, `born` (who made the spender and when, 0 unknown), `issuer` (who made the asset),
    `amount` (a float).

    `returned`, by "row": what comes to an owner from one who had a part in taking from him, or in a
    transaction of such a one: `owner`, `party`, `asset`. `later`, by "row": what a robbed owner pays by hand:
    `owner`, `receiver`, `asset`. `failed`, by "row": a transaction in which somebody who was granted
    something tried to take, and failed: `transaction`, `spender`. `warned`, by "row": a grant to a spender
    who took from others before: `transaction`, `owner`, `spender`.

    Histories: `taken`, by everybody who has a part in a pull (`role`: 0 the owner, 1 receiver, 2 spender, 3
    signer), and `back`, by party. Where a sale's other side may be native value that only traces show, it
    says nothing.
    """

    name: str = "pulls"
    reads: tuple[str, ...] = ("grants", "net")
    kinds: tuple[Kind, ...] = (Kind.TRANSACTION,)
    settings: Settings = field(default_factory=Settings)

    def memory(self) -> Mapping[str, TableSpec]:
        horizon, cap = self.settings.horizon_s, self.settings.cap
        tables = {"parties": PARTY, "users": ASSET, "robbed": ROBBED, "victims": VICTIM, "made": MADE}
        return {name: TableSpec(layout, horizon, cap) for name, layout in tables.items()} | {
            "taken": HistorySpec(TAKEN, horizon, cap),
            "back": HistorySpec(BACK, horizon, cap),
        }

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        rows, sent = seen.rows, seen.transactions
        given, taken = seen.of("grants")["given"], seen.of("grants")["taken"]
        changes = seen.of("net")["changes"]
        most, moves = taken["row"].size, int(of_kinds(rows["kind"], MOVES).sum())
        made = int((rows["kind"] == Kind.CREATION).sum()) + int((sent["created"] != 0).sum())
        held = _held(memory, {"parties": most + given["row"].size, "users": moves, "robbed": 4 * most,
                              "victims": most, "made": made, "taken": 4 * most, "back": moves})  # fmt: skip
        rooms = {
            "pulls": most,
            "returned": moves,
            "later": moves,
            "failed": sent["number"].size,
            "warned": given["row"].size,
        }
        lines = {name: _columns(columns, rooms[name]) for name, columns in _LINES.items()}
        read = [sent[name] for name in _SENT] + [rows[name] for name in _READ]
        read += [given[name] for name in _GIVEN] + [taken[name] for name in _TAKEN]
        read += [changes[name] for name in _NET]
        least: list[Any] = [self.settings.in_use, self.settings.items_in_use]
        out = [column for table in lines.values() for column in table.values()]
        used = takings(int(rows["number"][0]), *read, *held, *least, *out)
        return {
            name: {column: values[:count] for column, values in table.items()}
            for (name, table), count in zip(lines.items(), used, strict=True)
        }


def _held(memory: PartMemory, rooms: Mapping[str, int]) -> list[Array]:
    """The arrays of tables and histories, with room."""
    held: list[Array] = []
    for name, room in rooms.items():
        one = memory[name]
        assert isinstance(one, Table | History)
        one.reserve(room)
        held += one.arrays()
    return held


def _columns(names: tuple[str, ...], most: int) -> dict[str, Array]:
    kinds = {"amount": np.float64} | dict.fromkeys(_FLAGS, np.bool_)
    return {name: np.empty(most, kinds.get(name, np.int64)) for name in names}
