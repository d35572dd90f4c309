"""The rolling transfer graph, row by row: each transfer learns what was known before it, then joins the
graph.
"""

import math

import numpy as np

from detectors.kernels import u256
from detectors.kernels.balances import give, take
from detectors.kernels.effects import before, funder_of, funders, join, meet, quiet, wallet_row
from detectors.kernels.layout import (
    E_DEPTH,
    E_ORIGIN,
    E_PARENT,
    F_AMOUNT,
    F_IN_SLOW,
    F_NEW_OUT,
    F_OUT_FAST,
    F_OUT_SLOW,
    NONE,
    R_CAPPED,
    R_DEPTH,
    R_EMPTIED,
    R_FROM_FUNDER,
    R_FUNDED_WELL,
    R_GATHERED,
    R_ORIGIN,
    R_PARTLY,
    W_BLOCK,
    W_DISTINCT_IN,
    W_DISTINCT_OUT,
    W_FIRST_TIME,
    W_HEAD_IN,
    W_SENT,
)
from detectors.kernels.tables import known_wallet
from detectors.kernels.takings import is_funded_well
from detectors.kernels.walks import alive, gather, is_hub, pass_through, source_of
from detectors.memory.borrowed import borrowed
from detectors.memory.compiled import njit


@njit(cache=True)
def write_trail(g, row, edge, time, trail, used):  # type: ignore[no-untyped-def]
    """Copies one edge of a trail out, as [row, edge]; returns how many are used."""
    if alive(g, edge, time):
        trail.row[used] = row
        trail.edges[used] = g.edges[edge]
        return used + 1
    return used


@njit(cache=True)
def trails(g, rows, i, edge, payee_head, source, limits, out, trail, found):  # type: ignore[no-untyped-def]
    """Copies out the trail behind a passed-on payment: its hops, and the wallets that gathered with it."""
    time = rows.time[i]
    since = time - limits.pass_seconds
    gathered = gather(g, payee_head, source, rows.asset[i], rows.amount[i], since, time, limits.steps, found)
    out[R_GATHERED] = gathered
    used = trail.used[0]
    if gathered >= limits.gather_wallets:
        for j in range(gathered):
            used = write_trail(g, i, g.edges[found[j], E_PARENT], time, trail, used)
            used = write_trail(g, i, found[j], time, trail, used)
    if out[R_DEPTH] >= limits.trail_depth:
        steps = 0
        while alive(g, edge, time) and steps < limits.steps:
            used = write_trail(g, i, edge, time, trail, used)
            edge = g.edges[edge, E_PARENT]
            steps += 1
    trail.used[0] = used


@njit(cache=True)
def transfer(g, rows, i, limits, out, trail, walk, found):  # type: ignore[no-untyped-def]
    """One transfer of value between two wallets: what was known, what it passes on, and its place in the
    graph.
    """
    giver, taker = wallet_row(g, rows, i, rows.sender[i]), wallet_row(g, rows, i, rows.payee[i])
    before(g, rows, i, giver, taker, out)
    parent = pass_through(g, rows, i, giver, limits, walk)
    out[R_CAPPED] = walk[2]
    depth, origin = 0, rows.payee[i]
    if rows.direct[i] and not is_hub(giver):
        origin = rows.sender[i]
    if is_hub(taker):
        parent = NONE
    if parent != NONE:
        depth, origin = g.edges[parent, E_DEPTH] + 1, g.edges[parent, E_ORIGIN]
    out[R_DEPTH], out[R_ORIGIN] = depth, origin
    give(g, rows, i, giver, out)
    if out[R_FROM_FUNDER] != NONE:
        out[R_FROM_FUNDER] = funder_of(g, rows.sender[i])  # this very payment may be more than ever came
    if out[R_FROM_FUNDER] != NONE and (out[R_EMPTIED] or out[R_PARTLY]):
        out[R_FUNDED_WELL] = 1 if is_funded_well(g, rows.sender[i], rows.time[i]) else 0
    take(g, rows, i, taker, out)
    meet(g, rows, i, giver, taker, out)
    join(g, rows, i, giver, taker, parent, depth, origin)
    if depth > 0:
        source = source_of(g, parent, rows.payee[i], rows.time[i])
        trails(g, rows, i, taker[W_HEAD_IN], taker[W_HEAD_IN], source, limits, out, trail, found)


