"""Money of listed addresses, wherever it goes: poison, haircut and first-in-first-out side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from detectors.kernels.tainted import HELD, LOT, LOTS, SOURCE, changed, is_listed, key_of, pass_clean
from detectors.memory.layout import Array
from detectors.memory.rows import touch
from detectors.memory.table import Table
from detectors.parts.contract import Columns, HistorySpec, Kind, PartMemory, Seen, TableSpec
from detectors.parts.horizons import DAY
from detectors.parts.kinds import among
from detectors.parts.lists import BRIDGE, EXCHANGE, MIXER, SANCTIONS
from detectors.parts.lots import CLEAN, Lot, Purse, joined, scaled, split
from detectors.parts.people import whole

COIN = 0
HUBS = (EXCHANGE, MIXER, BRIDGE)
"""Kinds of lists whose addresses hold what is many people's."""

_FLOW = ("transaction", "source", "payer", "payee", "asset", "row", "hops", "shared", "traded")
_WORDS = ("amount", "haircut", "fifo", "had")


@dataclass(frozen=True, slots=True)
class Settings:
    """horizon_s: seconds for which lots are remembered after they last changed (launderers rest for 60 days
    and more). held_s: the same of balances, as of `holdings`. Caps: rows at which the oldest go early. hops:
    payments after which money is nobody's any more. flows: lines of a block, beyond which they are left out.
    """

    horizon_s: int = 180 * DAY
    cap: int = 500_000
    held_s: int = 30 * DAY
    held_cap: int = 8_000_000
    sources_s: int = 3650 * DAY
    sources_cap: int = 1_000_000
    hops: int = 8
    flows: int = 20_000


@dataclass(frozen=True, slots=True)
class Taint:
    """`flows`, by "transaction": what a payment to `payee` carries of a listed `source`: `payer` (the first
    whose money is tainted), `asset`, `amount` (of the whole payment: poison), `haircut`, `fifo`, `hops` (1:
    the source itself paid), `had` (the most of it that the source was ever known to hold, or else the payer),
    `shared` (1: the payee is a pool, a hub, a mixer, or listed as an exchange, a mixer or a bridge: it passes
    none on), `traded` (1: the signer paid, and got something else for it), `row`.

    By net changes of a transaction: payers one after the other, then payees, in the order of their first
    rows. The source pays while it is listed, in the coin, or in what it signs for; so nobody is tainted by a
    log that others make. What the signer changes in a transaction carries the taint over. Each account and
    asset has eight lots of each way to count. A source that is listed no more taints nothing from the next
    payment on; what left it before its listing began, or after it ended, is clean. Nothing is known of
    balances before the first list was told, and of what was paid beyond them: that is clean, and older.
    """

    name: str = "taint"
    reads: tuple[str, ...] = ("lists", "mixers", "net", "pools", "trails")
    kinds: tuple[Kind, ...] = (Kind.LISTED, Kind.TRANSACTION)
    settings: Settings = field(default_factory=Settings)

    def memory(self) -> Mapping[str, TableSpec | HistorySpec]:
        own = self.settings
        return {
            "sources": TableSpec(SOURCE, own.sources_s, own.sources_cap),
            "held": TableSpec(HELD, own.held_s, own.held_cap),
            "lots": TableSpec(LOT, own.horizon_s, own.cap),
        }

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        work = _Work(self.settings, memory, seen)
        if not work.sources.count and not work.news:
            return {}
        flows = [flow for found in work.run() for flow in found]
        columns: dict[str, Array] = {
            name: np.array([flow[name] for flow in flows], np.int64) for name in _FLOW
        }
        columns |= {name: _limbs([flow[name] for flow in flows]) for name in _WORDS}
        within = _place_in_block(seen, columns["transaction"]) < self.settings.flows
        return {"flows": {name: column[within] for name, column in columns.items()}}


def _place_in_block(seen: Seen, transactions: Array) -> Array:
    """How many before it, of some in rising order, are of the same block."""
    sent = seen.transactions
    blocks = sent["block"][transactions - sent["number"][0]] if transactions.size else transactions
    return np.arange(blocks.size) - np.searchsorted(blocks, blocks)


