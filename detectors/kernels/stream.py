"""The rolling transfer graph, row by row: each transfer learns what was known before it, then joins the
graph.
"""

import math

import numpy as np
from numba import njit

from detectors.kernels import u256
from detectors.kernels.layout import (
    A_MEAN,
    A_SPREAD,
    E_ASSET,
    E_BLOCK,
    E_DEPTH,
    E_FROM,
    E_LOG,
    E_ORIGIN,
    E_PARENT,
    E_PREV_IN,
    E_PREV_OUT,
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
    H_HELD,
    H_KNOWN,
    H_PAID,
    NONE,
    P_BY_PAYER,
    P_COUNT,
    R_BACK_PAIR,
    R_CAPPED,
    R_DEPTH,
    R_EMPTIED,
    R_FROM_DISTINCT_IN,
    R_FROM_DISTINCT_OUT,
    R_FROM_FUNDER,
    R_FROM_OUTS,
    R_FROM_PAID_ASSET,
    R_FUNDER_PAYEES,
    R_GATHERED,
    R_ORIGIN,
    R_PAIR,
    R_PAIR_BY_PAYER,
    R_TO_DISTINCT_IN,
    R_TO_DISTINCT_OUT,
    R_TO_FIRST_TIME,
    R_TO_FUNDER,
    R_TO_PAID_ASSET,
    R_TOKENS_LEFT,
    SLOW_SECONDS,
    USUAL_AFTER,
    W_BLOCK,
    W_DISTINCT_IN,
    W_DISTINCT_OUT,
    W_FIRST_TIME,
    W_HEAD_IN,
    W_HEAD_OUT,
    W_INS,
    W_LAST_TIME,
    W_OUTS,
    W_SENT,
    W_TOKENS_HELD,
    WALLET_FLOATS,
)
from detectors.kernels.table import look, touch
from detectors.kernels.walks import alive, at, gather, is_hub, known_hub, pass_through


@njit(cache=True)
def pair_key(left, right):  # type: ignore[no-untyped-def]
    return (left << 32) | right


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


@njit(cache=True)
def give(g, rows, i, source, out):  # type: ignore[no-untyped-def]
    """Takes the amount from the payer's balance as the stream knows it, and notes what that emptied."""
    held = touch(g.holdings, g.old_holdings, pair_key(rows.sender[i], rows.asset[i]))
    ints, balance, largest = g.holdings.ints[held], g.holdings.words[held, :4], g.holdings.words[held, 4:]
    out[R_FROM_PAID_ASSET] = ints[H_PAID]
    if u256.compare(rows.amount[i], balance) > 0:
        out[R_EMPTIED] = EXCEEDED if u256.compare(rows.amount[i], largest) > 0 else 0
        ints[H_KNOWN] = NONE
        balance[:] = 0
    else:
        left = balance.copy()
        u256.subtract_from(left, rows.amount[i])
        out[R_EMPTIED] = EMPTIED if ints[H_KNOWN] == 1 and u256.at_least(balance, 20, left, 1) else 0
        balance[:] = left
    if u256.compare(rows.amount[i], largest) > 0:
        largest[:] = rows.amount[i]
    if ints[H_HELD] and out[R_EMPTIED]:
        ints[H_HELD] = 0
        g.wallets.ints[source, W_TOKENS_HELD] -= 1 if rows.asset[i] != 0 else 0
    out[R_TOKENS_LEFT] = g.wallets.ints[source, W_TOKENS_HELD]
    if rows.by[i] == rows.sender[i]:
        ints[H_PAID] += 1


@njit(cache=True)
def take(g, rows, i, payee, out):  # type: ignore[no-untyped-def]
    """Adds the amount to the payee's balance as the stream knows it."""
    held = touch(g.holdings, g.old_holdings, pair_key(rows.payee[i], rows.asset[i]))
    ints = g.holdings.ints[held]
    out[R_TO_PAID_ASSET] = ints[H_PAID]
    if ints[H_KNOWN] == 0:
        ints[H_KNOWN] = 1
        g.wallets.floats[payee, F_NEW_ASSET] += 1.0
    if not ints[H_HELD]:
        ints[H_HELD] = 1
        g.wallets.ints[payee, W_TOKENS_HELD] += 1 if rows.asset[i] != 0 else 0
    u256.add_to(g.holdings.words[held, :4], rows.amount[i])


