"""Wallets that one account paid first, or that hand in what they got to one account, and act in step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from detectors.kernels.cohorts import COHORT
from detectors.kernels.lockstep import ACTS, DONE, LEADER, STEP, WALLET, follow_wallets
from detectors.memory.history import History
from detectors.memory.layout import Array
from detectors.memory.table import Table
from detectors.parts.contract import Columns, HistorySpec, Kind, PartMemory, Seen, TableSpec

_FOUND = ("transaction", "leader", "link", "first", "second", "count", "members", "began")
_YOUNG = ("transaction", "wallet", "funder", "root", "row")
_PAYMENT = ("transaction", "payer", "payee", "asset", "row", "form", "hub", "amount")
_MEMBER = ("transaction", "wallet", "row", "first_row", "second_row")
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Settings:
    """young_s: how long it is remembered who paid a wallet first and what it did (projects look back months;
    a farm that rests between use and claim is still young). leaders_s: the same of who paid first. Caps: rows
    at which the oldest go early. chain_s: a wallet that was paid pays the next of a chain within this.
    step_s: wallets are in step while the next one does the same within this: an hour, scripts take minutes,
    people in one place a day. least: wallets in step that make a cluster: a family has three. least_exit: by
    a common exit only, or where a hub paid them, more, as strangers may hand in to one account; reported
    clusters begin at seven, of which an owner leaves some out. drawn_s: how long it is remembered whom a hub
    paid first and what (programmes run for weeks), drawn_cap: hours of hubs in use at once.
    """

    young_s: int = 90 * DAY
    young_cap: int = 4_000_000
    leaders_s: int = 90 * DAY
    leaders_cap: int = 1_000_000
    steps_cap: int = 4_000_000
    chain_s: int = DAY
    step_s: int = 3600
    least: int = 4
    least_exit: int = 5
    drawn_s: int = 30 * DAY
    drawn_cap: int = 400_000


@dataclass(frozen=True, slots=True)
class Clusters:
    """`young`, by "transaction": `wallet` was first seen as `funder` paid it in the coin by `row` (-1: a hub
    did); `root` is where a chain of such payments within a day each began.

    `in_step`, by "transaction" (which completes it): `count` wallets of a `leader` did `first` and then
    `second` (numbers of what is called and how, or of who is paid in what), each within an hour of the one
    before it. One of the two is a call that costs nothing but the fee, the other one too or a payment.
    `link`: 0 the leader paid them first, 1 at the head of a chain, 2 they got something by `first` and handed
    it in to the leader by `second`, 3 the leader is a hub that paid them first, within a quarter of an hour
    and the same sum (none a fiftieth more than another). They are two thirds or more of all `members`, or, of
    links 0 and 1, more than half where nine tenths of these, or all but one, `began` together, by doing
    `first` within an hour of one another: some owners leave a few out later. Members are wallets that it paid
    first (of a hub: for that sum, from the first of them to the last, and as long before and after; and two
    thirds of all that it paid first about then which did both), or payments it got. Of a hub with more than
    4,096 new customers in a quarter of an hour nothing is said.

    `drawn`, by "transaction": of link 3 at most 60 `wallet`s, the `row` of the first payment of each, and
    `first_row` and `second_row` of what it did.

    The history `done` has by leader * 4 + link what its wallets did: `wallet`, `act`, `row`, and in
    `earlier` the row of its first payment, or of what it got.
    """

    name: str = "clusters"
    reads: tuple[str, ...] = ("net", "trails")
    kinds: tuple[Kind, ...] = (Kind.TRANSACTION,)
    settings: Settings = field(default_factory=Settings)

    def memory(self) -> Mapping[str, TableSpec]:
        own = self.settings
        return {
            "wallets": TableSpec(WALLET, own.young_s, own.young_cap),
            "leaders": TableSpec(LEADER, own.leaders_s, own.leaders_cap),
            "steps": TableSpec(STEP, own.young_s, own.steps_cap),
            "done": HistorySpec(DONE, own.young_s, own.leaders_cap),
            "drawn": HistorySpec(COHORT, own.drawn_s, own.drawn_cap),
        }

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        sent, rows, own = seen.transactions, seen.rows, self.settings
        changes = seen.of("net").get("changes") or _none(("transaction", "account", "asset"))
        payments = seen.of("trails").get("payments") or _none(_PAYMENT)
        size = sent["number"].size
        in_step, young = _columns(_FOUND, 4 * size), _columns(_YOUNG, payments["row"].size)
        given = self._reserved(memory, size, payments["row"].size)
        given += [sent[name] for name in ("number", "block", "time", "signer", "target", "selector")]
        given += [sent[name] for name in ("first_row", "end_row")]
        given += [rows[name] for name in ("kind", "source", "number")]
        given += [changes[name] for name in ("transaction", "account", "asset", "received", "paid")]
        given += [payments[name] for name in _PAYMENT]
        given += [np.array([own.chain_s, own.step_s, own.least, own.least_exit], np.int64)]
        given += [*in_step.values(), *young.values()]
        found = follow_wallets(*given)
        tables = {"in_step": (in_step, found[0]), "young": (young, found[1])}
        drawn = {name: found[2][:, at].copy() for at, name in enumerate(_MEMBER)}
        return {
            name: {column: values[:used] for column, values in columns.items()}
            for name, (columns, used) in tables.items()
        } | {"drawn": drawn}

    def _reserved(self, memory: PartMemory, transactions: int, payments: int) -> list[Array]:
        """The arrays of all memory, with room for what these can touch."""
        touches = {
            "wallets": 4 * transactions + 3 * payments,
            "leaders": 4 * transactions + 2 * payments,
            "steps": (4 * ACTS + 1) * transactions + payments,
        }
        arrays: list[Array] = []
        for name, most in touches.items():
            table = memory[name]
            assert isinstance(table, Table)
            table.reserve(most)
            arrays += table.arrays()
        done = memory["done"]
        assert isinstance(done, History)
        done.reserve((2 + ACTS) * transactions)
        drawn = memory["drawn"]
        assert isinstance(drawn, History)
        drawn.reserve(payments)
        cells, *others = drawn.arrays()
        return [*arrays, *done.arrays(), cells, cells.view(np.uint64), *others]


def _columns(names: tuple[str, ...], most: int) -> dict[str, Array]:
    return {name: np.empty(most, np.int64) for name in names}


def _none(names: tuple[str, ...]) -> Columns:
    empty = {name: np.empty(0, np.int64) for name in names}
    return empty | {name: np.empty((0, 4), np.uint64) for name in ("received", "paid", "amount")}
