"""Kernel of the part `clusters`: wallets that a hub paid first, within minutes and the same sum, and
which of them then did the same.

A hub ties nobody: it has many customers. But who draws about the same sum for wallet after wallet has most of
what the hub paid out meanwhile in such sums to himself; and of customers who come in one hour to use one
project each draws what he needs.
"""

from __future__ import annotations

import numpy as np

from detectors.memory import chains
from detectors.memory.append_only import TIME
from detectors.memory.compiled import njit
from detectors.memory.layout import Layout
from detectors.memory.rows import NONE, find, too_old
from detectors.memory.slots import fingerprint, mixed

COHORT = Layout(ints=("wallet", "row"), words=("amount",))
"""Of a hub and an hour: a wallet that it paid first, by which row, and what."""
C_WALLET, C_ROW, C_AMOUNT = (chains.FIRST + place for place in COHORT.at("wallet", "row", "amount"))

M_TRANSACTION, M_WALLET, M_ROW, M_FIRST_ROW, M_SECOND_ROW, MEMBER_CELLS = range(6)
"""Of a wallet of a cohort: what completes it, its first payment, and the rows of what it did."""

SLOT_S = 900
"""Seconds of a slot of a hub's payments, and how far from any other those of a cohort are at most."""
WALK = 4_096
"""Payments of a slot that are looked through; while a hub has more new customers nothing is said of them."""
MOST = 60
"""Wallets of a cohort that are named."""
SAME = 1.02
"""Sums are the same where none is a fiftieth more than another."""
_SLOT = -7
_SALT = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9))


@njit(cache=True)
def key_of(one, other, third):  # type: ignore[no-untyped-def]
    """Three numbers as one, not below zero."""
    z = mixed(np.uint64(third) * _SALT[2])
    z = mixed(np.uint64(other) * _SALT[1] ^ z)
    return np.int64(mixed(np.uint64(one) * _SALT[0] ^ z) >> np.uint64(2))


@njit(cache=True)
def drew(cells, words, control, current, previous, journal, hub, wallet, row, amount, block, now):  # type: ignore[no-untyped-def]
    """Remembers that a hub paid a wallet first."""
    number = chains.add(
        cells, control, current, previous, journal, key_of(hub, now // SLOT_S, _SLOT), block, now
    )  # fmt: skip
    cells[number, C_WALLET], cells[number, C_ROW] = wallet, row
    for i in range(4):
        words[number, C_AMOUNT + i] = amount[i]


@njit(cache=True)
def _in_slot(cells, control, current, previous, hub, slot, block, now, out, used):  # type: ignore[no-untyped-def]
    """Payments of a slot behind those in `out`; how many there are then, NONE where a slot has too many."""
    number = chains.newest(cells, control, current, previous, key_of(hub, slot, _SLOT), block, now)
    for _ in range(WALK):
        if number == NONE:
            return used
        out[used] = number
        used += 1
        number = chains.said(cells, control, cells[number, chains.PREVIOUS], block, now)
    return used if number == NONE else NONE


@njit(cache=True)
def _did(wallets, old_wallets, wallet, now, first, second, act_at, row_at, acts, line):  # type: ignore[no-untyped-def]
    """Whether a wallet did `first` and then `second`; the rows of it go into a line."""
    mark = fingerprint(wallets, wallet)
    arena, row = wallets, find(wallets, mark, wallet)
    if row == NONE:
        arena, row = old_wallets, find(old_wallets, mark, wallet)
    if row == NONE or too_old(arena, row, now):
        return False
    line[M_FIRST_ROW] = NONE
    for n in range(acts):
        if line[M_FIRST_ROW] != NONE and arena[row + act_at + n] == second:
            line[M_SECOND_ROW] = arena[row + row_at + n]
            return True
        if arena[row + act_at + n] == first:
            line[M_FIRST_ROW] = arena[row + row_at + n]
    return False


@njit(cache=True)
def _sum_of(words, number):  # type: ignore[no-untyped-def]
    """About what was paid."""
    total = 0.0
    for i in range(4):
        total = total * 2.0**64 + float(words[number, C_AMOUNT + i])
    return total


@njit(cache=True)
def _alike(found, own):  # type: ignore[no-untyped-def]
    """The least and the most of the largest group of sums, `own` among them, which are the same; of equal
    groups that of the least sums.
    """
    ordered = np.sort(found)
    best, low, begin = 0, 0, 0
    for end in range(ordered.size):
        while ordered[end] > SAME * ordered[begin]:
            begin += 1
        if ordered[begin] <= own <= ordered[end] and end - begin + 1 > best:
            best, low = end - begin + 1, begin
    return ordered[low], ordered[low + best - 1]


@njit(cache=True)
def cohort_of(  # type: ignore[no-untyped-def]
    cells, words, control, current, previous, wallets, old_wallets, hub, who, paid_at, first, second,
    act_at, row_at, acts, transaction, block, now, near, lines, sums,
):  # fmt: skip
    """Wallets that `hub` paid about when, and about as much as, it paid `who` first, and which did `first`
    and then `second`: at most MOST of them go to `lines`; how many are there. `sums` get how many they are;
    how many it paid that sum first from the first of them to the last, and for as long before and after; and
    how many it paid about then in whatever sums did the same. 0 where there are too many payments to look
    through.
    """
    used, own, count = 0, NONE, 0
    sums[:] = 0
    for slot in range(paid_at // SLOT_S - 1, paid_at // SLOT_S + 2):
        used = _in_slot(cells, control, current, previous, hub, slot, block, now, near, used)
        if used == NONE:
            return 0
    for i in range(used):
        if cells[near[i], C_WALLET] == who:
            own = near[i]
    if own == NONE:
        return 0
    found, amounts = np.empty((used, MEMBER_CELLS), np.int64), np.empty(used)
    for i in range(used):
        number = near[i]
        wallet = cells[number, C_WALLET]
        if abs(cells[own, TIME] - cells[number, TIME]) <= SLOT_S and _did(
            wallets, old_wallets, wallet, now, first, second, act_at, row_at, acts, found[count]
        ):  # fmt: skip
            found[count, M_TRANSACTION], found[count, M_WALLET] = transaction, wallet
            found[count, M_ROW] = cells[number, C_ROW]
            amounts[count] = _sum_of(words, number)
            count += 1
    least, most = _alike(amounts[:count], _sum_of(words, own))
    oldest, newest, named = cells[own, C_ROW], cells[own, C_ROW], 0
    for i in range(count):
        if least <= amounts[i] <= most:
            oldest, newest = min(oldest, found[i, M_ROW]), max(newest, found[i, M_ROW])
            sums[0] += 1
            if named < MOST:
                lines[named] = found[i]
                named += 1
    span = newest - oldest
    for i in range(used):
        inside = least <= _sum_of(words, near[i]) <= most
        sums[1] += inside and oldest - span <= cells[near[i], C_ROW] <= newest + span
    sums[2] = count
    return named
