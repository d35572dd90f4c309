"""Kernel of the part `holdings`: transfers row by row. Each learns what was known before it, then changes
what both have of its asset, whom they paid, and how large payments of it usually are.
"""

import math

import numpy as np

from detectors.kernels import u256
from detectors.kernels.bites import (
    bites,
    in_use,
    is_busy,
    is_emptied,
    is_funded_well,
    is_more,
    is_partly_taken,
    is_usual,
    lent,
)
from detectors.kernels.holdings import (
    ASSET_SINCE,
    BALANCE,
    BLOCK,
    CAME,
    CAME_TIMES,
    COUNT,
    DIRECT,
    EMPTIED,
    EXCEEDED,
    FORGOTTEN,
    FUNDER,
    FUNDING,
    FUNDING_WEI,
    GWEI,
    HELD,
    KEPT,
    KNOWN,
    KNOWN_HOW,
    LARGEST,
    MEAN,
    NATIVE,
    NONE,
    OF_ASSET,
    OLDER,
    OPENS,
    OWN_PAYEES,
    PAID,
    PAYEE,
    PAYEE_SINCE,
    PAYEES,
    PAYER,
    PAYER_SINCE,
    PAYERS,
    S_AS_MUCH,
    S_ASSET_PAYERS,
    S_EMPTIED,
    S_FROM_FIRST,
    S_FROM_FUNDER,
    S_FROM_PAID,
    S_FUNDED_WELL,
    S_FUNDER_PAYEES,
    S_LENT,
    S_MATTERS,
    S_MET,
    S_NATIVE_LEFT,
    S_NEW_ASSET,
    S_OTHER_PAYEES,
    S_PAID_BACK,
    S_PARTLY,
    S_TO_FIRST,
    S_TO_FUNDER,
    S_TO_PAID,
    S_TOKENS_LEFT,
    S_USUAL,
    SENT,
    SIGNED_IN,
    SIGNER,
    SMALL_WEI,
    SPREAD,
    TIME,
    TOKENS_HELD,
    TRANSFERS,
    USUAL_AFTER,
    USUAL_IN,
    WRAPS,
    claimed,
    known,
)
from detectors.kernels.tables import pair_key, value, word
from detectors.memory.borrowed import borrowed
from detectors.memory.claims import SINCE as KNOWN_SINCE
from detectors.memory.compiled import njit
from detectors.memory.rows import touch
from detectors.memory.rows import value as column


@njit(cache=True)
def log10_of(amount):  # type: ignore[no-untyped-def]
    whole = float(amount[0])
    for limb in range(1, 4):
        whole = whole * 2.0**64 + float(amount[limb])
    return math.log10(max(whole, 1.0))


@njit(cache=True)
def first_of(firsts, who, time, which):  # type: ignore[no-untyped-def]
    """One column of `FIRSTS`; 0 where it is not known."""
    return column(firsts[0], firsts[1], who, time, which)


@njit(cache=True)
def funder_of(firsts, who, time):  # type: ignore[no-untyped-def]
    """Who first sent it native value; 0 where that is not known, or it had money before."""
    return 0 if first_of(firsts, who, time, OLDER) else first_of(firsts, who, time, FUNDER)


@njit(cache=True)
def fund(firsts, wallets, row, amount, out):  # type: ignore[no-untyped-def]
    """Who first funded payer and payee, as known before; then learns the payee's, unless it sent transactions
    before it was sent anything: somebody else paid for these.
    """
    payer, payee, time = row[PAYER], row[PAYEE], row[TIME]
    out[S_FROM_FUNDER], out[S_TO_FUNDER] = funder_of(firsts, payer, time), funder_of(firsts, payee, time)
    out[S_FROM_FIRST] = first_of(firsts, payer, time, FUNDER)
    out[S_TO_FIRST] = first_of(firsts, payee, time, FUNDER)
    if out[S_FROM_FUNDER] != 0:
        out[S_FUNDER_PAYEES] = value(known(wallets, out[S_FROM_FUNDER], time), PAYEES)
    if row[OF_ASSET] != 0 or out[S_TO_FIRST] != 0 or not is_more(amount, FUNDING_WEI):
        return
    if value(known(wallets, payee, time), SENT) == 0:
        at = touch(firsts[0], firsts[1], firsts[2], payee, row[BLOCK], time)
        firsts[0][at + FUNDER], firsts[0][at + FUNDING] = payer, u256.divided(amount, GWEI)


