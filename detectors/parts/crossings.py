"""Whether what comes out of a bridge went in on the other side: deposits and claims of both chains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from detectors.memory.history import History
from detectors.memory.layout import Array, Columns, Layout
from detectors.memory.rows import touch
from detectors.memory.table import Table
from detectors.parts.contract import HistorySpec, Kind, PartMemory, Seen, TableSpec
from detectors.parts.horizons import DAY
from detectors.parts.people import whole

EVER = 24_000 * DAY
LATE = 1
"""Of `Seen.messages`' column `mark`."""

FORGED, TWICE, HOLLOW, AMOUNT, RECIPIENT, ASSET, UNSAID, SUM = range(8)
"""What is wrong with a crossing: nothing was paid in; it was paid out before; what was paid in never moved;
more comes out than went in; to somebody else; in another asset; out of the bridge without a word; more in
all.
"""

_INTS = (
    "there", "inward", "claims", "said", "has_nonce", "has_asset", "has_moved", "has_recipient", "height",
    "log", "due", "at_row", "signer", "message", "bridge_number", "on",
)  # fmt: skip
_WORDS = ("bridge", "hash", "asset", "amount", "worth", "moved", "recipient", "contract")
ENTRY = Layout(ints=_INTS, words=_WORDS)
"""A deposit or a claim; `message` is its key, `on` its time on its own side."""
BRIDGE = Layout(
    ints=("bridges", "begun", "first", "next", "slowest", "relay", "matched", "late"), words=("name",)
)
"""Key 0: how many bridges there are, and when the stream began. Each bridge by its number, from 1: the first
of its claims that wait and the next to come; the longest that a deposit was told after what was paid for it,
and that one was paid after its deposit, of how many.
"""
WAITING = Layout(ints=("entry", "until", "total_at"), words=("total",))
SUMS = Layout(words=("paid_in", "paid_out"))

