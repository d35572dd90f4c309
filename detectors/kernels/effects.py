"""What one transfer changes: balances, counts and rates of both wallets, and an edge of the graph."""

import math

import numpy as np

from detectors.kernels import u256
from detectors.kernels.compiled import njit
from detectors.kernels.layout import (
    A_COUNT,
    A_MEAN,
    A_PAYERS,
    A_SPREAD,
    E_ASSET,
    E_BLOCK,
    E_DEPTH,
    E_FROM,
    E_IN_LOG,
    E_LOG,
    E_ORIGIN,
    E_PARENT,
    E_PREV_IN,
    E_PREV_OUT,
    E_STANDARD,
    E_TIME,
    E_TO,
    EMPTIED,
    EXCEEDED,
    F_AMOUNT,
    F_IN_FAST,
    F_IN_SLOW,
    F_NEW_ASSET,
    F_NEW_IN,
    F_NEW_OUT,
    F_OUT_FAST,
    F_OUT_SLOW,
    FAST_SECONDS,
    FUNDING_WEI,
    GWEI,
    H_HELD,
    H_KNOWN,
    H_PAID,
    NONE,
    P_BY_PAYER,
    P_COUNT,
    P_KEPT,
    R_ASSET_PAYERS,
    R_BACK_PAIR,
    R_EMPTIED,
    R_FROM_DISTINCT_IN,
    R_FROM_DISTINCT_OUT,
    R_FROM_FIRST_PAYER,
    R_FROM_FUNDER,
    R_FROM_OTHER_PAYEES,
    R_FROM_OUTS,
    R_FROM_PAID_ASSET,
    R_FUNDER_PAYEES,
    R_LENT,
    R_NATIVE_LEFT,
    R_PAID_BACK,
    R_PAIR,
    R_PAIR_BY_PAYER,
    R_PARTLY,
    R_TO_DISTINCT_IN,
    R_TO_DISTINCT_OUT,
    R_TO_FIRST_PAYER,
    R_TO_FIRST_TIME,
    R_TO_FUNDER,
    R_TO_MATTERS,
    R_TO_PAID_AS_MUCH,
    R_TO_PAID_ASSET,
    R_TO_SIGNED_IN,
    R_TO_USUAL,
    R_TOKENS_LEFT,
    SLOW_SECONDS,
    USUAL_AFTER,
    W_DISTINCT_IN,
    W_DISTINCT_OUT,
    W_FIRST_TIME,
    W_HEAD_IN,
    W_HEAD_OUT,
    W_INS,
    W_LAST_TIME,
    W_OUTS,
    W_OWN_PAYEES,
    W_SENT,
    W_SIGNED_IN,
    W_TOKENS_HELD,
    W_USUAL_IN,
    WALLET_FLOATS,
    WRAPPING,
)
from detectors.kernels.table import look, look_amount, touch
from detectors.kernels.takings import (
    bites,
    in_use,
    is_busy,
    is_emptied,
    is_more,
    is_partly_taken,
    is_usual,
    lent,
    pair_key,
    sign,
    words_of,
)


@njit(cache=True)
def wallet_row(g, wallet, time):  # type: ignore[no-untyped-def]
    row = touch(g.wallets, g.old_wallets, wallet)
    ints = g.wallets.ints[row]
    if ints[W_FIRST_TIME] == 0:
        ints[W_FIRST_TIME] = max(time, 1)
        ints[W_LAST_TIME] = time
        ints[W_HEAD_IN] = NONE
        ints[W_HEAD_OUT] = NONE
    elapsed = float(time - ints[W_LAST_TIME])
    if elapsed > 0.0:
        fast, slow = math.exp(-elapsed / FAST_SECONDS), math.exp(-elapsed / SLOW_SECONDS)
        for column in range(WALLET_FLOATS):
            g.wallets.floats[row, column] *= fast if column <= F_IN_FAST else slow
        ints[W_LAST_TIME] = time
    return row


