"""What a payment takes of its payer, and what excuses its payee: bites, loans, fundings, a busy place.

All of it is measured beside what moves, since a thief can buy with little whatever little is enough for.
"""

import math

import numpy as np

from detectors.kernels import u256
from detectors.kernels.compiled import njit
from detectors.kernels.layout import (
    A_MEAN,
    A_PAYERS,
    BITES_SECONDS,
    EMPTIED,
    GWEI,
    H_SINCE,
    H_TAKER,
    HUB_DEGREE,
    IN_USE_PAYERS,
    P_BY_PAYER,
    P_KEPT,
    R_ASSET_PAYERS,
    R_EMPTIED,
    R_FROM_FUNDER,
    SMALL_WEI,
    W_OWN_PAYEES,
    W_SIGNED_IN,
    W_USUAL_IN,
)
from detectors.kernels.table import find, look

_LOG_OF_TWENTY = math.log10(20.0)
_MOST_GWEI = np.uint64(1 << 58)


@njit(cache=True)
def pair_key(left, right):  # type: ignore[no-untyped-def]
    return (left << 32) | right


@njit(cache=True)
def words_of(current, previous, key):  # type: ignore[no-untyped-def]
    """The words of a row without touching it; zeros where there is none."""
    row = find(current, key)
    if row >= 0:
        return current.words[row]
    row = find(previous, key)
    if row >= 0:
        return previous.words[row]
    return np.zeros(current.words.shape[1], np.uint64)


@njit(cache=True)
def lent(pairs, old_pairs, wallet, lender):  # type: ignore[no-untyped-def]
    """Native value that `lender` paid the wallet beyond what the wallet paid it, so far."""
    left = words_of(pairs, old_pairs, pair_key(lender, wallet)).copy()
    if not u256.is_zero(left):
        back = words_of(pairs, old_pairs, pair_key(wallet, lender))
        if u256.compare(left, back) > 0:
            u256.subtract_from(left, back)
        else:
            left[:] = 0
    return left


@njit(cache=True)
def bites(ints, taken, payee, time, amount):  # type: ignore[no-untyped-def]
    """What the payee got of a holding (its `ints`, and `taken` of its words) in bites that follow each other,
    with this one. Smaller payments to others in between do not end the count, since a thief makes them too.
    """
    is_over = time - ints[H_SINCE] > BITES_SECONDS
    if ints[H_TAKER] == payee and not is_over:
        u256.add_to(taken, amount)
        return taken
    if is_over or u256.compare(amount, taken) >= 0:
        ints[H_TAKER], ints[H_SINCE] = payee, time
        taken[:] = amount
        return taken
    return amount


@njit(cache=True)
def is_emptied(known, balance, left, taken, loan):  # type: ignore[no-untyped-def]
    """Whether a twentieth at most is left of what a wallet had before it was bitten; of a wallet that still
    owes the payee a loan, what it had of its own before this bite.
    """
    if known != 1:
        return False
    own = left.copy()
    if u256.is_zero(loan):
        u256.add_to(own, taken)
    elif u256.compare(balance, loan) > 0:
        own[:] = balance
        u256.subtract_from(own, loan)
    else:
        return False
    return u256.at_least(own, 20, left, 1)


@njit(cache=True)
def is_partly_taken(known, left, taken, amount, largest):  # type: ignore[no-untyped-def]
    """Whether this may be a bite: a quarter of a known balance went, or half the largest payment of an
    unknown one.
    """
    if known != 1:
        return u256.at_least(amount, 1, largest, 2)
    had = left.copy()
    u256.add_to(had, taken)
    return u256.at_least(taken, 1, had, 4)


@njit(cache=True)
def is_funded_well(g, wallet):  # type: ignore[no-untyped-def]
    """Whether its funder's money matters to a wallet: the first payment, or all of them, are a twentieth at
    least of the most native value it was seen to hold or to pay at once.
    """
    money = words_of(g.holdings, g.old_holdings, pair_key(wallet, 0))
    peak = money[:4] if u256.compare(money[:4], money[4:8]) >= 0 else money[4:8]
    given = words_of(g.pairs, g.old_pairs, pair_key(g.funder[wallet], wallet))
    if u256.at_least(given, 1, peak, 20):
        return True
    first = np.zeros(4, np.uint64)
    first[3] = min(np.uint64(g.funding[wallet]), _MOST_GWEI) * np.uint64(20)
    return u256.at_least(first, 1, peak, GWEI)


@njit(cache=True)
def in_use(asset, payers):  # type: ignore[no-untyped-def]
    """Whether many wallets paid with an asset themselves. Native value is."""
    return asset == 0 or payers >= IN_USE_PAYERS


@njit(cache=True)
def is_usual(assets, old_assets, asset, magnitude):  # type: ignore[no-untyped-def]
    """Whether an amount is a twentieth at least of what is usual of a token in use."""
    if asset == 0 or look(assets, old_assets, asset, A_PAYERS) < IN_USE_PAYERS:
        return False
    row = find(assets, asset)
    if row >= 0:
        return magnitude >= assets.floats[row, A_MEAN] - _LOG_OF_TWENTY
    row = find(old_assets, asset)
    return magnitude >= old_assets.floats[row, A_MEAN] - _LOG_OF_TWENTY


@njit(cache=True)
def is_busy(taker):  # type: ignore[no-untyped-def]
    """Whether a wallet (its integers) is paid by many, and pays many."""
    return taker[W_SIGNED_IN] >= HUB_DEGREE and taker[W_OWN_PAYEES] >= HUB_DEGREE


@njit(cache=True)
def sign(asset, amount, payee, direct, giver, taker, counts, out):  # type: ignore[no-untyped-def]
    """Counts a payment that the payer's own transaction made. It makes the payer a wallet in use where it
    kept something, as a deposit address never does; it makes the payee a busy place where it is not small,
    and the payer not the payee's own.
    """
    counts[P_BY_PAYER] += 1
    if counts[P_KEPT] or out[R_EMPTIED] == EMPTIED:
        return
    counts[P_KEPT] = 1
    giver[W_OWN_PAYEES] += 1
    if not direct or out[R_FROM_FUNDER] == payee:
        return
    if asset != 0:
        taker[W_SIGNED_IN] += 1 if in_use(asset, out[R_ASSET_PAYERS]) else 0
    elif is_more(amount, SMALL_WEI):
        taker[W_SIGNED_IN] += 1
        taker[W_USUAL_IN] = min(taker[W_USUAL_IN] + u256.divided(amount, GWEI), 1 << 62)


@njit(cache=True)
def is_more(amount, wei):  # type: ignore[no-untyped-def]
    """Whether an amount is above a number of 64 bits."""
    return amount[0] != 0 or amount[1] != 0 or amount[2] != 0 or amount[3] > np.uint64(wei)
