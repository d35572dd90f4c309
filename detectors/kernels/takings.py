"""What a payment takes of its payer, and what excuses its payee: bites, loans, fundings, a busy place.

All of it is measured beside what moves, since a thief can buy with little whatever little is enough for.
"""

import math

import numpy as np

from detectors.kernels import u256
from detectors.kernels.layout import (
    A_MEAN,
    A_PAYERS,
    BITES_SECONDS,
    EMPTIED,
    GWEI,
    H_BALANCE,
    H_LARGEST,
    H_SINCE,
    H_TAKEN,
    H_TAKER,
    HUB_DEGREE,
    IN_USE_PAYERS,
    KNOWN,
    P_BY_PAYER,
    P_KEPT,
    P_NATIVE,
    R_ASSET_PAYERS,
    R_EMPTIED,
    R_FROM_FUNDER,
    SMALL_WEI,
    W_OWN_PAYEES,
    W_SIGNED_IN,
    W_USUAL_IN,
)
from detectors.kernels.tables import known_asset, known_holding, known_pair, word
from detectors.memory.compiled import njit

_LOG_OF_TWENTY = math.log10(20.0)
_MOST_GWEI = np.uint64(1 << 58)


@njit(cache=True)
def lent(g, who, lender, time):  # type: ignore[no-untyped-def]
    """Native value that `lender` paid the wallet beyond what the wallet paid it, so far."""
    given = known_pair(g, lender, who, time)
    if given.size == 0:
        return np.zeros(4, np.uint64)
    left, back = word(given, P_NATIVE).copy(), known_pair(g, who, lender, time)
    if back.size > 0:
        if u256.compare(left, word(back, P_NATIVE)) > 0:
            u256.subtract_from(left, word(back, P_NATIVE))
        else:
            left[:] = 0
    return left


@njit(cache=True)
def bites(held, payee, time, amount):  # type: ignore[no-untyped-def]
    """What the payee got of a holding in bites that follow each other, with this one. Smaller payments to
    others in between do not end the count, since a thief makes them too.
    """
    taken = word(held, H_TAKEN)
    is_over = time - held[H_SINCE] > BITES_SECONDS
    if held[H_TAKER] == payee and not is_over:
        u256.add_to(taken, amount)
        return taken
    if is_over or u256.compare(amount, taken) >= 0:
        held[H_TAKER], held[H_SINCE] = payee, time
        taken[:] = amount
        return taken
    return amount


@njit(cache=True)
def is_emptied(known, balance, left, taken, loan):  # type: ignore[no-untyped-def]
    """Whether a twentieth at most is left of what a wallet had before it was bitten; of a wallet that still
    owes the payee a loan, what it had of its own before this bite.
    """
    if known != KNOWN:
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
    if known != KNOWN:
        return u256.at_least(amount, 1, largest, 2)
    had = left.copy()
    u256.add_to(had, taken)
    return u256.at_least(taken, 1, had, 4)


@njit(cache=True)
def is_funded_well(g, who, time):  # type: ignore[no-untyped-def]
    """Whether its funder's money matters to a wallet: the first payment, or all of them, are a twentieth at
    least of the most native value it was seen to hold or to pay at once.
    """
    money, paid = known_holding(g, who, 0, time), known_pair(g, g.funder[who], who, time)
    peak, given = np.zeros(4, np.uint64), np.zeros(4, np.uint64)
    if money.size > 0:
        balance, largest = word(money, H_BALANCE), word(money, H_LARGEST)
        peak[:] = balance if u256.compare(balance, largest) >= 0 else largest
    if paid.size > 0:
        given[:] = word(paid, P_NATIVE)
    if u256.at_least(given, 1, peak, 20):
        return True
    first = np.zeros(4, np.uint64)
    first[3] = min(np.uint64(g.funding[who]), _MOST_GWEI) * np.uint64(20)
    return u256.at_least(first, 1, peak, GWEI)


@njit(cache=True)
def in_use(asset, payers):  # type: ignore[no-untyped-def]
    """Whether many wallets paid with an asset themselves. Native value is."""
    return asset == 0 or payers >= IN_USE_PAYERS


@njit(cache=True)
def is_usual(g, asset, magnitude, time):  # type: ignore[no-untyped-def]
    """Whether an amount is a twentieth at least of what is usual of a token in use."""
    if asset == 0:
        return False
    row = known_asset(g, asset, time)
    if row.size == 0 or row[A_PAYERS] < IN_USE_PAYERS:
        return False
    return magnitude >= row.view(np.float64)[A_MEAN] - _LOG_OF_TWENTY


@njit(cache=True)
def is_busy(taker):  # type: ignore[no-untyped-def]
    """Whether a wallet (its row) is paid by many, and pays many."""
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
