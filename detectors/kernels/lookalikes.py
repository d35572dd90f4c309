"""Look-alikes, row by row: whom a payer really paid, who imitates that address, and who falls for it."""

from __future__ import annotations

from typing import NamedTuple

from detectors.kernels import u256
from detectors.kernels.tables import pair_key, word
from detectors.memory.borrowed import borrowed
from detectors.memory.claims import claim, held, seen
from detectors.memory.compiled import njit
from detectors.memory.layout import WORD, Array, Layout
from detectors.memory.rows import OWN, touch, value

NONE, ZERO_VALUE, DUST, COUNTERFEIT, LOSS, SMALL_LOSS = range(6)
# What is remembered of (payer, ends of an address): the payee really paid, in which asset, how much, when;
# and a lookalike that proved harmless.
PAID = Layout(ints=("payee", "asset", "time", "harmless"), words=("amount",))
PAYEE, ASSET, PAID_AT, HARMLESS, AMOUNT = range(OWN, OWN + 5)
# What is remembered of (victim, lookalike) once it poisoned: whom it imitates, and what that is usually paid.
POISONED = Layout(ints=("imitated", "asset"), words=("amount",))
IMITATED, USUAL_ASSET, USUAL = range(OWN, OWN + 3)
# What is remembered of a wallet that one with the same ends paid before anybody else did: with which of them
# it began.
KIN = Layout(ints=("first",))
FIRST = 0


class Tables(NamedTuple):
    """The arrays of the tables, flat: payments that the payer asked for, payments that a log tells of in a
    transaction of the payer, poisonings, and wallets set up by one with the same ends.
    """

    paid: Array
    old_paid: Array
    paid_undo: Array
    told: Array
    old_told: Array
    told_undo: Array
    poisoned: Array
    old_poisoned: Array
    poisoned_undo: Array
    kin: Array
    old_kin: Array
    kin_undo: Array


class Limits(NamedTuple):
    dust_divisor: int
    same_owner_payees: int
    candidate_s: int


@njit(cache=True)
def _key(victim, ends):  # type: ignore[no-untyped-def]
    return (victim << 28) | ends


@njit(cache=True)
def _claim(t, key, block, time, direct):  # type: ignore[no-untyped-def]
    return claim(t.paid, t.old_paid, t.paid_undo, t.told, t.old_told, t.told_undo, key, block, time, direct)


@njit(cache=True)
def _lookalike(t, victim, ends, other, time, limits):  # type: ignore[no-untyped-def]
    """What is known of the address that `victim` really paid and `other` (with these `ends`) imitates; empty
    where it imitates none.
    """
    row = seen(t.paid, t.old_paid, t.told, t.old_told, _key(victim, ends), time)
    if row.size == 0 or row[PAYEE] == 0 or row[PAYEE] == other or row[HARMLESS] == other:
        return row[:0]
    return row if time - row[PAID_AT] <= limits.candidate_s else row[:0]


@njit(cache=True)
def _is_loss(t, payer, payee, asset, time, amount, limits, out):  # type: ignore[no-untyped-def]
    """Whether a payment goes to a lookalike that poisoned. A small one is none of what the payer is known to
    pay the address meant.
    """
    row = held(t.poisoned, t.old_poisoned, pair_key(payer, payee), time)
    if row.size == 0:
        return False
    is_usual = row[USUAL_ASSET] == asset
    is_usual = is_usual and u256.at_least(amount, 1, word(row, USUAL), limits.dust_divisor)
    out[0], out[1] = LOSS if is_usual else SMALL_LOSS, row[IMITATED]
    return True


@njit(cache=True)
def _remember(t, key, payee, asset, block, time, direct, amount, limits):  # type: ignore[no-untyped-def]
    """The payer's own payment: this is whom he really pays, or one more address with the same ends."""
    row = _claim(t, key, block, time, direct)
    if row[PAYEE] == 0 or row[PAYEE] == payee or time - row[PAID_AT] > limits.candidate_s:
        row[PAYEE], row[ASSET], row[PAID_AT] = payee, asset, time
        word(row, AMOUNT)[:] = amount
    else:
        row[HARMLESS] = payee


