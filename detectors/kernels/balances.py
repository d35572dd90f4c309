"""What a transfer changes in what both have of its asset: balances as the stream knows them."""

import numpy as np

from detectors.kernels import u256
from detectors.kernels.layout import (
    A_PAYERS,
    EMPTIED,
    EXCEEDED,
    F_NEW_ASSET,
    FORGOTTEN,
    GWEI,
    H_BALANCE,
    H_HELD,
    H_KNOWN,
    H_LARGEST,
    H_PAID,
    KNOWN,
    NONE,
    R_ASSET_PAYERS,
    R_EMPTIED,
    R_FROM_PAID_ASSET,
    R_LENT,
    R_NATIVE_LEFT,
    R_PAID_BACK,
    R_PARTLY,
    R_TO_MATTERS,
    R_TO_PAID_ASSET,
    R_TOKENS_LEFT,
    W_TOKENS_HELD,
    WRAPPING,
)
from detectors.kernels.tables import (
    asset,
    holding,
    known_asset,
    known_holding,
    value,
    word,
)
from detectors.kernels.takings import (
    bites,
    in_use,
    is_emptied,
    is_partly_taken,
    is_usual,
    lent,
)
from detectors.memory.claims import SINCE
from detectors.memory.compiled import njit


@njit(cache=True)
def give(g, rows, i, giver, out):  # type: ignore[no-untyped-def]
    """Takes the amount from the payer's balance as the stream knows it, and notes what that emptied."""
    held, amount = holding(g, rows, i, rows.sender[i]), rows.amount[i]
    balance, largest = word(held, H_BALANCE), word(held, H_LARGEST)
    out[R_FROM_PAID_ASSET] = held[H_PAID]
    loan = np.zeros(4, np.uint64)
    if rows.asset[i] == 0:
        loan = lent(g, rows.sender[i], rows.payee[i], rows.time[i])
        out[R_PAID_BACK] = 1 if u256.compare(amount, loan) <= 0 else 0
        out[R_LENT] = 0 if u256.is_zero(loan) else u256.divided(loan, GWEI)
    taken = bites(held, rows.payee[i], rows.time[i], amount)
    if u256.compare(amount, balance) > 0:
        out[R_EMPTIED] = EXCEEDED if u256.compare(amount, largest) > 0 else 0
        exceed(g, rows, i, held)
        balance[:] = 0
    else:
        left = balance.copy()
        u256.subtract_from(left, amount)
        out[R_EMPTIED] = EMPTIED if is_emptied(held[H_KNOWN], balance, left, taken, loan) else 0
        balance[:] = left
    out[R_PARTLY] = 1 if is_partly_taken(held[H_KNOWN], balance, taken, amount, largest) else 0
    if u256.compare(amount, largest) > 0:
        largest[:] = amount
    out[R_ASSET_PAYERS] = value(known_asset(g, rows.asset[i], rows.time[i]), A_PAYERS)
    kept = hold(held, rows.asset[i], balance, rows.by[i] == rows.sender[i], out)
    if rows.asset[i] != 0:
        giver[W_TOKENS_HELD] += kept
    out[R_TOKENS_LEFT] = giver[W_TOKENS_HELD]
    native = known_holding(g, rows.sender[i], 0, rows.time[i])
    out[R_NATIVE_LEFT] = u256.clipped(word(native, H_BALANCE)) if native.size > 0 else 0
    if rows.direct[i]:
        if held[H_PAID] == 0:
            asset(g, rows, i)[A_PAYERS] += 1
        held[H_PAID] += 1


@njit(cache=True)
def exceed(g, rows, i, held):  # type: ignore[no-untyped-def]
    """More leaves than the stream saw come: there was a balance before. Where part of what came may have been
    dropped this tells nothing of the wallet's origin.
    """
    if held[H_KNOWN] == 0 and not is_all_known(g, rows, i, rows.sender[i], held):
        held[H_KNOWN] = FORGOTTEN
    if held[H_KNOWN] == FORGOTTEN:
        return
    held[H_KNOWN] = NONE
    if rows.asset[i] == 0 and g.older[rows.sender[i]] == NONE:
        g.older[rows.sender[i]] = rows.block[i]


@njit(cache=True)
def hold(held, asset, balance, signed, out):  # type: ignore[no-untyped-def]
    """Notes whether the payer has some left of an asset that is its own: one in use (its token tells no lies)
    that it paid with in a transaction of its own. How many such assets it has more than before: -1, 0 or 1.
    """
    was_held = held[H_HELD]
    if was_held == NONE:
        return 0
    if out[R_EMPTIED] or u256.is_zero(balance):
        held[H_HELD] = 0
    elif signed and in_use(asset, out[R_ASSET_PAYERS]):
        held[H_HELD] = 1
    return held[H_HELD] - was_held


@njit(cache=True)
def take(g, rows, i, taker, out):  # type: ignore[no-untyped-def]
    """Adds the amount to the payee's balance as the stream knows it, and notes whether it matters to it."""
    held = holding(g, rows, i, rows.payee[i])
    out[R_TO_PAID_ASSET] = held[H_PAID]
    if held[H_PAID] > 0:
        out[R_TO_MATTERS] = 1 if u256.at_least(rows.amount[i], 1, word(held, H_LARGEST), 20) else 0
    else:
        usual = is_usual(g, rows.asset[i], rows.magnitude[i], rows.time[i])
        out[R_TO_MATTERS] = 1 if usual else 0
    if held[H_KNOWN] == 0:
        held[H_KNOWN] = KNOWN if is_all_known(g, rows, i, rows.payee[i], held) else FORGOTTEN
        taker.view(np.float64)[F_NEW_ASSET] += 1.0
        if rows.sender[i] == 0 and rows.by[i] == rows.payee[i] and rows.standard[i] != WRAPPING:
            held[H_HELD] = NONE  # a share, a stake: made for it in its own transaction
    u256.add_to(word(held, H_BALANCE), rows.amount[i])


@njit(cache=True)
def is_all_known(g, rows, i, owner, held):  # type: ignore[no-untyped-def]
    """Whether nothing about a holding can have been dropped: its owner or the token appeared since."""
    return g.appeared[owner] >= held[SINCE] or g.appeared[rows.asset[i]] >= held[SINCE]