@njit(cache=True)
def before(g, rows, i, source, payee, out):  # type: ignore[no-untyped-def]
    """What was known of both wallets before this transfer."""
    giver, taker = g.wallets.ints[source], g.wallets.ints[payee]
    out[R_FROM_OUTS] = giver[W_OUTS]
    out[R_FROM_DISTINCT_OUT], out[R_FROM_DISTINCT_IN] = giver[W_DISTINCT_OUT], giver[W_DISTINCT_IN]
    out[R_TO_DISTINCT_OUT], out[R_TO_DISTINCT_IN] = taker[W_DISTINCT_OUT], taker[W_DISTINCT_IN]
    out[R_TO_FIRST_TIME] = taker[W_FIRST_TIME]
    out[R_BACK_PAIR] = look(g.pairs, g.old_pairs, pair_key(rows.payee[i], rows.sender[i]), P_COUNT)
    out[R_TO_SIGNED_IN] = taker[W_SIGNED_IN]
    if is_busy(taker):
        money = words_of(g.holdings, g.old_holdings, pair_key(rows.payee[i], rows.asset[i]))
        out[R_TO_USUAL] = taker[W_USUAL_IN]
        out[R_TO_PAID_AS_MUCH] = 1 if u256.compare(money[4:8], rows.amount[i]) >= 0 else 0


@njit(cache=True)
def give(g, rows, i, source, out):  # type: ignore[no-untyped-def]
    """Takes the amount from the payer's balance as the stream knows it, and notes what that emptied."""
    held = touch(g.holdings, g.old_holdings, pair_key(rows.sender[i], rows.asset[i]))
    ints, words, amount = g.holdings.ints[held], g.holdings.words[held], rows.amount[i]
    balance, largest = words[:4], words[4:8]
    out[R_FROM_PAID_ASSET] = ints[H_PAID]
    loan = np.zeros(4, np.uint64)
    if rows.asset[i] == 0:
        loan = lent(g.pairs, g.old_pairs, rows.sender[i], rows.payee[i])
        out[R_PAID_BACK] = 1 if u256.compare(amount, loan) <= 0 else 0
        out[R_LENT] = 0 if u256.is_zero(loan) else u256.divided(loan, GWEI)
    taken = bites(ints, words[8:], rows.payee[i], rows.time[i], amount)
    if u256.compare(amount, balance) > 0:
        out[R_EMPTIED] = EXCEEDED if u256.compare(amount, largest) > 0 else 0
        ints[H_KNOWN] = NONE
        balance[:] = 0
    else:
        left = balance.copy()
        u256.subtract_from(left, amount)
        out[R_EMPTIED] = EMPTIED if is_emptied(ints[H_KNOWN], balance, left, taken, loan) else 0
        balance[:] = left
    out[R_PARTLY] = 1 if is_partly_taken(ints[H_KNOWN], balance, taken, amount, largest) else 0
    if u256.compare(amount, largest) > 0:
        largest[:] = amount
    out[R_ASSET_PAYERS] = look(g.assets, g.old_assets, rows.asset[i], A_PAYERS)
    kept = hold(ints, rows.asset[i], balance, rows.by[i] == rows.sender[i], out)
    if rows.asset[i] != 0:
        g.wallets.ints[source, W_TOKENS_HELD] += kept
    out[R_TOKENS_LEFT] = g.wallets.ints[source, W_TOKENS_HELD]
    out[R_NATIVE_LEFT] = look_amount(g.holdings, g.old_holdings, pair_key(rows.sender[i], 0))
    if rows.direct[i]:
        if ints[H_PAID] == 0:
            asset = touch(g.assets, g.old_assets, rows.asset[i])
            g.assets.ints[asset, A_PAYERS] += 1
        ints[H_PAID] += 1


@njit(cache=True)
def hold(ints, asset, balance, signed, out):  # type: ignore[no-untyped-def]
    """Notes whether the payer has some left of an asset that is its own: one in use (its token tells no lies)
    that it paid with in a transaction of its own. How many such assets it has more than before: -1, 0 or 1.
    """
    was_held = ints[H_HELD]
    if was_held == NONE:
        return 0
    if out[R_EMPTIED] or u256.is_zero(balance):
        ints[H_HELD] = 0
    elif signed and in_use(asset, out[R_ASSET_PAYERS]):
        ints[H_HELD] = 1
    return ints[H_HELD] - was_held


