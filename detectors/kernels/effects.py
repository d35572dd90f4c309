"""What one transfer changes: counts and rates of both wallets, and an edge of the graph."""

import math

import numpy as np

from detectors.kernels import u256
from detectors.kernels.layout import (
    A_COUNT,
    A_MEAN,
    A_SPREAD,
    E_AMOUNT,
    E_ASSET,
    E_BLOCK,
    E_DEPTH,
    E_FROM,
    E_HASH,
    E_IN_LOG,
    E_LOG,
    E_ORIGIN,
    E_PARENT,
    E_PREV_IN,
    E_PREV_OUT,
    E_STANDARD,
    E_TIME,
    E_TO,
    F_AMOUNT,
    F_IN_FAST,
    F_IN_SLOW,
    F_NEW_IN,
    F_NEW_OUT,
    F_OUT_FAST,
    F_OUT_SLOW,
    FAST_SECONDS,
    FUNDING_WEI,
    GWEI,
    H_LARGEST,
    H_PAID,
    NONE,
    P_BY_PAYER,
    P_COUNT,
    P_KEPT,
    P_NATIVE,
    R_BACK_PAIR,
    R_FROM_DISTINCT_IN,
    R_FROM_DISTINCT_OUT,
    R_FROM_FIRST_PAYER,
    R_FROM_FUNDER,
    R_FROM_OTHER_PAYEES,
    R_FROM_OUTS,
    R_FROM_PAID_ASSET,
    R_FUNDER_PAYEES,
    R_PAIR,
    R_PAIR_BY_PAYER,
    R_TO_DISTINCT_IN,
    R_TO_DISTINCT_OUT,
    R_TO_FIRST_PAYER,
    R_TO_FIRST_TIME,
    R_TO_FUNDER,
    R_TO_PAID_AS_MUCH,
    R_TO_PAID_ASSET,
    R_TO_SIGNED_IN,
    R_TO_USUAL,
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
    W_USUAL_IN,
)
from detectors.kernels.tables import (
    asset,
    known_holding,
    known_pair,
    known_wallet,
    pair,
    value,
    wallet,
    word,
)
from detectors.kernels.takings import (
    is_busy,
    is_more,
    sign,
)
from detectors.memory.append_only import COUNT
from detectors.memory.claims import SINCE
from detectors.memory.compiled import njit


@njit(cache=True)
def wallet_row(g, rows, i, who):  # type: ignore[no-untyped-def]
    """The row of a party of row `i` (see `tables`), with its rates as of now."""
    row, time = wallet(g, rows, i, who), rows.time[i]
    if row[W_FIRST_TIME] == 0:
        row[W_FIRST_TIME] = max(first_time(g, row, who, time), 1)
        row[W_LAST_TIME] = time
        row[W_HEAD_IN] = NONE
        row[W_HEAD_OUT] = NONE
    elapsed = float(time - row[W_LAST_TIME])
    if elapsed > 0.0:
        fast, slow = math.exp(-elapsed / FAST_SECONDS), math.exp(-elapsed / SLOW_SECONDS)
        rates = row.view(np.float64)
        for column in range(F_OUT_FAST, F_AMOUNT + 1):
            rates[column] *= fast if column <= F_IN_FAST else slow
        row[W_LAST_TIME] = time
    return row


@njit(cache=True)
def first_time(g, row, who, time):  # type: ignore[no-untyped-def]
    """When a wallet without a row first appeared: now, unless what was known of it may have been dropped."""
    return time if g.appeared[who] >= row[SINCE] else g.appeared[who]


@njit(cache=True)
def before(g, rows, i, giver, taker, out):  # type: ignore[no-untyped-def]
    """What was known of both wallets before this transfer."""
    out[R_FROM_OUTS] = giver[W_OUTS]
    out[R_FROM_DISTINCT_OUT], out[R_FROM_DISTINCT_IN] = giver[W_DISTINCT_OUT], giver[W_DISTINCT_IN]
    out[R_TO_DISTINCT_OUT], out[R_TO_DISTINCT_IN] = taker[W_DISTINCT_OUT], taker[W_DISTINCT_IN]
    out[R_TO_FIRST_TIME] = taker[W_FIRST_TIME]
    out[R_BACK_PAIR] = value(known_pair(g, rows.payee[i], rows.sender[i], rows.time[i]), P_COUNT)
    out[R_TO_SIGNED_IN] = taker[W_SIGNED_IN]
    if is_busy(taker):
        money = known_holding(g, rows.payee[i], rows.asset[i], rows.time[i])
        out[R_TO_USUAL] = taker[W_USUAL_IN]
        paid_as_much = u256.is_zero(rows.amount[i])
        if money.size > 0:
            paid_as_much = u256.compare(word(money, H_LARGEST), rows.amount[i]) >= 0
        out[R_TO_PAID_AS_MUCH] = 1 if paid_as_much else 0


@njit(cache=True)
def unusual(g, rows, i):  # type: ignore[no-untyped-def]
    """How many spreads the amount lies from the asset's usual one (0 for its first few), then learns it."""
    row, magnitude = asset(g, rows, i), rows.magnitude[i]
    floats, count = row.view(np.float64), row[A_COUNT]
    mean, spread = floats[A_MEAN], floats[A_SPREAD]
    distance = 0.0
    if count >= USUAL_AFTER:
        distance = min(abs(magnitude - mean) / max(math.sqrt(spread / count), 0.25), 20.0)
    row[A_COUNT] = count + 1
    step = magnitude - mean
    floats[A_MEAN] = mean + step / (count + 1)
    floats[A_SPREAD] = spread + step * (magnitude - floats[A_MEAN])
    return distance


