"""Look-alikes, row by row: whom a wallet really paid, who really paid it, who imitates one of these or the
wallet itself, and who falls for it.
"""

from __future__ import annotations

from typing import NamedTuple

from detectors.kernels import u256
from detectors.kernels.tables import pair_key, word
from detectors.memory.borrowed import borrowed
from detectors.memory.claims import claim, held, seen
from detectors.memory.compiled import njit
from detectors.memory.layout import WORD, Array, Layout
from detectors.memory.rows import OWN, WIDTH, touch, value

NONE, ZERO_VALUE, DUST, COUNTERFEIT, LOSS, SMALL_LOSS, LESS = range(7)
# What is remembered of (payer, ends of an address): the payee really paid, in which asset, how much at most,
# when; and a lookalike that is its owner's. The same of (payee, ends of an address) and who really paid it.
PAID = Layout(ints=("payee", "asset", "time", "harmless"), words=("amount",))
PAYEE, ASSET, PAID_AT, HARMLESS, AMOUNT = range(OWN, OWN + 5)
SENDER, BY = 0, 2
"""Of the ids of a row."""
# What is remembered of (victim, lookalike) once it poisoned: whom it imitates, and what that is usually paid.
POISONED = Layout(ints=("imitated", "asset"), words=("amount",))
IMITATED, USUAL_ASSET, USUAL = range(OWN, OWN + 3)
REAL_WEI = 10**15
"""What is less than this says nothing of who paid it: a hair of the coin is sent to anyone."""
# What is remembered of a wallet that one with the same ends paid before anybody else did: with which of them
# it began.
KIN = Layout(ints=("first",))
FIRST = 0


class Tables(NamedTuple):
    """The arrays of the tables, flat: payments that the payer asked for, payments that a log tells of in a
    transaction of the payer, payments by who was paid, poisonings, and wallets set up by one with the same
    ends.
    """

    paid: Array
    old_paid: Array
    paid_undo: Array
    told: Array
    old_told: Array
    told_undo: Array
    met: Array
    old_met: Array
    met_undo: Array
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
    """What is known of the address that `victim` really paid, or else was paid by, and `other` (with these
    `ends`) imitates; empty where it imitates none. Whether that is of who paid.
    """
    key = _key(victim, ends)
    payer = _recent(held(t.met, t.old_met, key, time), time, limits)
    if payer.size and payer[PAYEE] == other:
        return payer[:0], False
    row = _recent(seen(t.paid, t.old_paid, t.told, t.old_told, key, time), time, limits)
    if row.size == 0:
        return payer, True
    if row[PAYEE] == other or row[HARMLESS] == other:
        return row[:0], False
    return row, False


@njit(cache=True)
def _recent(row, time, limits):  # type: ignore[no-untyped-def]
    """A row, or an empty one where it says nothing, or nothing young enough to be imitated."""
    if row.size == 0 or row[PAYEE] == 0 or time - row[PAID_AT] > limits.candidate_s:
        return row[:0]
    return row


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
def _set(row, other, asset, time, amount):  # type: ignore[no-untyped-def]
    """Keeps the largest amount of one asset: a small payment to try an address is not what it is paid."""
    more = row[PAYEE] != other or row[ASSET] != asset or u256.compare(amount, word(row, AMOUNT)) > 0
    row[PAYEE], row[ASSET], row[PAID_AT] = other, asset, time
    if more:
        word(row, AMOUNT)[:] = amount


@njit(cache=True)
def _remember(t, key, payee, asset, block, time, direct, amount, limits):  # type: ignore[no-untyped-def]
    """The payer's own payment: this is whom he really pays, or one more address with the same ends."""
    row = _claim(t, key, block, time, direct)
    if row[PAYEE] == 0 or row[PAYEE] == payee or time - row[PAID_AT] > limits.candidate_s:
        _set(row, payee, asset, time, amount)
    else:
        row[HARMLESS] = payee


@njit(cache=True)
def _meet(t, key, payer, asset, block, time, amount, limits):  # type: ignore[no-untyped-def]
    """Who is really paid knows the payer. Of two with the same ends the one who paid far more is meant."""
    if asset == 0 and u256.clipped(amount) < REAL_WEI:
        return
    at = touch(t.met, t.old_met, t.met_undo, key, block, time) - OWN
    row = t.met[at : at + t.met[WIDTH]]
    far_more = row[ASSET] == asset and u256.at_least(amount, 1, word(row, AMOUNT), limits.dust_divisor)
    if row[PAYEE] == 0 or row[PAYEE] == payer or far_more or time - row[PAID_AT] > limits.candidate_s:
        _set(row, payer, asset, time, amount)


@njit(cache=True)
def _manner(row, is_payer, asset, amount, own_payments, received, is_busy, limits):  # type: ignore[no-untyped-def]
    """How a lookalike's transfer poisons, or NONE where it moves real money. Who only was paid is poisoned in
    the asset he was paid in: what anybody else sends him from like addresses may be two gifts of one sender.
    """
    if is_payer and row[ASSET] != asset and row[ASSET] != 0:
        return NONE
    if u256.is_zero(amount):
        return ZERO_VALUE
    if own_payments == 0 and asset != 0 and not (is_payer and row[ASSET] == asset):
        return COUNTERFEIT
    if not received:
        return NONE
    if (row[ASSET] != asset and not is_payer) or u256.at_least(
        word(row, AMOUNT), limits.dust_divisor, amount, 1
    ):
        return DUST
    if row[ASSET] == asset and not is_busy and u256.compare(amount, word(row, AMOUNT)) < 0:
        return LESS
    return NONE


