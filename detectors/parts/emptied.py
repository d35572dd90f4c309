"""Who lost all native value to somebody by own transactions: a reading of the part `emptyings`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from detectors.kernels.decoding import Kind
from detectors.memory.layout import Array
from detectors.parts.contract import Columns
from detectors.parts.kinds import is_some, marks
from detectors.parts.lines import some
from detectors.parts.people import People, whole

_COIN = marks(Kind.TRANSACTION, Kind.INNER_VALUE, Kind.CREATION)
SITTING_S = 6 * 3600
"""What belongs to one loss, so that a theft in bites is one."""
MOST = 400
"""Payments to somebody that are read."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Of a wallet to a taker: what it `paid` him; `wei`, that less what he had given it, as a `share` of what
    it had otherwise.

    `called`: whom its transaction names, the taker or a contract that sends on. `spent`: the part of all it
    ever got that went elsewhere, but for payments that emptied it too. `payees`: others that it paid.
    `is_direct`: the taker was paid himself. `is_whole`: nor is a token left that it had paid with, or tokens
    went the same way.
    """

    victim: int
    called: int
    paid: int
    wei: int
    share: float
    spent: float
    rows: tuple[int, ...]
    time: int
    is_direct: bool
    is_whole: bool
    payees: frozenset[int]

    def in_use(self, payees: int, spent: float) -> bool:
        """Whether a wallet had other uses: a deposit address, or one made to hand on, has none."""
        return len(self.payees) >= payees or self.spent >= spent


def losses(people: People, taker: int, window_s: int) -> Iterator[Loss]:
    """Of wallets that lost much to a taker within a window, and go on with nothing since."""
    paid = people.seen.history("emptyings.lost").rows(taker, people.block, MOST)
    into = (paid["payee"] == taker) & (paid["payer"] != taker)
    into &= paid["time"] + window_s >= int(paid["time"].max(initial=0))
    for payer in dict.fromkeys(paid["payer"][into].tolist()):
        mine = into & (paid["payer"] == payer)
        mine &= paid["time"] + SITTING_S >= int(paid["time"][mine].max())
        loss = _loss(people, taker, payer, some(paid, mine))
        if loss is not None:
            yield loss


def may_tell(people: People, taker: int, least: int) -> bool:
    """Whether `losses` may tell of so many payers, of a taker and of those who emptied wallets before him."""
    payers = _payers(people, taker)
    found = len(payers)
    for payer in payers if found < least else ():
        found += max(1, len(_payers(people, payer))) - 1
        if found >= least:
            break
    return found >= least


def _payers(people: People, taker: int) -> set[int]:
    paid = people.seen.history("emptyings.lost").rows(taker, people.block, MOST)
    return set(paid["payer"][(paid["payee"] == taker) & (paid["payer"] != taker)].tolist())


def _loss(people: People, taker: int, payer: int, paid: Columns) -> Loss | None:
    rows = people.rows(payer)
    coin, first, end = _coin(rows), int(paid["row"].min()), int(paid["row"].max())
    signed = _signed_payments(rows, payer)
    if (signed & coin & (rows["row"] > end) & (rows["target"] != taker)).any():
        return None
    lent = sum(whole(rows["amount"][coin & (rows["source"] == taker) & (rows["target"] == payer)]))
    sent, before = sum(whole(paid["amount"])), float(paid["before"].max())
    own = max(before, float(sent)) - lent
    if own <= 0 or sent <= lent:
        return None
    last = int(paid["time"].max())
    with_it = (rows["target"] == taker) & (rows["time"] + SITTING_S >= last)
    early = signed & (rows["row"] < first) & (rows["target"] != taker)
    return Loss(
        payer,
        int(paid["called"][-1]),
        sent,
        sent - lent,
        (sent - lent) / own,
        _spent(people, payer, first, float(paid["got"].max()), before),
        tuple(sorted(paid["row"].tolist())),
        last,
        int(paid["called"][-1]) == taker,
        bool((signed & with_it & (rows["kind"] == Kind.ERC20)).any()) or not _left(rows, payer, signed),
        frozenset(rows["target"][early].tolist()),
    )


def _spent(people: People, payer: int, first: int, got: float, before: float) -> float:
    """The part of all that came which was spent before a row, but by payments that emptied a wallet."""
    lost = people.seen.history("emptyings.lost").rows(payer, people.block, MOST)
    amounts = np.array(whole(lost["amount"]), np.float64)
    emptied = (lost["payer"] == payer) & (lost["row"] < first) & (2 * amounts >= lost["before"])
    return max(0.0, got - before - float(amounts[emptied].sum())) / got if got else 0.0


def _left(rows: Columns, wallet: int, signed: Array) -> bool:
    """Whether a token is left that a wallet paid with before: what others gave it is worth nothing."""
    tokens = rows["kind"] == Kind.ERC20
    for token in np.unique(rows["asset"][tokens & signed]).tolist():
        mine = tokens & (rows["asset"] == token)
        got = sum(whole(rows["amount"][mine & (rows["target"] == wallet)]))
        spent = sum(whole(rows["amount"][mine & (rows["source"] == wallet)]))
        if 20 * (got - spent) > got:
            return True
    return False


def unlike(found: Iterable[Loss]) -> list[Loss]:
    """Those that paid the same others, two or more, are one: wallets that one hand leads do the same."""
    kept = {loss.payees if len(loss.payees) > 1 else loss.victim: loss for loss in found}
    return list(kept.values())


def persons(people: People, found: Iterable[Loss], gang: Collection[int]) -> int:
    """How many people these wallets are, as `People.persons` counts; but who paid somebody's fees first does
    that by his loss, where nobody paid before.
    """
    every = unlike(found)
    owners, lost = [loss.victim for loss in every], {row for loss in every for row in loss.rows}
    helpers = {source for who in list(gang)[:8] for row, source in _first(people, who) if row not in lost}
    kept = [owner for owner in owners if owner not in helpers and people.funder(owner) not in gang]
    return people.persons([owner for owner in kept if people.funder(owner) not in owners], ())


def _first(people: People, who: int) -> list[tuple[int, int]]:
    """The row of the first native value that came to somebody by a payment, and who paid it."""
    rows = people.rows(who)
    paid = np.flatnonzero(_coin(rows) & (rows["kind"] == Kind.TRANSACTION) & (rows["target"] == who))[-1:]
    return list(zip(rows["row"][paid].tolist(), rows["source"][paid].tolist(), strict=True))


def income(people: People, taker: int, window_s: int) -> int:
    """What came to somebody within the window, by transactions that others signed."""
    rows = people.rows(taker)
    into = _coin(rows) & (rows["target"] == taker) & (rows["signer"] != taker)
    into &= rows["time"] + window_s >= int(rows["time"].max(initial=0))
    return sum(whole(rows["amount"][into]))


def _coin(rows: Columns) -> Array:
    """Which rows moved native value."""
    some: Array = _COIN[rows["kind"]] & is_some(rows["amount"])
    some &= (rows["kind"] != Kind.TRANSACTION) | (rows["flag"] != 0)
    return some


def _signed_payments(rows: Columns, wallet: int) -> Array:
    """Which rows are a wallet's own payments, of native value or tokens."""
    tokens = (rows["kind"] == Kind.ERC20) & is_some(rows["amount"])
    mine: Array = (tokens | _coin(rows)) & (rows["source"] == wallet) & (rows["signer"] == wallet)
    return mine
