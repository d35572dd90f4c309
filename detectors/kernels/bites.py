"""What a payment takes of its payer, and what excuses its payee: bites, loans, fundings, a busy place.

All of it is measured beside what moves, since a thief can buy with little whatever little is enough for.
"""

import math

import numpy as np

from detectors.kernels import u256
from detectors.kernels.holdings import (
    BALANCE,
    BITES_SECONDS,
    BUSY,
    GWEI,
    IN_USE_PAYERS,
    KNOWN,
    LARGEST,
    MEAN,
    NATIVE,
    OWN_PAYEES,
    PAYERS,
    SIGNED_IN,
    SINCE,
    TAKEN,
    TAKER,
    known,
)
from detectors.kernels.tables import pair_key, word
from detectors.memory.compiled import njit

_LOG_OF_TWENTY = math.log10(20.0)
_MOST_GWEI = np.uint64(1 << 58)


@njit(cache=True)
def lent(pairs, who, lender, time):  # type: ignore[no-untyped-def]
    """Native value that `lender` paid the wallet beyond what the wallet paid it, so far."""
    given = known(pairs, pair_key(lender, who), time)
    if given.size == 0:
        return np.zeros(4, np.uint64)
    left, back = word(given, NATIVE).copy(), known(pairs, pair_key(who, lender), time)
    if back.size > 0:
        if u256.compare(left, word(back, NATIVE)) > 0:
            u256.subtract_from(left, word(back, NATIVE))
        else:
            left[:] = 0
    return left


@njit(cache=True)
def bites(held, payee, time, amount):  # type: ignore[no-untyped-def]
    """What the payee got of a holding in bites that follow each other, with this one. Smaller payments to
    others in between do not end the count, since a thief makes them too.
    """
    taken = word(held, TAKEN)
    is_over = time - held[SINCE] > BITES_SECONDS
    if held[TAKER] == payee and not is_over:
        u256.add_to(taken, amount)
        return taken
    if is_over or u256.compare(amount, taken) >= 0:
        held[TAKER], held[SINCE] = payee, time
        taken[:] = amount
        return taken
    return amount


@njit(cache=True)
def is_emptied(known_how, balance, left, taken, loan):  # type: ignore[no-untyped-def]
    """Whether a twentieth at most is left of what a wallet had before it was bitten; of a wallet that still
    owes the payee a loan, what it had of its own before this bite.
    """
    if known_how != KNOWN:
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
def is_partly_taken(known_how, left, taken, amount, largest):  # type: ignore[no-untyped-def]
    """Whether this may be a bite: a quarter of a known balance went, or half the largest payment of an
    unknown one.
    """
    if known_how != KNOWN:
        return u256.at_least(amount, 1, largest, 2)
    had = left.copy()
    u256.add_to(had, taken)
    return u256.at_least(taken, 1, had, 4)


@njit(cache=True)
def is_funded_well(holdings, pairs, funder, funding, who, time):  # type: ignore[no-untyped-def]
    """Whether its funder's money matters to a wallet: the first payment, or all of them, are a twentieth at
    least of the most native value it was seen to hold or to pay at once.
    """
    money, paid = known(holdings, pair_key(who, 0), time), known(pairs, pair_key(funder, who), time)
    peak, given = np.zeros(4, np.uint64), np.zeros(4, np.uint64)
    if money.size > 0:
        balance, largest = word(money, BALANCE), word(money, LARGEST)
        peak[:] = balance if u256.compare(balance, largest) >= 0 else largest
    if paid.size > 0:
        given[:] = word(paid, NATIVE)
    if u256.at_least(given, 1, peak, 20):
        return True
    first = np.zeros(4, np.uint64)
    first[3] = min(np.uint64(funding), _MOST_GWEI) * np.uint64(20)
    return u256.at_least(first, 1, peak, GWEI)


@njit(cache=True)
def in_use(asset, payers):  # type: ignore[no-untyped-def]
    """Whether many wallets paid with an asset themselves. Native value is."""
    return asset == 0 or payers >= IN_USE_PAYERS


@njit(cache=True)
def is_usual(assets, asset, magnitude, time):  # type: ignore[no-untyped-def]
    """Whether an amount is a twentieth at least of what is usual of a token in use."""
    if asset == 0:
        return False
    row = known(assets, asset, time)
    if row.size == 0 or row[PAYERS] < IN_USE_PAYERS:
        return False
    return magnitude >= row.view(np.float64)[MEAN] - _LOG_OF_TWENTY


@njit(cache=True)
def is_busy(wallet):  # type: ignore[no-untyped-def]
    """Whether a wallet (its row) is paid by many, and pays many."""
    return wallet[SIGNED_IN] >= BUSY and wallet[OWN_PAYEES] >= BUSY


@njit(cache=True)
def is_more(amount, wei):  # type: ignore[no-untyped-def]
    """Whether an amount is above a number of 64 bits."""
    return amount[0] != 0 or amount[1] != 0 or amount[2] != 0 or amount[3] > np.uint64(wei)
