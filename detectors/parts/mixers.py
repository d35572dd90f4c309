"""What is paid into mixers and out of them, by whom and to whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from detectors.memory.history import History
from detectors.memory.layout import Array, Layout
from detectors.memory.rows import touch
from detectors.memory.table import Table
from detectors.parts.contract import Columns, HistorySpec, Kind, PartMemory, Seen, TableSpec
from detectors.parts.horizons import DAY
from detectors.parts.lists import MIXER
from detectors.parts.people import whole

EVER = 24_000 * DAY
NOTE = Layout(ints=("other", "out", "asset", "transaction", "row"), words=("amount",))
"""By account, `other` is the pool; by pool, the account. `out`: 1 paid out, 0 paid in."""
POOL = Layout(ints=("asset", "notes"), words=("amount",))
"""What a pool took last, and how many notes so far."""
BEGUN = Layout(ints=("time",))
"""When the stream began, under the key 0."""

_NOTE = ("row", "transaction", "pool", "account", "out", "relayed", "asset")


@dataclass(frozen=True, slots=True)
class Settings:
    """horizon_s: seconds for which notes are remembered: most are paid out within weeks, the careful wait for
    months. Caps: accounts and pools in use at once.
    """

    horizon_s: int = 365 * DAY
    cap: int = 1_000_000
    pools_cap: int = 100_000


@dataclass(frozen=True, slots=True)
class _Move:
    row: int
    at: int
    pool: int
    account: int
    out: int
    asset: int
    amount: int


@dataclass(frozen=True, slots=True)
class Mixers:
    """`notes`, by "row" (of the mixer's log, or of the transaction): `transaction`, `pool`, `account` (who
    paid in: the signer; who was paid), `out` (1: paid out), `relayed` (1: somebody else signed), `asset`,
    `begun` (when the first transaction was seen at all), `amount` (of a pool whose calls inside are not known
    what it took last).

    A pool speaks as Tornado Cash does and really takes money with its first note, or a list calls it a mixer:
    then any payment to it is a note, of any amount. Who forges the events moves nothing, and is no pool.
    Histories: `notes` by account, `pools` by pool.
    """

    name: str = "mixers"
    reads: tuple[str, ...] = ("lists", "net")
    kinds: tuple[Kind, ...] = (Kind.TRANSACTION,)
    settings: Settings = field(default_factory=Settings)

    def memory(self) -> Mapping[str, TableSpec | HistorySpec]:
        own = self.settings
        return {
            "notes": HistorySpec(NOTE, own.horizon_s, own.cap),
            "pools": HistorySpec(NOTE, own.horizon_s, own.pools_cap),
            "known": TableSpec(POOL, own.horizon_s, own.pools_cap),
            "begun": TableSpec(BEGUN, EVER, 2),
        }

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        begun = _begun(memory, seen)
        places = _places(seen)
        if not places.size:
            return {}
        found = [move for at in places.tolist() for move in _Sent(memory, seen, at).moves()]
        found.sort(key=lambda move: move.row)
        sent = seen.transactions
        relayed = [int(sent["signer"][move.at] != move.account) for move in found]
        columns = [
            [move.row for move in found], [int(sent["number"][move.at]) for move in found],
            [move.pool for move in found], [move.account for move in found], [move.out for move in found],
            relayed, [move.asset for move in found],
        ]  # fmt: skip
        notes: dict[str, Array] = {
            name: np.array(column, np.int64) for name, column in zip(_NOTE, columns, strict=True)
        }
        notes |= {"begun": np.full(len(found), begun), "amount": limbs([move.amount for move in found])}
        return {"notes": notes}


def _begun(memory: PartMemory, seen: Seen) -> int:
    """The time of the first block with a transaction in it."""
    table = memory["begun"]
    assert isinstance(table, Table)
    block, time = (int(seen.transactions[name][0]) for name in ("block", "time"))
    said: Any = table.get(0, time)
    if said is not None:
        return int(said["time"])
    table.reserve(1)
    arrays = table.arrays()
    arrays[0][touch(*arrays, 0, block, time)] = time
    return time


def limbs(amounts: list[int]) -> Array:
    """[n, 4] of integers."""
    joined = b"".join(amount.to_bytes(32, "big") for amount in amounts)
    return np.frombuffer(joined, ">u8").reshape(-1, 4).astype(np.uint64)


def _places(seen: Seen) -> Array:
    """Transactions in which a mixer speaks, or a listed one is touched."""
    rows, first = seen.rows, seen.transactions["number"][0] if seen.transactions["number"].size else 0
    spoke = (rows["kind"] == Kind.MIXER_DEPOSIT) | (rows["kind"] == Kind.MIXER_WITHDRAWAL)
    found = [rows["transaction"][spoke]]
    touched = seen.of("lists").get("touched")
    if touched is not None:
        found.append(touched["transaction"][(touched["kind"] == MIXER) & touched["holds"]])
    places: Array = np.unique(np.concatenate(found)) - first
    return places


@dataclass(slots=True)
class _Sent:
    """One transaction of them."""

    memory: PartMemory
    seen: Seen
    at: int

    def moves(self) -> Iterator[_Move]:
        sent, rows = self.seen.transactions, self.seen.rows
        if not sent["done"][self.at]:
            return
        first, end = int(sent["first_row"][self.at]), int(sent["end_row"][self.at])
        speakers: set[int] = set()
        for place in range(first, end):
            kind, pool = int(rows["kind"][place]), int(rows["emitter"][place])
            if kind not in (Kind.MIXER_DEPOSIT, Kind.MIXER_WITHDRAWAL):
                continue
            speakers.add(pool)
            row = int(rows["number"][place])
            if kind == Kind.MIXER_DEPOSIT:
                many = int((rows["emitter"][first:end][rows["kind"][first:end] == kind] == pool).sum())
                yield from self._paid_in(pool, row, many)
            else:
                yield from self._paid_out(pool, row, int(rows["target"][place]))
        for pool in self._listed():
            if pool not in speakers:
                yield from self._paid_in(pool, int(rows["number"][first]), 1)
                yield from self._paid_out_by_sum(pool, int(rows["number"][first]))

    def _listed(self) -> list[int]:
        touched = self.seen.of("lists").get("touched")
        if touched is None:
            return []
        number = self.seen.transactions["number"][self.at]
        which = (touched["transaction"] == number) & (touched["kind"] == MIXER) & touched["holds"]
        found: list[int] = touched["account"][which].tolist()
        return found

    def _changes(self, who: int | None = None) -> list[tuple[int, int, int]]:
        """Account, asset and what it has more, or less, after the transaction."""
        changes = self.seen.of("net").get("changes")
        if changes is None:
            return []
        number = int(self.seen.transactions["number"][self.at])
        first, end = np.searchsorted(changes["transaction"], [number, number + 1]).tolist()
        amounts = [whole(changes[side][first:end]) for side in ("received", "paid")]
        places = (changes[name][first:end].tolist() for name in ("account", "asset"))
        lines = zip(*places, *amounts, strict=True)
        return [(a, asset, got - gave) for a, asset, got, gave in lines if who is None or a == who]

    def _known(self, pool: int) -> dict[str, object] | None:
        table = self.memory["known"]
        assert isinstance(table, Table)
        return table.get(pool, int(self.seen.transactions["time"][self.at]))

    def _paid_in(self, pool: int, row: int, many: int) -> Iterator[_Move]:
        signer = int(self.seen.transactions["signer"][self.at])
        for _, asset, more in self._changes(pool):
            if more > 0 and signer != pool:
                yield self._noted(_Move(row, self.at, pool, signer, 0, asset, more // many))
                return

    def _paid_out(self, pool: int, row: int, target: int) -> Iterator[_Move]:
        known = self._known(pool)
        if known is None:
            return
        lost = [(asset, -more) for _, asset, more in self._changes(pool) if more < 0]
        traced = bool(self.seen.transactions["traced"][self.at])
        if lost:
            asset, amount = lost[0]
        elif traced:
            return
        else:
            words, held = known["amount"], known["asset"]
            assert isinstance(words, list)
            assert isinstance(held, int)
            asset, amount = held, sum(int(limb) << 64 * (3 - n) for n, limb in enumerate(words))
        yield self._noted(_Move(row, self.at, pool, target, 1, asset, amount))

    def _paid_out_by_sum(self, pool: int, row: int) -> Iterator[_Move]:
        """What a listed mixer without events pays goes to whoever has most more of it."""
        for _, asset, more in self._changes(pool):
            gains = [(up, who) for who, other, up in self._changes() if other == asset and up > 0 and who]
            if more < 0 and gains:
                yield self._noted(_Move(row, self.at, pool, max(gains)[1], 1, asset, -more))

    def _noted(self, move: _Move) -> _Move:
        sent = self.seen.transactions
        block, time = int(sent["block"][self.at]), int(sent["time"][self.at])
        said = {"out": move.out, "asset": move.asset, "row": move.row, "amount": limbs([move.amount])[0]}
        said |= {"transaction": int(sent["number"][self.at])}
        for name, key, other in (("notes", move.account, move.pool), ("pools", move.pool, move.account)):
            history = self.memory[name]
            assert isinstance(history, History)
            history.add(key, block, time, other=other, **said)
        if not move.out:
            self._know(move, block, time)
        return move

    def _know(self, move: _Move, block: int, time: int) -> None:
        table = self.memory["known"]
        assert isinstance(table, Table)
        table.reserve(1)
        arrays = table.arrays()
        row = touch(*arrays, move.pool, block, time)
        columns = POOL.columns(arrays[0][None, row : row + POOL.cells])
        columns["asset"][0] = move.asset
        columns["notes"][0] += 1
        columns["amount"][0] = limbs([move.amount])[0]