@njit(cache=True)
def is_all_known(since, row, held):  # type: ignore[no-untyped-def]
    """Whether nothing about a holding can have been dropped: its owner or the token appeared since."""
    return since >= held[KNOWN_SINCE] or row[ASSET_SINCE] >= held[KNOWN_SINCE]


@njit(cache=True)
def exceed(firsts, row, held):  # type: ignore[no-untyped-def]
    """More leaves than the stream saw come: there was a balance before. Where part of what came may have been
    dropped this tells nothing of the wallet's origin.
    """
    if held[KNOWN_HOW] == 0 and not is_all_known(row[PAYER_SINCE], row, held):
        held[KNOWN_HOW] = FORGOTTEN
    if held[KNOWN_HOW] == FORGOTTEN:
        return
    held[KNOWN_HOW] = NONE
    if row[OF_ASSET] == 0 and first_of(firsts, row[PAYER], row[TIME], OLDER) == 0:
        at = touch(firsts[0], firsts[1], firsts[2], row[PAYER], row[BLOCK], row[TIME])
        firsts[0][at + OLDER] = 1


@njit(cache=True)
def hold(held, asset, balance, signed, out):  # type: ignore[no-untyped-def]
    """Notes whether the payer has some left of an asset that is its own: one in use (its token tells no lies)
    that it paid with in a transaction of its own. How many such assets it has more than before: -1, 0 or 1.
    """
    was_held = held[HELD]
    if was_held == NONE:
        return 0
    if out[S_EMPTIED] or u256.is_zero(balance):
        held[HELD] = 0
    elif signed and in_use(asset, out[S_ASSET_PAYERS]):
        held[HELD] = 1
    return held[HELD] - was_held


@njit(cache=True)
def give(holdings, pairs, assets, firsts, row, amount, giver, out):  # type: ignore[no-untyped-def]
    """Takes the amount from the payer's balance as the stream knows it, and notes what that emptied."""
    payer, payee, asset, time, block = row[PAYER], row[PAYEE], row[OF_ASSET], row[TIME], row[BLOCK]
    signed = row[SIGNER] == payer
    held = claimed(holdings, pair_key(payer, asset), block, time, row[DIRECT] != 0 or signed)
    balance, largest = word(held, BALANCE), word(held, LARGEST)
    out[S_FROM_PAID] = held[PAID]
    loan = np.zeros(4, np.uint64)
    if asset == 0:
        loan = lent(pairs, payer, payee, time)
        out[S_PAID_BACK] = 1 if u256.compare(amount, loan) <= 0 else 0
        out[S_LENT] = 0 if u256.is_zero(loan) else u256.divided(loan, GWEI)
    taken = bites(held, payee, time, amount)
    if u256.compare(amount, balance) > 0:
        out[S_EMPTIED] = EXCEEDED if u256.compare(amount, largest) > 0 else 0
        exceed(firsts, row, held)
        balance[:] = 0
    else:
        left = balance.copy()
        u256.subtract_from(left, amount)
        out[S_EMPTIED] = EMPTIED if is_emptied(held[KNOWN_HOW], balance, left, taken, loan) else 0
        balance[:] = left
    out[S_PARTLY] = 1 if is_partly_taken(held[KNOWN_HOW], balance, taken, amount, largest) else 0
    if u256.compare(amount, largest) > 0:
        largest[:] = amount
    out[S_ASSET_PAYERS] = value(known(assets, asset, time), PAYERS)
    kept = hold(held, asset, balance, signed, out)
    if asset != 0:
        giver[TOKENS_HELD] += kept
    out[S_TOKENS_LEFT] = giver[TOKENS_HELD]
    native = known(holdings, pair_key(payer, 0), time)
    out[S_NATIVE_LEFT] = u256.clipped(word(native, BALANCE)) if native.size > 0 else 0
    if row[DIRECT] != 0:
        if held[PAID] == 0:
            claimed(assets, asset, block, time, True)[PAYERS] += 1
        held[PAID] += 1