@njit(cache=True)
def take(g, rows, i, payee, out):  # type: ignore[no-untyped-def]
    """Adds the amount to the payee's balance as the stream knows it, and notes whether it matters to it."""
    held = touch(g.holdings, g.old_holdings, pair_key(rows.payee[i], rows.asset[i]))
    ints, largest = g.holdings.ints[held], g.holdings.words[held, 4:8]
    out[R_TO_PAID_ASSET] = ints[H_PAID]
    if ints[H_PAID] > 0:
        out[R_TO_MATTERS] = 1 if u256.at_least(rows.amount[i], 1, largest, 20) else 0
    else:
        usual = is_usual(g.assets, g.old_assets, rows.asset[i], rows.magnitude[i])
        out[R_TO_MATTERS] = 1 if usual else 0
    if ints[H_KNOWN] == 0:
        ints[H_KNOWN] = 1
        g.wallets.floats[payee, F_NEW_ASSET] += 1.0
        if rows.sender[i] == 0 and rows.by[i] == rows.payee[i] and rows.standard[i] != WRAPPING:
            ints[H_HELD] = NONE  # a share, a stake: made for it in its own transaction
    u256.add_to(g.holdings.words[held, :4], rows.amount[i])


@njit(cache=True)
def unusual(g, asset, magnitude):  # type: ignore[no-untyped-def]
    """How many spreads the amount lies from the asset's usual one (0 for its first few), then learns it."""
    row = touch(g.assets, g.old_assets, asset)
    count = g.assets.ints[row, A_COUNT]
    mean, spread = g.assets.floats[row, A_MEAN], g.assets.floats[row, A_SPREAD]
    distance = 0.0
    if count >= USUAL_AFTER:
        distance = min(abs(magnitude - mean) / max(math.sqrt(spread / count), 0.25), 20.0)
    g.assets.ints[row, A_COUNT] = count + 1
    step = magnitude - mean
    g.assets.floats[row, A_MEAN] = mean + step / (count + 1)
    g.assets.floats[row, A_SPREAD] = spread + step * (magnitude - g.assets.floats[row, A_MEAN])
    return distance


@njit(cache=True)
def meet(g, rows, i, source, payee, out):  # type: ignore[no-untyped-def]
    """Counts the pair, the distinct counterparties and the decaying rates of both wallets. Payments that the
    payer signed himself are counted apart: anybody's token can tell of others in his name.
    """
    pair = touch(g.pairs, g.old_pairs, pair_key(rows.sender[i], rows.payee[i]))
    counts = g.pairs.ints[pair]
    out[R_PAIR], out[R_PAIR_BY_PAYER] = counts[P_COUNT], counts[P_BY_PAYER]
    giver, taker = g.wallets.floats[source], g.wallets.floats[payee]
    if counts[P_COUNT] == 0:
        g.wallets.ints[source, W_DISTINCT_OUT] += 1
        g.wallets.ints[payee, W_DISTINCT_IN] += 1
        giver[F_NEW_OUT] += 1.0
        taker[F_NEW_IN] += 1.0
    counts[P_COUNT] += 1
    out[R_FROM_OTHER_PAYEES] = g.wallets.ints[source, W_OWN_PAYEES] - counts[P_KEPT]
    if rows.by[i] == rows.sender[i]:
        ints = g.wallets.ints
        sign(
            rows.asset[i],
            rows.amount[i],
            rows.payee[i],
            rows.direct[i],
            ints[source],
            ints[payee],
            counts,
            out,
        )
    if rows.asset[i] == 0:
        u256.add_to(g.pairs.words[pair], rows.amount[i])
    giver[F_OUT_FAST] += 1.0
    giver[F_OUT_SLOW] += 1.0
    taker[F_IN_FAST] += 1.0
    taker[F_IN_SLOW] += 1.0
    g.wallets.ints[source, W_OUTS] += 1
    g.wallets.ints[payee, W_INS] += 1
    distance = unusual(g, rows.asset[i], rows.magnitude[i])
    giver[F_AMOUNT] = max(giver[F_AMOUNT], distance)