@njit(cache=True)
def unusual(g, asset, magnitude):  # type: ignore[no-untyped-def]
    """How many spreads the amount lies from the asset's usual one (0 for its first few), then learns it."""
    row = touch(g.assets, g.old_assets, asset)
    count = g.assets.ints[row, 0]
    mean, spread = g.assets.floats[row, A_MEAN], g.assets.floats[row, A_SPREAD]
    distance = 0.0
    if count >= USUAL_AFTER:
        distance = min(abs(magnitude - mean) / max(math.sqrt(spread / count), 0.25), 20.0)
    g.assets.ints[row, 0] = count + 1
    step = magnitude - mean
    g.assets.floats[row, A_MEAN] = mean + step / (count + 1)
    g.assets.floats[row, A_SPREAD] = spread + step * (magnitude - g.assets.floats[row, A_MEAN])
    return distance


@njit(cache=True)
def meet(g, rows, i, source, payee, out):  # type: ignore[no-untyped-def]
    """Counts the pair, the distinct counterparties and the decaying rates of both wallets."""
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
    if rows.by[i] == rows.sender[i]:
        counts[P_BY_PAYER] += 1
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
def write_trail(g, row, edge, trail, used):  # type: ignore[no-untyped-def]
    """Copies one edge of a trail out, as [row, edge]; returns how many are used."""
    if alive(g, edge):
        slot = edge % g.edges.shape[0]
        trail.row[used] = row
        trail.edges[used] = g.edges[slot]
        trail.amounts[used] = g.amounts[slot]
        trail.hashes[used] = g.hashes[slot]
        return used + 1
    return used


@njit(cache=True)
def trails(g, i, edge, payee_head, since, source, rows, limits, out, trail, found):  # type: ignore[no-untyped-def]
    """Copies out the trail behind a passed-on payment: its hops, and the wallets that gathered with it."""
    gathered = gather(g, payee_head, source, rows.asset[i], since, limits.steps, found)
    out[R_GATHERED] = gathered
    used = trail.used[0]
    if gathered >= limits.gather_wallets:
        for j in range(gathered):
            used = write_trail(g, i, at(g, found[j])[E_PARENT], trail, used)
            used = write_trail(g, i, found[j], trail, used)
    if out[R_DEPTH] >= limits.trail_depth:
        steps = 0
        while alive(g, edge) and steps < limits.steps:
            used = write_trail(g, i, edge, trail, used)
            edge = at(g, edge)[E_PARENT]
            steps += 1
    trail.used[0] = used


@njit(cache=True)
def transfer(g, rows, i, limits, out, trail, walk, found):  # type: ignore[no-untyped-def]
    """One transfer of value between two wallets: what was known, what it passes on, and its place in the
    graph.
    """
    source, payee = wallet_row(g, rows.sender[i], rows.time[i]), wallet_row(g, rows.payee[i], rows.time[i])
    before(g, rows, i, source, payee, out)
    parent = pass_through(g, rows, i, source, limits, walk)
    out[R_CAPPED] = walk[2]
    depth, origin = 0, rows.payee[i]
    if rows.direct[i] and not is_hub(g.wallets.ints[source]):
        origin = rows.sender[i]
    if is_hub(g.wallets.ints[payee]):
        parent = NONE
    if parent != NONE:
        depth, origin = at(g, parent)[E_DEPTH] + 1, at(g, parent)[E_ORIGIN]
    out[R_DEPTH], out[R_ORIGIN] = depth, origin
    give(g, rows, i, source, out)
    take(g, rows, i, payee, out)
    meet(g, rows, i, source, payee, out)
    join(g, rows, i, source, payee, parent, depth, origin)
    if depth > 0:
        since = rows.time[i] - limits.pass_seconds
        # Customers of one exchange who pay the same shop gather nothing: money from a hub has no source.
        first = NONE if known_hub(g, at(g, parent)[E_FROM]) else at(g, parent)[E_FROM]
        trails(
            g,
            i,
            g.next_edge[0] - 1,
            g.wallets.ints[payee, W_HEAD_IN],
            since,
            first,
            rows,
            limits,
            out,
            trail,
            found,
        )