@njit(cache=True)
def take(holdings, assets, row, amount, magnitude, out):  # type: ignore[no-untyped-def]
    """Adds the amount to the payee's balance as the stream knows it, and notes whether it matters to it."""
    payee, asset, time = row[PAYEE], row[OF_ASSET], row[TIME]
    signed = row[DIRECT] != 0 or row[SIGNER] == payee
    held = claimed(holdings, pair_key(payee, asset), row[BLOCK], time, signed)
    out[S_TO_PAID] = held[PAID]
    if held[PAID] > 0:
        out[S_MATTERS] = 1 if u256.at_least(amount, 1, word(held, LARGEST), 20) else 0
    else:
        out[S_MATTERS] = 1 if is_usual(assets, asset, magnitude, time) else 0
    if held[KNOWN_HOW] == 0:
        held[KNOWN_HOW] = KNOWN if is_all_known(row[PAYEE_SINCE], row, held) else FORGOTTEN
        out[S_NEW_ASSET] = 1
        if row[PAYER] == 0 and row[SIGNER] == payee and row[WRAPS] == 0:
            held[HELD] = NONE  # a share, a stake: made for it in its own transaction
    u256.add_to(word(held, BALANCE), amount)


@njit(cache=True)
def come(holdings, row, magnitude, out):  # type: ignore[no-untyped-def]
    """Counts what a wallet that keeps some pays of a token in use by itself."""
    if row[DIRECT] == 0 or out[S_EMPTIED] == EMPTIED or out[S_FROM_FUNDER] == row[PAYEE]:
        return
    if row[OF_ASSET] != 0 and in_use(row[OF_ASSET], out[S_ASSET_PAYERS]):
        key = pair_key(row[PAYEE], row[OF_ASSET])
        claimed(holdings, key, row[BLOCK], row[TIME], True).view(np.float64)[CAME] += 10.0**magnitude


@njit(cache=True)
def sign(row, amount, giver, taker, counts, out):  # type: ignore[no-untyped-def]
    """Counts a payment that the payer's own transaction made. It makes the payer a wallet in use where it
    kept something, as a deposit address never does; it makes the payee a busy place where it is not small,
    and the payer not the payee's own.
    """
    if counts[KEPT] or out[S_EMPTIED] == EMPTIED:
        return
    counts[KEPT] = 1
    giver[OWN_PAYEES] += 1
    if row[DIRECT] == 0 or out[S_FROM_FUNDER] == row[PAYEE]:
        return
    if row[OF_ASSET] != 0:
        taker[SIGNED_IN] += 1 if in_use(row[OF_ASSET], out[S_ASSET_PAYERS]) else 0
    elif is_more(amount, SMALL_WEI):
        taker[SIGNED_IN] += 1
        taker[USUAL_IN] = min(taker[USUAL_IN] + u256.divided(amount, GWEI), 1 << 62)


@njit(cache=True)
def unusual(assets, row, magnitude):  # type: ignore[no-untyped-def]
    """How many spreads the amount lies from the asset's usual one (0 for its first few), then learns it."""
    known_of = claimed(assets, row[OF_ASSET], row[BLOCK], row[TIME], row[DIRECT] != 0)
    floats, count = known_of.view(np.float64), known_of[TRANSFERS]
    mean, spread = floats[MEAN], floats[SPREAD]
    distance = 0.0
    if count >= USUAL_AFTER:
        distance = min(abs(magnitude - mean) / max(math.sqrt(spread / count), 0.25), 20.0)
    known_of[TRANSFERS] = count + 1
    step = magnitude - mean
    floats[MEAN] = mean + step / (count + 1)
    floats[SPREAD] = spread + step * (magnitude - floats[MEAN])
    return distance