@njit(cache=True)
def meet(g, rows, i, giver, taker, out):  # type: ignore[no-untyped-def]
    """Counts the pair, the distinct counterparties and the decaying rates of both wallets. Payments that the
    payer signed himself are counted apart: anybody's token can tell of others in his name.
    """
    counts = pair(g, rows, i)
    out[R_PAIR], out[R_PAIR_BY_PAYER] = counts[P_COUNT], counts[P_BY_PAYER]
    given, got = giver.view(np.float64), taker.view(np.float64)
    if counts[P_COUNT] == 0:
        giver[W_DISTINCT_OUT] += 1
        taker[W_DISTINCT_IN] += 1
        given[F_NEW_OUT] += 1.0
        got[F_NEW_IN] += 1.0
    counts[P_COUNT] += 1
    out[R_FROM_OTHER_PAYEES] = giver[W_OWN_PAYEES] - counts[P_KEPT]
    if rows.by[i] == rows.sender[i]:
        sign(rows.asset[i], rows.amount[i], rows.payee[i], rows.direct[i], giver, taker, counts, out)
    if rows.asset[i] == 0:
        u256.add_to(word(counts, P_NATIVE), rows.amount[i])
    given[F_OUT_FAST] += 1.0
    given[F_OUT_SLOW] += 1.0
    got[F_IN_FAST] += 1.0
    got[F_IN_SLOW] += 1.0
    giver[W_OUTS] += 1
    taker[W_INS] += 1
    given[F_AMOUNT] = max(given[F_AMOUNT], unusual(g, rows, i))


@njit(cache=True)
def join(g, rows, i, giver, taker, parent, depth, origin):  # type: ignore[no-untyped-def]
    """Appends the edge and links it to both wallets."""
    number = g.edges_control[COUNT]
    edge = g.edges[number]
    edge[E_TIME], edge[E_BLOCK], edge[E_LOG] = rows.time[i], rows.block[i], rows.log_index[i]
    edge[E_IN_LOG], edge[E_STANDARD] = rows.index_in_log[i], rows.standard[i]
    edge[E_FROM], edge[E_TO], edge[E_ASSET] = rows.sender[i], rows.payee[i], rows.asset[i]
    edge[E_PREV_OUT], edge[E_PREV_IN] = giver[W_HEAD_OUT], taker[W_HEAD_IN]
    edge[E_PARENT], edge[E_DEPTH], edge[E_ORIGIN] = parent, depth, origin
    word(edge, E_AMOUNT)[:] = rows.amount[i]
    edge[E_HASH : E_HASH + 4] = rows.hash[i]
    giver[W_HEAD_OUT] = number
    taker[W_HEAD_IN] = number
    g.edges_control[COUNT] = number + 1


@njit(cache=True)
def funder_of(g, who):  # type: ignore[no-untyped-def]
    """Who first sent it native value, or NONE: also where it paid out more than the stream saw come in. Then
    it had money before, and whoever sent the first we know of need not have funded it.
    """
    return g.funder[who] if g.older[who] == NONE else NONE


@njit(cache=True)
def funders(g, rows, i, out):  # type: ignore[no-untyped-def]
    """Who first funded payer and payee, as known before; then learns the payee's, unless it sent transactions
    before it was sent anything: somebody else paid for these.
    """
    payee, time = rows.payee[i], rows.time[i]
    out[R_FROM_FUNDER], out[R_TO_FUNDER] = funder_of(g, rows.sender[i]), funder_of(g, payee)
    out[R_FROM_FIRST_PAYER], out[R_TO_FIRST_PAYER] = g.funder[rows.sender[i]], g.funder[payee]
    if out[R_FROM_FUNDER] != NONE:
        out[R_FUNDER_PAYEES] = value(known_wallet(g, out[R_FROM_FUNDER], time), W_DISTINCT_OUT)
    if rows.asset[i] != 0 or g.funder[payee] != NONE or not is_more(rows.amount[i], FUNDING_WEI):
        return
    if value(known_wallet(g, payee, time), W_SENT) == 0:
        g.funder[payee] = rows.sender[i]
        g.funded[payee] = rows.block[i]
        g.funding[payee] = u256.divided(rows.amount[i], GWEI)


@njit(cache=True)
def quiet(g, rows, i, out):  # type: ignore[no-untyped-def]
    """A transfer of nothing moves nothing and teaches nothing (anyone can emit one); only what was known
    before is noted.
    """
    payer, payee, time = rows.sender[i], rows.payee[i], rows.time[i]
    met = known_pair(g, payer, payee, time)
    out[R_PAIR], out[R_PAIR_BY_PAYER] = value(met, P_COUNT), value(met, P_BY_PAYER)
    out[R_FROM_PAID_ASSET] = value(known_holding(g, payer, rows.asset[i], time), H_PAID)
    out[R_TO_PAID_ASSET] = value(known_holding(g, payee, rows.asset[i], time), H_PAID)