@njit(cache=True)
def funders(g, rows, i, out):  # type: ignore[no-untyped-def]
    """Who first sent native value to payer and payee, as known before; then learns the payee's."""
    out[R_FROM_FUNDER], out[R_TO_FUNDER] = g.funder[rows.sender[i]], g.funder[rows.payee[i]]
    if out[R_FROM_FUNDER] != NONE:
        out[R_FUNDER_PAYEES] = look(g.wallets, g.old_wallets, out[R_FROM_FUNDER], W_DISTINCT_OUT)
    if rows.asset[i] == 0 and out[R_TO_FUNDER] == NONE and not u256.is_zero(rows.amount[i]):
        g.funder[rows.payee[i]] = rows.sender[i]
        g.funded[rows.payee[i]] = rows.block[i]


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


@njit(cache=True)
def mark(g, wallet, block, time, open_wallets, count):  # type: ignore[no-untyped-def]
    """Remembers that a block touched a wallet; returns how many it touched so far."""
    row = wallet_row(g, wallet, time)
    if g.wallets.ints[row, W_BLOCK] != block + 1:
        g.wallets.ints[row, W_BLOCK] = block + 1
        open_wallets[count] = wallet
        return count + 1
    return count


@njit(cache=True)
def close_block(g, rows, i, open_wallets, count, touched):  # type: ignore[no-untyped-def]
    """Writes the features of every wallet that the block touched and that is known to send transactions of
    its own.
    """
    for j in range(count):
        row = wallet_row(g, open_wallets[j], rows.time[i])
        if g.wallets.ints[row, W_SENT] == 0:
            continue
        used = touched.used[0]
        touched.wallet[used], touched.block[used], touched.time[used] = (
            open_wallets[j],
            rows.block[i],
            rows.time[i],
        )
        ints = g.wallets.ints[row]
        touched.standing[used, 0] = ints[W_FIRST_TIME]
        touched.standing[used, 1], touched.standing[used, 2] = ints[W_DISTINCT_IN], ints[W_DISTINCT_OUT]
        rates, features = g.wallets.floats[row], touched.features[used]
        for column in range(F_AMOUNT):
            features[column] = math.log1p(rates[column])
        features[F_AMOUNT] = rates[F_AMOUNT]
        features[F_AMOUNT + 1] = math.log((rates[F_OUT_SLOW] + 1.0) / (rates[F_IN_SLOW] + 1.0))
        features[F_AMOUNT + 2] = min(rates[F_NEW_OUT] / (rates[F_OUT_SLOW] + 1.0), 1.0)
        touched.used[0] = used + 1


@njit(cache=True)
def run(g, rows, limits, out, trail, touched):  # type: ignore[no-untyped-def]
    """Streams all rows through the graph. out: int64 [rows, ROW_INTS], zeroed. Room for every insertion is
    reserved already.
    """
    walk, found = np.zeros(3, np.int64), np.zeros(32, np.int64)
    open_wallets, count = np.zeros(3 * rows.block.size + 1, np.int64), 0
    for i in range(rows.block.size):
        if rows.opens[i]:
            g.wallets.ints[wallet_row(g, rows.by[i], rows.time[i]), W_SENT] += 1
            count = mark(g, rows.by[i], rows.block[i], rows.time[i], open_wallets, count)
        funders(g, rows, i, out[i])
        worth = not u256.is_zero(rows.amount[i])
        if worth and rows.sender[i] != 0 and rows.payee[i] != 0 and rows.sender[i] != rows.payee[i]:
            transfer(g, rows, i, limits, out[i], trail, walk, found)
            count = mark(g, rows.sender[i], rows.block[i], rows.time[i], open_wallets, count)
            count = mark(g, rows.payee[i], rows.block[i], rows.time[i], open_wallets, count)
        elif worth and rows.sender[i] == 0 and rows.payee[i] != 0:
            take(g, rows, i, wallet_row(g, rows.payee[i], rows.time[i]), out[i])
        elif worth and rows.payee[i] == 0 and rows.sender[i] != 0:
            give(g, rows, i, wallet_row(g, rows.sender[i], rows.time[i]), out[i])
        elif rows.sender[i] != rows.payee[i]:
            quiet(g, rows, i, out[i])
        if rows.closes[i]:
            close_block(g, rows, i, open_wallets, count, touched)
            count = 0