@njit(cache=True)
def _manner(row, asset, amount, own_payments, received, limits):  # type: ignore[no-untyped-def]
    """How a lookalike's transfer poisons, or NONE where it moves real money."""
    if u256.is_zero(amount):
        return ZERO_VALUE
    if own_payments == 0 and asset != 0:
        return COUNTERFEIT
    if not received:
        return NONE
    if row[ASSET] != asset or u256.at_least(word(row, AMOUNT), limits.dust_divisor, amount, 1):
        return DUST
    return NONE


@njit(cache=True)
def _poison(t, victim, other, row, block, time):  # type: ignore[no-untyped-def]
    """Keeps whom a lookalike imitates: a loss may come when the payment itself is long forgotten."""
    at = touch(t.poisoned, t.old_poisoned, t.poisoned_undo, pair_key(victim, other), block, time) - OWN
    t.poisoned[at + IMITATED], t.poisoned[at + USUAL_ASSET] = row[PAYEE], row[ASSET]
    for i in range(WORD):
        t.poisoned[at + USUAL + i] = row[AMOUNT + i]


@njit(cache=True)
def _set_up(t, payer, payee, block, time):  # type: ignore[no-untyped-def]
    """A wallet is paid by one with the same ends, and was by nobody before."""
    first = _first_of(t, payer, time)
    t.kin[touch(t.kin, t.old_kin, t.kin_undo, payee, block, time) + FIRST] = first


@njit(cache=True)
def _first_of(t, wallet, time):  # type: ignore[no-untyped-def]
    """The wallet that a row of wallets with the same ends began with, each set up by the one before it."""
    first = value(t.kin, t.old_kin, wallet, time, FIRST)
    return wallet if first == 0 else first


@njit(cache=True)
def _is_related(t, victim, imitated, other, known, received, time, limits):  # type: ignore[no-untyped-def]
    """Whether a lookalike belongs to its victim, or to whom it looks like: then it imitates nobody."""
    funder = known[0] if received else known[1]
    victims_funder = known[1] if received else known[0]
    first_payer = known[5] if received else known[6]
    if first_payer in (victim, imitated) or _first_of(t, other, time) == _first_of(t, imitated, time):
        return True
    return funder >= 0 and funder == victims_funder and known[2] < limits.same_owner_payees


@njit(cache=True)
def run(t, ids, ends, amounts, known, limits, out):  # type: ignore[no-untyped-def]
    """Rows in order. ids: sender, payee, transaction sender, asset, direct, block, time. ends: of sender, of
    payee. out: kind, imitated id.
    """
    t = borrowed(t)
    for i in range(ids.shape[0]):
        sender, payee, by, asset, direct, block, time = ids[i]
        if sender == payee or sender == 0 or payee == 0:
            continue
        if by == sender and not u256.is_zero(amounts[i]):
            if asset == 0 and known[i, 6] < 0 and ends[i, 0] == ends[i, 1]:
                _set_up(t, sender, payee, block, time)
            if _is_loss(t, sender, payee, asset, time, amounts[i], limits, out[i]):
                continue
            key = _key(sender, ends[i, 1])
            _remember(t, key, payee, asset, block, time, direct != 0, amounts[i], limits)
        for received in range(2):
            victim, other = (payee, sender) if received else (sender, payee)
            victim_ends = ends[i, 0] if received else ends[i, 1]
            row = _lookalike(t, victim, victim_ends, other, time, limits)
            if by == victim or row.size == 0:
                continue
            related = _is_related(t, victim, row[PAYEE], other, known[i], received, time, limits)
            own = known[i, 4] if received else known[i, 3]
            manner = _manner(row, asset, amounts[i], own, received, limits)
            if related or manner == NONE:
                _claim(t, _key(victim, victim_ends), block, time, False)[HARMLESS] = other
            else:
                out[i, 0], out[i, 1] = manner, row[PAYEE]
                _poison(t, victim, other, row, block, time)