@njit(cache=True)
def mark(g, rows, i, who, open_wallets, count):  # type: ignore[no-untyped-def]
    """Remembers that a block touched a wallet; returns how many it touched so far."""
    row = wallet_row(g, rows, i, who)
    if row[W_BLOCK] != rows.block[i] + 1:
        row[W_BLOCK] = rows.block[i] + 1
        open_wallets[count] = who
        return count + 1
    return count


@njit(cache=True)
def close_block(g, rows, i, open_wallets, count, touched):  # type: ignore[no-untyped-def]
    """Writes the features of every wallet that the block touched and that is known to send transactions of
    its own.
    """
    for j in range(count):
        row = known_wallet(g, open_wallets[j], rows.time[i])
        if row[W_SENT] == 0:
            continue
        used = touched.used[0]
        touched.wallet[used], touched.block[used], touched.time[used] = (
            open_wallets[j],
            rows.block[i],
            rows.time[i],
        )
        touched.standing[used, 0] = row[W_FIRST_TIME]
        touched.standing[used, 1], touched.standing[used, 2] = row[W_DISTINCT_IN], row[W_DISTINCT_OUT]
        rates, features = row.view(np.float64), touched.features[used]
        for column in range(F_OUT_FAST, F_AMOUNT):
            features[column - F_OUT_FAST] = math.log1p(rates[column])
        last = F_AMOUNT - F_OUT_FAST
        features[last] = rates[F_AMOUNT]
        features[last + 1] = math.log((rates[F_OUT_SLOW] + 1.0) / (rates[F_IN_SLOW] + 1.0))
        features[last + 2] = min(rates[F_NEW_OUT] / (rates[F_OUT_SLOW] + 1.0), 1.0)
        touched.used[0] = used + 1


@njit(cache=True)
def appear(g, rows, i):  # type: ignore[no-untyped-def]
    """Notes when each address of a row was first seen."""
    for who in (rows.by[i], rows.sender[i], rows.payee[i], rows.asset[i]):
        if g.appeared[who] == NONE:
            g.appeared[who] = rows.time[i]


@njit(cache=True)
def run(g, rows, limits, out, found, trail, touched):  # type: ignore[no-untyped-def]
    """Streams all rows through the graph. out: int64 [rows, ROW_INTS], zeroed; found: [limits.gathered].
    Room for every insertion, trail and touched wallet is reserved already.
    """
    g, rows, touched = borrowed(g), borrowed(rows), borrowed(touched)
    walk = np.zeros(3, np.int64)
    open_wallets, count = np.zeros(3 * rows.block.size + 1, np.int64), 0
    for i in range(rows.block.size):
        appear(g, rows, i)
        if rows.opens[i]:
            wallet_row(g, rows, i, rows.by[i])[W_SENT] += 1
            count = mark(g, rows, i, rows.by[i], open_wallets, count)
        funders(g, rows, i, out[i])
        worth = not u256.is_zero(rows.amount[i])
        if worth and rows.sender[i] != 0 and rows.payee[i] != 0 and rows.sender[i] != rows.payee[i]:
            transfer(g, rows, i, limits, out[i], trail, walk, found)
            count = mark(g, rows, i, rows.sender[i], open_wallets, count)
            count = mark(g, rows, i, rows.payee[i], open_wallets, count)
        elif worth and rows.sender[i] == 0 and rows.payee[i] != 0:
            take(g, rows, i, wallet_row(g, rows, i, rows.payee[i]), out[i])
        elif worth and rows.payee[i] == 0 and rows.sender[i] != 0:
            give(g, rows, i, wallet_row(g, rows, i, rows.sender[i]), out[i])
        elif rows.sender[i] != rows.payee[i]:
            quiet(g, rows, i, out[i])
        if rows.closes[i]:
            close_block(g, rows, i, open_wallets, count, touched)
            count = 0