@njit(cache=True)
def busy(holdings, row, amount, magnitude, taker, out):  # type: ignore[no-untyped-def]
    """What a busy payee was paid so far, and whether as much of the asset is nothing new to it: it pays as
    much itself, or others paid it more.
    """
    out[S_USUAL] = taker[USUAL_IN]
    as_much, money = u256.is_zero(amount), known(holdings, pair_key(row[PAYEE], row[OF_ASSET]), row[TIME])
    if money.size > 0:
        as_much = u256.compare(word(money, LARGEST), amount) >= 0
        as_much = as_much or money.view(np.float64)[CAME] >= CAME_TIMES * 10.0**magnitude
    out[S_AS_MUCH] = 1 if as_much else 0


@njit(cache=True)
def wallet_of(wallets, row, who):  # type: ignore[no-untyped-def]
    """The row of a party of a transfer."""
    signed = row[DIRECT] != 0 or row[SIGNER] == who
    return claimed(wallets, who, row[BLOCK], row[TIME], signed)


@njit(cache=True)
def know_before(wallets, holdings, pairs, assets, firsts, rows, amounts, out, distances):  # type: ignore[no-untyped-def]
    """rows: int64 [n, `ROW`]; amounts: uint64 [n, 4]; out: int64 [n, `SAID`], zeroed; distances: float64 [n],
    zeroed: how unusual each amount is. Room for every insertion is reserved already.
    """
    wallets, holdings, pairs = borrowed(wallets), borrowed(holdings), borrowed(pairs)
    assets, firsts = borrowed(assets), borrowed(firsts)
    for i in range(rows.shape[0]):
        row, amount, said = rows[i], amounts[i], out[i]
        payer, payee, time = row[PAYER], row[PAYEE], row[TIME]
        if row[OPENS]:
            claimed(wallets, row[SIGNER], row[BLOCK], time, True)[SENT] += 1
        fund(firsts, wallets, row, amount, said)
        nothing = u256.is_zero(amount)
        if nothing or payer == payee:
            if payer != payee:  # anyone can emit one: it teaches nothing
                said[S_FROM_PAID] = value(known(holdings, pair_key(payer, row[OF_ASSET]), time), PAID)
                said[S_TO_PAID] = value(known(holdings, pair_key(payee, row[OF_ASSET]), time), PAID)
            continue
        magnitude = log10_of(amount)
        giver, taker = rows[i, :0], rows[i, :0]
        if payer != 0:
            giver = wallet_of(wallets, row, payer)
        if payee != 0:
            taker = wallet_of(wallets, row, payee)
        is_met = payer != 0 and payee != 0
        if is_met and is_busy(taker):
            busy(holdings, row, amount, magnitude, taker, said)
        if payer != 0:
            give(holdings, pairs, assets, firsts, row, amount, giver, said)
        if is_met and said[S_FROM_FUNDER] != 0:
            said[S_FROM_FUNDER] = funder_of(firsts, payer, time)  # more than ever came may have left now
            if said[S_FROM_FUNDER] != 0 and (said[S_EMPTIED] or said[S_PARTLY]):
                funder, funding = said[S_FROM_FUNDER], first_of(firsts, payer, time, FUNDING)
                well = is_funded_well(holdings, pairs, funder, funding, payer, time)
                said[S_FUNDED_WELL] = 1 if well else 0
        if payee != 0:
            take(holdings, assets, row, amount, magnitude, said)
        if is_met:
            counts = claimed(pairs, pair_key(payer, payee), row[BLOCK], time, row[DIRECT] != 0)
            said[S_MET] = counts[COUNT]
            giver[PAYEES] += 1 if counts[COUNT] == 0 else 0
            counts[COUNT] += 1
            said[S_OTHER_PAYEES] = giver[OWN_PAYEES] - counts[KEPT]
            if row[SIGNER] == payer:
                sign(row, amount, giver, taker, counts, said)
                come(holdings, row, magnitude, said)
            if row[OF_ASSET] == 0:
                u256.add_to(word(counts, NATIVE), amount)
            distances[i] = unusual(assets, row, magnitude)