_FOUND = (
    "block", "id", "why", "key", "entry", "other", "relay_s", "usual_s", "matched", "waited",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """skew_s: by how much clocks of two chains may differ (validators refuse blocks from the future by less).
    rounding: units by which amounts may differ (shares of a rebasing token round by one or two). young_s: of
    a bridge whose first block is not told, what was paid in so long before the stream began may be unseen.
    horizon_s: how long deposits are remembered. waiting_s: the longest that a claim may wait for its deposit
    to be told. Caps: message ids in use at once, claims that wait, bridges.
    """

    skew_s: int = 60
    rounding: int = 2
    young_s: int = 7 * DAY
    horizon_s: int = 365 * DAY
    waiting_s: int = 30 * DAY
    cap: int = 1_000_000
    waiting_cap: int = 100_000
    bridges_cap: int = 64


@dataclass(frozen=True, slots=True)
class Crossings:
    """`wrong`, by "block, id" (the number of the crossing in `entries`): `why`, `entry` (what is wrong),
    `other` (what it should agree with, -1 for nothing), `relay_s` (how long after its deposit a claim came,
    -1 where there is none), `usual_s` (the longest before, of `matched`), `waited` (1: judged once its
    deposit would have been told).

    A deposit is what was locked or burnt, a claim what was minted or released. A claim on this chain comes
    before its deposit is told, as that waits until it is final: it is judged against what is there, and where
    nothing is, at the first block with a transaction at which a deposit from before it would have been told,
    or that is later than twice the longest that any was told late so far. Deposits that nobody claims say
    nothing. What has no message id is judged by sums. Histories: `entries` by key (`Seen.messages`).
    """

    name: str = "crossings"
    reads: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = (Kind.TRANSACTION, Kind.CROSSED)
    settings: Settings = field(default_factory=Settings)

    def memory(self) -> Mapping[str, TableSpec | HistorySpec]:
        own = self.settings
        return {
            "entries": HistorySpec(ENTRY, own.horizon_s, own.cap),
            "bridges": TableSpec(BRIDGE, EVER, own.bridges_cap),
            "waiting": TableSpec(WAITING, own.waiting_s, own.waiting_cap),
            "sums": TableSpec(SUMS, EVER, own.cap // 10),
        }

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        book = _Book(self.settings, memory, seen)
        if not book.has_work():
            return {}
        found = [line for block, time in _blocks(seen) for line in book.block(block, time)]
        if not found:
            return {}
        return {"wrong": {name: np.array([line[name] for line in found], np.int64) for name in _FOUND}}


def _blocks(seen: Seen) -> Iterator[tuple[int, int]]:
    """Those with a transaction or a message, so that an empty one changes nothing."""
    blocks = seen.blocks
    told = np.isin(blocks["number"], seen.messages["block"]) | (blocks["end"] > blocks["first"])
    yield from zip(blocks["number"][told].tolist(), blocks["time"][told].tolist(), strict=True)


Entry = Mapping[str, Any]
Line = dict[str, int]


class _Book:
    """What is remembered, as Python numbers: crossings are few."""

    def __init__(self, settings: Settings, memory: PartMemory, seen: Seen) -> None:
        self.own, self.seen, self.told = settings, seen, seen.messages
        entries, bridges, waiting, sums = (memory[n] for n in ("entries", "bridges", "waiting", "sums"))
        assert isinstance(entries, History)
        assert isinstance(bridges, Table) and isinstance(waiting, Table) and isinstance(sums, Table)
        self.entries, self.bridges, self.waiting, self.sums = entries, bridges, waiting, sums
        self.number = self.time = 0

    def has_work(self) -> bool:
        """Whether anything crosses in this piece, or a claim waits; from the first block on it is known when
        the stream began.
        """
        number, time = next(_blocks(self.seen), (0, 0))
        if number or time:
            self.number, self.time = number, time
            self._begin()
        bridges = range(1, 1 + self._bridges())
        states = (self._get(self.bridges, bridge) for bridge in bridges)
        return bool(self.told["block"].size) or any(one and one["first"] < one["next"] for one in states)

    def _begin(self) -> None:
        if self._get(self.bridges, 0) is None:
            self._put(self.bridges, BRIDGE, 0, begun=self.time, first=self.number)

    def block(self, number: int, time: int) -> Iterator[Line]:
        """All that is wrong as of a block's end: deposits first, as they are told before they are needed."""
        self.number, self.time = number, time
        places = np.flatnonzero(self.told["block"] == number)
        places = places[np.argsort(self.told["claims"][places], kind="stable")]
        for at in places[self.told["mark"][places] != 0].tolist():
            self._mark(at)
        for at in places[self.told["mark"][places] == 0].tolist():
            yield from self._claimed(at) if self.told["claims"][at] else self._paid_in(at)
        for bridge in range(1, 1 + self._bridges()):
            yield from self._waited(bridge)

    def _mark(self, at: int) -> None:
        """While the other chain is not read, that nothing was told of a deposit says nothing."""
        bridge = self._bridge(self.told["bridge"][at])
        if bridge:
            self._put(self.bridges, BRIDGE, bridge, late=int(self.told["mark"][at] == LATE))

    def _bridges(self) -> int:
        state = self._get(self.bridges, 0)
        return 0 if state is None else int(state["bridges"])

    def _paid_in(self, at: int) -> Iterator[Line]:
        """A deposit: it must have moved what it says, and claims that came before it must agree with it."""
        entry = self._append(at)
        if entry is None:
            return
        if entry["has_moved"] and entry["worth"] > entry["moved"] + self.own.rounding:
            yield self._line(HOLLOW, entry)
        if not entry["has_nonce"]:
            self._sum(int(self.told["key"][at]), "paid_in", _sure(entry))
            return
        for claim in self._others(at, entry, claims=True):
            self._learn(entry, claim)
            yield from self._compared(claim, entry)

    def _claimed(self, at: int) -> Iterator[Line]:
        """A claim: known by its id where it has one."""
        entry = self._append(at)
        if entry is None:
            return
        if not entry["said"]:
            yield self._line(UNSAID, entry)
        elif not entry["has_nonce"]:
            self._wait(entry, self._sum(int(self.told["key"][at]), "paid_out", _most(entry)))
        else:
            yield from self._by_id(at, entry)

    def _by_id(self, at: int, entry: Entry) -> Iterator[Line]:
        before = self._others(at, entry, claims=True)
        deposits = self._others(at, entry, claims=False)
        if before:
            yield self._line(TWICE, entry, before[0])
        elif deposits:
            self._learn(deposits[0], entry)
            yield from self._compared(entry, deposits[0])
        elif not entry["there"]:
            self._wait(entry, 0)
        elif self._is_whole(entry, at):
            yield self._line(FORGED, entry)

    def _compared(self, claim: Entry, deposit: Entry) -> Iterator[Line]:
        """What a claim has other than its deposit; the gravest alone speaks."""
        if claim["has_asset"] and deposit["has_asset"] and claim["asset"] != deposit["asset"]:
            yield self._line(ASSET, claim, deposit)
        elif _most(claim) > deposit["worth"] + self.own.rounding:
            yield self._line(AMOUNT, claim, deposit)
        elif _pays_another(claim, deposit):
            yield self._line(RECIPIENT, claim, deposit)
        elif deposit["has_moved"] and _most(claim) > deposit["moved"] + self.own.rounding:
            yield self._line(HOLLOW, claim, deposit)

    def _is_whole(self, entry: Entry, at: int) -> bool:
        """Whether all that was paid in on this chain was seen: the stream goes back to the bridge's first
        block, or began long before.
        """
        begun, first = self._get(self.bridges, 0), int(self.told["first_block"][at])
        if begun is None:
            return False
        seen_from = int(begun["first"])
        return 0 <= seen_from <= first or entry["on"] > begun["begun"] + self.own.young_s

    def _waited(self, bridge: int) -> Iterator[Line]:
        """Claims whose deposit would have been told by now, in their order."""
        state = self._get(self.bridges, bridge)
        while state is not None and state["first"] < state["next"] and not state["late"]:
            key = _place(bridge, int(state["first"]))
            waiting = self._get(self.waiting, key)
            if waiting is not None and waiting["until"] > self.time:
                return
            self._put(self.bridges, BRIDGE, bridge, first=int(state["first"]) + 1)
            state = self._get(self.bridges, bridge)
            if waiting is not None:
                yield from self._due(waiting)

    def _due(self, waiting: Entry) -> Iterator[Line]:
        entry = self._entry(int(waiting["entry"]))
        if entry is None:
            return
        key = int(entry["message"])
        if not entry["has_nonce"]:
            sums = self._get(self.sums, key)
            total = int(waiting["total"])
            paid_in = 0 if sums is None else int(sums["paid_in"])
            if total > paid_in + self.own.rounding * int(waiting["total_at"]):
                yield self._line(SUM, entry, waited=1)
            return
        if not [other for other in self._of(key) if not other["claims"]]:
            yield self._line(FORGED, entry, waited=1)

    def _wait(self, entry: Entry, total: int) -> None:
        bridge = int(entry["bridge_number"])
        state = self._get(self.bridges, bridge)
        if state is None:
            return
        until = max(int(entry["due"]) + self.own.skew_s, self.time + 2 * int(state["slowest"]))
        count = int(state["next"])
        self._put(self.bridges, BRIDGE, bridge, next=count + 1)
        self._put(
            self.waiting, WAITING, _place(bridge, count), entry=int(entry["row"]), until=until, total=total,
            total_at=count + 1,
        )  # fmt: skip

    def _learn(self, deposit: Entry, claim: Entry) -> None:
        """How long relays take on this bridge, and how late deposits are told."""
        bridge = int(claim["bridge_number"])
        state = self._get(self.bridges, bridge)
        if state is not None:
            late = self.time - int(claim["on"]) if not claim["there"] else 0
            relay = int(claim["on"]) - int(deposit["on"])
            self._put(
                self.bridges, BRIDGE, bridge, slowest=max(int(state["slowest"]), late),
                relay=max(int(state["relay"]), relay), matched=int(state["matched"]) + 1,
            )  # fmt: skip

    def _append(self, at: int) -> Entry | None:
        """The crossing as it is kept; None for one that was told before, or of one bridge too many."""
        told, key = self.told, int(self.told["key"][at])
        hash_ = whole(told["hash"][at : at + 1])[0]
        claims = bool(told["claims"][at])
        if told["has_nonce"][at] and told["there"][at]:
            same = [other for other in self._of(key) if other["there"] and bool(other["claims"]) == claims]
            if any((other["hash"], other["log"]) == (hash_, told["log"][at]) for other in same):
                return None
        bridge = self._bridge(told["bridge"][at])
        if bridge == 0:
            return None
        given: dict[str, object] = {name: told[name][at] for name in (*_INTS[:-3], *_WORDS)}
        number = self.entries.add(
            key, self.number, self.time, **given, message=key, bridge_number=bridge, on=int(told["time"][at])
        )
        return self._entry(number)

    def _bridge(self, name: Array) -> int:
        """The number of a bridge, a new one where there is room."""
        wanted, known = whole(name[None])[0], self._bridges()
        for number in range(1, known + 1):
            state = self._get(self.bridges, number)
            if state is not None and state["name"] == wanted:
                return number
        if known >= self.own.bridges_cap - 1:
            return 0
        self._put(self.bridges, BRIDGE, 0, bridges=known + 1)
        self._put(self.bridges, BRIDGE, known + 1, name=wanted)
        return known + 1

    def _others(self, at: int, entry: Entry, claims: bool) -> list[Entry]:
        """Of the same message, before this crossing, the oldest first."""
        found = self._of(int(self.told["key"][at]))
        found = [other for other in found[::-1] if other["row"] != entry["row"]]
        return [other for other in found if bool(other["claims"]) == claims]

    def _of(self, key: int) -> list[Entry]:
        return _entries(self.entries.rows(key, self.number, self.time, 32))

    def _entry(self, number: int) -> Entry | None:
        if number < self.entries.too_old_at(self.time):
            return None
        return _entries(self.entries.at(np.array([number])))[0]

    def _sum(self, key: int, name: str, worth: int) -> int:
        sums = self._get(self.sums, key)
        total = (0 if sums is None else int(sums[name])) + worth
        self._put(self.sums, SUMS, key, **{name: total})
        return total

    def _line(self, why: int, entry: Entry, other: Entry | None = None, waited: int = 0) -> Line:
        state = self._get(self.bridges, int(entry["bridge_number"]))
        is_relay = other is not None and bool(entry["claims"]) and not other["claims"]
        relay = int(entry["on"]) - int(other["on"]) if is_relay and other is not None else -1
        return {
            "block": self.number, "id": int(entry["row"]), "why": why,
            "key": int(entry["message"]), "entry": int(entry["row"]),
            "other": -1 if other is None else int(other["row"]), "relay_s": relay,
            "usual_s": 0 if state is None else int(state["relay"]),
            "matched": 0 if state is None else int(state["matched"]), "waited": waited,
        }  # fmt: skip

    def _get(self, table: Table, key: int) -> Entry | None:
        found = table.get(key, self.time)
        return None if found is None else {name: _plain(value) for name, value in found.items()}

    def _put(self, table: Table, layout: Layout, key: int, **values: int) -> None:
        table.reserve(1)
        arrays = table.arrays()
        row = touch(*arrays, key, self.number, self.time)
        columns = layout.columns(arrays[0][None, row : row + layout.cells])
        for name, value in values.items():
            columns[name][0] = _limbs(value) if name in layout.words else value


def _place(bridge: int, count: int) -> int:
    return (bridge << 40) + count + 1


def _most(claim: Entry) -> int:
    """What a claim takes: what it says or what moved, whichever is more."""
    return max(int(claim["worth"]), int(claim["moved"]) if claim["has_moved"] else 0)


def _pays_another(claim: Entry, deposit: Entry) -> bool:
    both = claim["has_recipient"] and deposit["has_recipient"]
    return bool(both) and claim["recipient"] != deposit["recipient"]


def _sure(deposit: Entry) -> int:
    """What a deposit is good for: no more than what moved."""
    return (
        min(int(deposit["worth"]), int(deposit["moved"])) if deposit["has_moved"] else int(deposit["worth"])
    )


def _plain(value: Any) -> int:
    if isinstance(value, list):
        return sum(int(limb) << 64 * (3 - at) for at, limb in enumerate(value))
    return int(value)


def _limbs(value: int) -> Array:
    return np.frombuffer(value.to_bytes(32, "big"), ">u8").astype(np.uint64)


def _entries(rows: Columns) -> list[Entry]:
    columns = {name: whole(rows[name]) for name in _WORDS}
    columns |= {name: rows[name].tolist() for name in ("row", *_INTS)}
    return [{name: column[at] for name, column in columns.items()} for at in range(rows["row"].size)]