@njit(cache=True)
def _poison(t, victim, other, imitated, row, asset, block, time):  # type: ignore[no-untyped-def]
    """Keeps whom a lookalike imitates, and what that is usually paid: a loss may come when the payment itself
    is long forgotten. A row that is empty says of no usual amount.
    """
    at = touch(t.poisoned, t.old_poisoned, t.poisoned_undo, pair_key(victim, other), block, time) - OWN
    t.poisoned[at + IMITATED] = imitated
    t.poisoned[at + USUAL_ASSET] = row[ASSET] if row.size else asset
    for i in range(WORD):
        t.poisoned[at + USUAL + i] = row[AMOUNT + i] if row.size else 0


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
    return funder != 0 and funder == victims_funder and known[2] < limits.same_owner_payees


@njit(cache=True)
def _imitates_its_victim(ids, known, received):  # type: ignore[no-untyped-def]
    """Of a row between two with the same ends, whether its payee (`received`), or else its payer, is the
    victim: who was sent something by the other, or the one that is no fresh address where a stranger tells.
    """
    if ids[BY] == ids[SENDER]:
        return received == 1
    fresh = known[5] if received else known[6]
    lived = known[6] if received else known[5]
    return fresh == 0 and lived != 0


@njit(cache=True)
def _own_manner(row, asset, amount, own_payments, by_lookalike):  # type: ignore[no-untyped-def]
    """How a lookalike of the victim's own address poisons: nothing that its owner would do is any."""
    if u256.is_zero(amount):
        return ZERO_VALUE
    if not by_lookalike:
        return COUNTERFEIT if own_payments == 0 and asset != 0 else NONE
    return DUST if asset == 0 and u256.clipped(amount) < REAL_WEI else NONE


@njit(cache=True)
def _remember_both(t, ids, ends, amount, limits):  # type: ignore[no-untyped-def]
    """A payment that the payer asked for, by both who were in it."""
    sender, payee, _, asset, direct, block, time, _ = ids
    if direct != 0:
        row, is_payer = _lookalike(t, payee, ends[0], sender, time, limits)
        if row.size == 0 or is_payer:
            _meet(t, _key(payee, ends[0]), sender, asset, block, time, amount, limits)
    _remember(t, _key(sender, ends[1]), payee, asset, block, time, direct != 0, amount, limits)


@njit(cache=True)
def _judge(t, ids, ends, amount, known, received, limits, out):  # type: ignore[no-untyped-def]
    """Whether a row poisons the history of its payee (`received`) or its payer."""
    sender, payee, by, asset, _, block, time, _ = ids
    victim, other = (payee, sender) if received else (sender, payee)
    victim_ends = ends[0] if received else ends[1]
    own = known[4] if received else known[3]
    row, is_payer = _lookalike(t, victim, victim_ends, other, time, limits)
    if row.size > 0:
        imitated = row[PAYEE]
        manner = _manner(row, is_payer, asset, amount, own, received, known[7] != 0, limits)
    elif ends[0] == ends[1] and _imitates_its_victim(ids, known, received):
        imitated = victim
        manner = _own_manner(row, asset, amount, own, by == other)
    else:
        return
    if _is_related(t, victim, imitated, other, known, received, time, limits):
        if imitated != victim and not is_payer:
            _claim(t, _key(victim, victim_ends), block, time, False)[HARMLESS] = other
        return
    if manner != NONE:
        out[0], out[1] = manner, imitated
    if manner != NONE or (received and known[7] == 0 and imitated != victim):
        _poison(t, victim, other, imitated, row, asset, block, time)


@njit(cache=True)
def run(t, ids, ends, amounts, known, limits, out):  # type: ignore[no-untyped-def]
    """Rows in order. ids: sender, payee, transaction sender, asset, direct, block, time, by the wallet's own
    call. ends: of sender, of payee. known: who funded sender and payee, payees of the former's funder, own
    payments of the asset of sender and payee, who first paid sender and payee (0: not known), what the payee
    is usually paid. out: kind, imitated id.
    """
    t = borrowed(t)
    for i in range(ids.shape[0]):
        sender, payee, by, asset, _, block, time, own_call = ids[i]
        if sender == payee or sender == 0 or payee == 0:
            continue
        acted = by == sender or own_call != 0
        is_real = acted and not u256.is_zero(amounts[i])
        if is_real:
            if asset == 0 and by == sender and known[i, 6] == 0 and ends[i, 0] == ends[i, 1]:
                _set_up(t, sender, payee, block, time)
            if _is_loss(t, sender, payee, asset, time, amounts[i], limits, out[i]):
                continue
            _remember_both(t, ids[i], ends[i], amounts[i], limits)
        for received in range(2):
            if by != (payee if received else sender) and (received or not acted):
                _judge(t, ids[i], ends[i], amounts[i], known[i], received, limits, out[i])
