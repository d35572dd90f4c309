"""Kernel of the part `rates`: MIDAS-R and MIDAS-F (Bhatia et al. 2020, 2022) over a stream of payments.

Of an edge, its source and its target: how much there was in this tick (earlier ticks decay) against the mean
of all ticks, as a chi-squared statistic; the score is the largest of the three. Where the papers count in
sketches, counts here are exact. Ticks are those in which anything happened: the chain's own rate is the
measure. What the papers do for all cells when a tick ends is done here when a cell is next touched.
"""

from __future__ import annotations

import numpy as np

from detectors.kernels.moves import key_of
from detectors.memory import chains
from detectors.memory.compiled import njit
from detectors.memory.layout import Layout
from detectors.memory.rows import touch
from detectors.memory.slots import mixed

CELL = Layout(
    ints=("tick", "payers"), floats=("now", "all", "filtered_now", "filtered_all", "filtered_score")
)
"""Of an edge, source, target or asset: the tick of its last count; of an asset who paid with it in the last
ticks, each as one bit of 64; counts of this tick and of all, of MIDAS-R and of MIDAS-F with its last score.
"""
CLOCK = Layout(ints=("second", "ticks"))
"""The newest tick, by its number in time, and how many there were."""
PAID = Layout(ints=("other", "asset", "row", "failed", "ever"))
"""By account and side (0: it paid, 1: it was paid): who is at the other end; how often the payer paid so far.
"""

TICK, PAYERS = CELL.at("tick", "payers")
NOW, ALL, F_NOW, F_ALL, F_SCORE = CELL.at("now", "all", "filtered_now", "filtered_all", "filtered_score")
OTHER, ASSET, ROW, FAILED, EVER = (
    chains.FIRST + at for at in PAID.at("other", "asset", "row", "failed", "ever")
)

SECONDS, DECAY, FILTER = range(3)
"""Of the limits: how long a tick is, what is left of a count after one, and MIDAS-F's threshold."""
EDGE, SOURCE, TARGET, OF_ASSET = range(4)


@njit(cache=True)
def chi_squared(now, all_, ticks):  # type: ignore[no-untyped-def]
    """Of MIDAS-R: `all_` has this tick in it."""
    if all_ == 0.0 or ticks < 2:
        return 0.0
    over = now - all_ / ticks
    return 0.0 if over <= 0.0 else over * over * ticks * ticks / (all_ * (ticks - 1))


@njit(cache=True)
def filtered_chi_squared(now, before, ticks):  # type: ignore[no-untyped-def]
    """Of MIDAS-F: `before` has not."""
    if before == 0.0 or ticks < 2:
        return 0.0
    over = now + before - now * ticks
    return over * over / (before * (ticks - 1)) if now * (ticks - 1) > before else 0.0


@njit(cache=True)
def cell_key(kind, one, other):  # type: ignore[no-untyped-def]
    """63 bits for an edge or a node: those of two edges agree once in 10^13 pairs."""
    word = mixed(np.uint64(one) * np.uint64(0x9E3779B97F4A7C15) ^ np.uint64(other) + np.uint64(1))
    return np.int64((word >> np.uint64(3)) << np.uint64(2)) | np.int64(kind)


@njit(cache=True)
def counted(cells, floats, old, journal, key, block, time, ticks, limits):  # type: ignore[no-untyped-def]
    """One more of a cell in this tick; its row."""
    row = touch(cells, old, journal, key, block, time)
    passed = ticks - cells[row + TICK]
    if cells[row + TICK] != 0 and passed > 0:
        decay, before = limits[DECAY], float(cells[row + TICK])
        faded = decay ** float(passed)
        if floats[row + F_SCORE] < limits[FILTER]:
            floats[row + F_ALL] += floats[row + F_NOW] * (1.0 - faded) / (1.0 - decay)
        elif before > 1.0:
            floats[row + F_ALL] *= (ticks - 1.0) / (before - 1.0)
        floats[row + NOW] *= faded
        floats[row + F_NOW] *= faded
    if passed > 0:
        cells[row + PAYERS] = 0 if passed > 1 else cells[row + PAYERS]
    cells[row + TICK] = ticks
    floats[row + NOW] += 1.0
    floats[row + ALL] += 1.0
    floats[row + F_NOW] += 1.0
    floats[row + F_SCORE] = filtered_chi_squared(floats[row + F_NOW], floats[row + F_ALL], ticks)
    return row


@njit(cache=True)
def count_payments(  # type: ignore[no-untyped-def]
    rates, rate_floats, old_rates, rates_journal, clock, old_clock, clock_journal,
    history, control, heads, old_heads, history_journal, limits,
    p_block, p_time, p_payer, p_payee, p_asset, p_row, p_failed,
    o_paid, o_ever, o_edge, o_edge_ever, o_asset, o_asset_ever, o_payers, o_ticks, o_r, o_f,
):  # fmt: skip
    """Counts payments in their order; what each is beside what was usual."""
    for p in range(p_row.size):
        block, time, payer, payee, asset = p_block[p], p_time[p], p_payer[p], p_payee[p], p_asset[p]
        row = touch(clock, old_clock, clock_journal, 0, block, time)
        second = time // np.int64(limits[SECONDS]) + 1
        if clock[row] != second:
            clock[row] = second
            clock[row + 1] += 1
        ticks, r, f = clock[row + 1], 0.0, 0.0
        for kind in range(4):
            if kind == OF_ASSET and (asset == 0 or p_failed[p]):
                break
            one = asset if kind == OF_ASSET else payee if kind == TARGET else payer
            key = cell_key(kind, one, payee if kind == EDGE else 0)
            at = counted(rates, rate_floats, old_rates, rates_journal, key, block, time, ticks, limits)
            now, ever = rate_floats[at + NOW], rate_floats[at + ALL]
            if kind == OF_ASSET:
                bit = np.int64(mixed(np.uint64(payer) + np.uint64(1)) & np.uint64(63))
                rates[at + PAYERS] |= np.int64(1) << bit
                o_asset[p], o_asset_ever[p], o_payers[p] = now, ever, rates[at + PAYERS]
                break
            r = max(r, chi_squared(now, ever, ticks))
            f = max(f, rate_floats[at + F_SCORE])
            if kind == SOURCE:
                o_paid[p], o_ever[p] = now, ever
            elif kind == EDGE:
                o_edge[p], o_edge_ever[p] = now, ever
        o_ticks[p], o_r[p], o_f[p] = ticks, r, f
        for side in range(2):
            account, other = (payer, payee) if side == 0 else (payee, payer)
            number = chains.add(
                history, control, heads, old_heads, history_journal, key_of(account, side), block, time
            )
            history[number, OTHER], history[number, ASSET] = other, asset
            history[number, ROW], history[number, FAILED] = p_row[p], p_failed[p]
            history[number, EVER] = np.int64(o_ever[p])