@njit(cache=True)
def join(g, rows, i, source, payee, parent, depth, origin):  # type: ignore[no-untyped-def]
    """Writes the edge into the ring and links it to both wallets."""
    number = g.next_edge[0]
    slot = number % g.edges.shape[0]
    edge = g.edges[slot]
    edge[E_TIME], edge[E_BLOCK], edge[E_LOG] = rows.time[i], rows.block[i], rows.log_index[i]
    edge[E_IN_LOG], edge[E_STANDARD] = rows.index_in_log[i], rows.standard[i]
    edge[E_FROM], edge[E_TO], edge[E_ASSET] = rows.sender[i], rows.payee[i], rows.asset[i]
    edge[E_PREV_OUT] = g.wallets.ints[source, W_HEAD_OUT]
    edge[E_PREV_IN] = g.wallets.ints[payee, W_HEAD_IN]
    edge[E_PARENT], edge[E_DEPTH], edge[E_ORIGIN] = parent, depth, origin
    g.amounts[slot] = rows.amount[i]
    g.hashes[slot] = rows.hash[i]
    g.wallets.ints[source, W_HEAD_OUT] = number
    g.wallets.ints[payee, W_HEAD_IN] = number
    g.next_edge[0] = number + 1


@njit(cache=True)
def funder_of(g, wallet):  # type: ignore[no-untyped-def]
    """Who first sent it native value, or NONE: also where it paid out more than the stream saw come in. Then
    it had money before, and whoever sent the first we know of need not have funded it.
    """
    if look(g.holdings, g.old_holdings, pair_key(wallet, 0), H_KNOWN) == NONE:
        return NONE
    return g.funder[wallet]


@njit(cache=True)
def funders(g, rows, i, out):  # type: ignore[no-untyped-def]
    """Who first funded payer and payee, as known before; then learns the payee's, unless it sent transactions
    before it was sent anything: somebody else paid for these.
    """
    out[R_FROM_FUNDER], out[R_TO_FUNDER] = funder_of(g, rows.sender[i]), funder_of(g, rows.payee[i])
    out[R_FROM_FIRST_PAYER], out[R_TO_FIRST_PAYER] = g.funder[rows.sender[i]], g.funder[rows.payee[i]]
    if out[R_FROM_FUNDER] != NONE:
        out[R_FUNDER_PAYEES] = look(g.wallets, g.old_wallets, out[R_FROM_FUNDER], W_DISTINCT_OUT)
    is_first = g.funder[rows.payee[i]] == NONE and look(g.wallets, g.old_wallets, rows.payee[i], W_SENT) == 0
    if rows.asset[i] == 0 and is_first and is_more(rows.amount[i], FUNDING_WEI):
        g.funder[rows.payee[i]] = rows.sender[i]
        g.funded[rows.payee[i]] = rows.block[i]
        g.funding[rows.payee[i]] = u256.divided(rows.amount[i], GWEI)


@njit(cache=True)
def quiet(g, rows, i, out):  # type: ignore[no-untyped-def]
    """A transfer of nothing moves nothing and teaches nothing (anyone can emit one); only what was known
    before is noted.
    """
    key = pair_key(rows.sender[i], rows.payee[i])
    out[R_PAIR] = look(g.pairs, g.old_pairs, key, P_COUNT)
    out[R_PAIR_BY_PAYER] = look(g.pairs, g.old_pairs, key, P_BY_PAYER)
    out[R_FROM_PAID_ASSET] = look(g.holdings, g.old_holdings, pair_key(rows.sender[i], rows.asset[i]), H_PAID)
    out[R_TO_PAID_ASSET] = look(g.holdings, g.old_holdings, pair_key(rows.payee[i], rows.asset[i]), H_PAID)