@dataclass(slots=True)
class _Work:
    """A piece, gone through."""

    own: Settings
    memory: PartMemory
    seen: Seen
    news: list[tuple[int, int, int, int, int]] = field(init=False)
    hubs: dict[int, set[int]] = field(init=False)
    changes: Columns = field(init=False)

    def __post_init__(self) -> None:
        changes = self.seen.of("lists").get("changes")
        self.news = []
        if changes is not None:
            names = ("block", "id", "on", "since", "until")
            lines = zip(*(changes[name].tolist() for name in names), strict=True)
            kinds = changes["kind"].tolist()
            self.news = [line for line, kind in zip(lines, kinds, strict=True) if kind == SANCTIONS]
        empty: dict[str, Array] = {"transaction": np.zeros(0, np.int64)}
        empty |= {name: np.zeros(0, np.int64) for name in ("account", "asset")}
        empty |= {name: np.zeros((0, 4), np.uint64) for name in ("received", "paid")}
        self.changes = self.seen.of("net").get("changes") or empty

    @property
    def sources(self) -> Table:
        return self._table("sources")

    def _table(self, name: str) -> Table:
        table = self.memory[name]
        assert isinstance(table, Table)
        return table

    def run(self) -> Iterator[list[dict[str, int]]]:
        """Flows, transaction by transaction; what is told with a block holds from its first one on."""
        sent, lines = self.seen.transactions, self.changes
        self.sources.reserve(len(self.news))
        self._table("held").reserve(lines["account"].size)
        self.hubs = self._hubs()
        at, line, found = self._start(), 0, np.zeros(LOT.cells + 1, np.int64)
        blocks = dict.fromkeys(block for block, *_ in self.news)
        if at < sent["number"].size:
            line = int(np.searchsorted(lines["transaction"], sent["number"][at]))
        for block in [*blocks, None]:
            end = sent["number"].size if block is None else int(np.searchsorted(sent["block"], block))
            while True:
                at, line = self._pass(at, end, line, found)
                if at == end:
                    break
                yield self._tainted(at, line)
                line = int(np.searchsorted(lines["transaction"], sent["number"][at], "right"))
                at += 1
            self._tell(block)

    def _start(self) -> int:
        """The first transaction that counts: nothing is kept before the first list is told."""
        if self.sources.count:
            return 0
        return int(np.searchsorted(self.seen.transactions["block"], self.news[0][0]))

    def _pass(self, at: int, end: int, line: int, found: Array) -> tuple[int, int]:
        sent, lines = self.seen.transactions, self.changes
        current, previous, journal = self._table("held").arrays()
        given: list[Any] = [at, line, *(sent[name][:end] for name in ("number", "block", "time"))]
        given += [lines[name] for name in ("transaction", "account", "asset", "received", "paid")]
        given += [current, current.view(np.uint64), previous, journal]
        given += [*self._table("lots").arrays()[:2], *self.sources.arrays()[:2], found]
        return pass_clean(*given)  # type: ignore[no-any-return]

    def _tell(self, block: int | None) -> None:
        times = dict(zip(self.seen.blocks["number"].tolist(), self.seen.blocks["time"].tolist(), strict=True))
        for told, who, on, since, until in self.news:
            if told == block:
                arrays = self.sources.arrays()
                row = touch(*arrays, who, told, times[told])
                arrays[0][row : row + 3] = on, since, until

    def _hubs(self) -> dict[int, set[int]]:
        """By transaction: pools that trade in it, hubs that are paid or pay, mixers by how they act, and what
        is listed as one.
        """
        found: dict[int, set[int]] = {}
        legs, payments = self.seen.of("pools").get("legs"), self.seen.of("trails").get("payments")
        touched = self.seen.of("lists").get("touched")
        notes = self.seen.of("mixers").get("notes")
        pairs = [(table["transaction"], table["pool"]) for table in (legs, notes) if table is not None]
        if payments is not None:
            for bit, end in ((1, "payer"), (2, "payee")):
                which = (payments["hub"] & bit) != 0
                pairs.append((payments["transaction"][which], payments[end][which]))
        if touched is not None:
            which = among(touched["kind"], HUBS) & touched["holds"]
            pairs.append((touched["transaction"][which], touched["account"][which]))
        for transactions, accounts in pairs:
            for transaction, account in zip(transactions.tolist(), accounts.tolist(), strict=True):
                found.setdefault(transaction, set()).add(account)
        return found

    def _tainted(self, at: int, line: int) -> list[dict[str, int]]:
        """One transaction that moves tainted money."""
        sent, lines = self.seen.transactions, self.changes
        number, block, now = (int(sent[name][at]) for name in ("number", "block", "time"))
        end = int(np.searchsorted(lines["transaction"], number, "right"))
        one = _Payment(self, number, block, now, int(sent["signer"][at]))
        columns = (lines[name][line:end].tolist() for name in ("account", "asset"))
        amounts = (whole(lines[name][line:end]) for name in ("received", "paid"))
        for account, asset, received, paid in zip(*columns, *amounts, strict=True):
            one.add(account, asset, received - paid)
        found = one.settle()
        for place in range(line, end):
            if account := int(lines["account"][place]):
                current, previous, journal = self._table("held").arrays()
                changed(
                    current, current.view(np.uint64), previous, journal,
                    int(key_of(account, int(lines["asset"][place]))),
                    lines["received"][place], lines["paid"][place], block, now,
                )  # fmt: skip
        return found

    def held(self, account: int, asset: int, now: int, what: str = "amount") -> int:
        row = self._table("held").get(int(key_of(account, asset)), now)
        return 0 if row is None else _integer(row[what])

    def knows(self, account: int, asset: int, now: int) -> bool:
        """Whether a balance is still remembered."""
        return self._table("held").get(int(key_of(account, asset)), now) is not None

    def listed(self, account: int, now: int) -> bool:
        found = np.zeros(SOURCE.cells + 1, np.int64)
        return bool(is_listed(*self.sources.arrays()[:2], account, now, found))

    def stands(self, source: int, now: int) -> bool:
        row = self.sources.get(source, now)
        return row is not None and row["on"] == 1

    def purse(self, account: int, asset: int, now: int) -> Purse | None:
        """What is known of somebody's tainted money; None where there never was any."""
        row: Any = self._table("lots").get(int(key_of(account, asset)), now)
        if row is None or not row["fifo_count"] + row["part_count"]:
            return None
        fifo, parts = (
            [
                Lot(_integer(row[f"{way}_amount_{n}"]), row[f"{way}_source_{n}"], row[f"{way}_hops_{n}"])
                for n in range(row[f"{way}_count"])
            ]
            for way in ("fifo", "part")
        )
        return Purse(fifo, parts).without(lambda source: self.stands(source, now))

    def keep(self, account: int, asset: int, purse: Purse, block: int, now: int) -> None:
        table = self._table("lots")
        table.reserve(1)
        arrays = table.arrays()
        row = touch(*arrays, int(key_of(account, asset)), block, now)
        cells = arrays[0][row : row + LOT.cells]
        cells[:] = 0
        if not purse.is_tainted:
            return
        columns = LOT.columns(cells[None, :])
        for way, lots in (("fifo", purse.fifo), ("part", purse.parts)):
            columns[f"{way}_count"][0] = len(lots)
            for n, lot in enumerate(lots):
                columns[f"{way}_source_{n}"][0], columns[f"{way}_hops_{n}"][0] = lot.source, lot.hops
                columns[f"{way}_amount_{n}"][0] = _limbs([lot.amount])[0]


@dataclass(slots=True)
class _Payment:
    """One transaction by net changes: who has less and who has more of what."""

    work: _Work
    number: int
    block: int
    now: int
    signer: int
    less: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    more: dict[int, list[tuple[int, int]]] = field(default_factory=dict)

    def add(self, account: int, asset: int, change: int) -> None:
        side = self.more if change > 0 else self.less
        if change:
            side.setdefault(asset, []).append((account, abs(change)))

    def settle(self) -> list[dict[str, int]]:
        """Flows; lots of everybody are as after it. What the signer gave for something else comes first."""
        given, got = (
            [asset for asset, lines in side.items() for who, _ in lines if who == self.signer]
            for side in (self.less, self.more)
        )
        traded = (given[0], got[0]) if len(given) == len(got) == 1 else None
        carried: Purse | None = None
        found = list[dict[str, int]]()
        order = [asset for asset in self.less if traded is None or asset != traded[1]]
        order += [traded[1]] if traded and traded[1] in self.less else []
        for asset in order:
            carried = self._asset(asset, found, traded, carried)
        return found

    def _asset(
        self, asset: int, found: list[dict[str, int]], traded: tuple[int, int] | None, carried: Purse | None
    ) -> Purse | None:
        """One asset of it; gives what the signer's payment carried where he got something else for it."""
        pool, payer, had, handed = Purse(), 0, 0, carried
        for who, amount in self.less[asset]:
            out, before = self._paid(who, asset, amount)
            if out.is_tainted and not pool.is_tainted:
                payer, had = who, before
            if traded is not None and asset == traded[0] and who == self.signer:
                gained = next(more for account, more in self.more[traded[1]] if account == who)
                handed = scaled(out, gained, amount)
            pool.fifo += out.fifo
            pool.parts += out.parts
        paid, left = sum(amount for _, amount in self.less[asset]), pool.fifo
        payees = self.more.get(asset, [])
        total = max(paid, sum(amount for _, amount in payees))
        for who, amount in payees:
            came, left = _front(left, amount)
            share = Purse(came, [replace(p, amount=p.amount * amount // total) for p in pool.parts])
            bought = traded is not None and asset == traded[1] and who == self.signer and carried is not None
            if bought:
                share = carried or share
            given = traded is not None and asset == traded[0] and payer == self.signer
            flows = self._got(who, asset, amount, share, payer, had, given)
            found += [flow for flow in flows if not bought and flow["source"] != who]
        return handed

    def _paid(self, who: int, asset: int, amount: int) -> tuple[Purse, int]:
        """What a payment carries, and what its payer held before."""
        held = max(self.work.held(who, asset, self.now), 0)
        if who == 0:
            return Purse([Lot(amount)]), 0
        if self.work.listed(who, self.now):
            own = asset == COIN or who == self.signer
            lot = Lot(amount, who if own else CLEAN)
            return Purse([lot], [lot] if own else []), max(held, amount)
        purse = self.work.purse(who, asset, self.now)
        if purse is not None and who in self.work.hubs.get(self.number, ()):
            # What a hub holds is many people's: what it once got as somebody's is theirs, too, from now on.
            self.work.keep(who, asset, Purse(), self.block, self.now)
            purse = None
        if purse is None:
            return Purse([Lot(amount)]), max(held, amount)
        if not self.work.knows(who, asset, self.now):
            # Balances are forgotten sooner than lots: who rests for long holds at least what is remembered.
            held = sum(lot.amount for lot in purse.fifo)
        out = purse.pay(amount, held)
        self.work.keep(who, asset, purse, self.block, self.now)
        return out, max(held, amount)

    def _got(
        self, who: int, asset: int, amount: int, came: Purse, payer: int, had: int, traded: bool
    ) -> list[dict[str, int]]:
        """Puts it into the payee's lots; a flow for each source."""
        came = _later(came, self.work.own.hops)
        shared = who in self.work.hubs.get(self.number, ())
        own = who == 0 or shared or self.work.listed(who, self.now)
        purse = None if own else self.work.purse(who, asset, self.now)
        if not own and (came.is_tainted or purse is not None):
            if purse is None:
                held = self.work.held(who, asset, self.now)
                purse = Purse([Lot(held)] if held else [])
            purse.get(came, LOTS)
            self.work.keep(who, asset, purse, self.block, self.now)
        if not came.is_tainted or payer == who or who == 0:
            return []
        fifo: dict[int, int] = {}
        for lot in came.fifo:
            fifo[lot.source] = fifo.get(lot.source, 0) + lot.amount
        row = self._row(who, asset)
        return [
            {
                "transaction": self.number, "source": part.source, "payer": payer or self.signer,
                "payee": who, "asset": asset, "row": row, "hops": part.hops, "shared": int(shared),
                "amount": amount, "haircut": part.amount,
                "fifo": fifo.get(part.source, 0), "traded": int(traded),
                "had": self.work.held(part.source, asset, self.now, "most") or had,
            }
            for part in came.parts
            if part.amount
        ]  # fmt: skip

    def _row(self, who: int, asset: int) -> int:
        """The row that paid somebody; that of the transaction where none says so."""
        rows, sent = self.work.seen.rows, self.work.seen.transactions
        at = self.number - int(sent["number"][0])
        first, end = int(sent["first_row"][at]), int(sent["end_row"][at])
        fits = (rows["target"][first:end] == who) & (rows["money"][first:end] == asset)
        places = np.flatnonzero(fits & (rows["amount"][first:end].any(axis=1)))
        return int(rows["number"][first + (int(places[0]) if places.size else 0)])


def _front(lots: list[Lot], amount: int) -> tuple[list[Lot], list[Lot]]:
    """The first of the lots up to an amount; what is missing was made just now, and is clean."""
    taken, left = split(lots, amount)
    missing = amount - sum(lot.amount for lot in taken)
    return joined([*taken, Lot(missing)] if missing else taken), left


def _later(purse: Purse, most: int) -> Purse:
    """A payment further; what has gone through too many is clean."""

    def each(lot: Lot) -> Lot:
        if lot.source == CLEAN:
            return lot
        return Lot(lot.amount, lot.source, lot.hops + 1) if lot.hops < most else Lot(lot.amount)

    return Purse([each(lot) for lot in purse.fifo], [p for p in map(each, purse.parts) if p.source != CLEAN])


def _integer(limbs: Any) -> int:
    return sum(int(limb) << 64 * (3 - at) for at, limb in enumerate(limbs))


def _limbs(amounts: list[int]) -> Array:
    most = 2**256 - 1
    joined = b"".join(min(amount, most).to_bytes(32, "big") for amount in amounts)
    return np.frombuffer(joined, ">u8").reshape(-1, 4).astype(np.uint64)
