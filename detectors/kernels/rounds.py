"""Kernel of the part `trails`: money that came back to where it began, through several wallets in order.

From a payment back along what came into its payer, level by level, until its payee turns up as the origin. A
wallet passes money on where at least half of what came leaves again and a quarter more at most (its own money
for fees), and both are most of what it received and paid of that asset meanwhile; what it changed into
another asset itself is followed. Lists of accounts are those of `kernels.moves`.
"""

from __future__ import annotations

import numpy as np

from detectors.kernels.moves import (
    AMOUNT,
    AMOUNT2,
    ASSET,
    EXCHANGED,
    IN,
    OTHER,
    OUT,
    ROW,
    TRANSACTION,
    half_at_least,
    is_hub,
    listed,
    passed_on,
    summed,
    write,
)
from detectors.memory.compiled import njit
from detectors.memory.rows import NONE

EDGES, HUB, ORIGIN_HUB, LEAST, MOST = range(5)
"""Of the limits: edges of an account in its list beyond which it ends a walk, payers and payees that make a
hub, those that make an origin one, and how many wallets a round has.
"""
ORIGIN_EDGES = 128
"""Of what an origin was paid lately, looked through for the last payments of a round."""
NODES = 96
"""Wallets that one walk looks at."""

WALLET, N_ASSET, LATEST, PARENT, DEPTH, CHANGES, NODE = 0, 1, 2, 3, 4, 5, 6
"""Of a node: who pays what to the wallet of its parent, the transaction before which money must have come in,
the parent, how many wallets it is from home, how often it was changed there.
"""
MOST_CHANGES = 2


@njit(cache=True)
def _on_path(nodes, node, wallet):  # type: ignore[no-untyped-def]
    while node != NONE:
        if nodes[node, WALLET] == wallet:
            return True
        node = nodes[node, PARENT]
    return False


@njit(cache=True)
def _first_of(cells, rows, i, asset):  # type: ignore[no-untyped-def]
    """Whether a row is the first in its list of who is at its other end, of an asset."""
    for j in range(i):
        if cells[rows[j], OTHER] == cells[rows[i], OTHER] and cells[rows[j], ASSET] == asset:
            return False
    return True


@njit(cache=True)
def find_round(  # type: ignore[no-untyped-def]
    cells, words, control, current, previous, degrees, old_degrees, origin, payer, asset, amount, transaction,
    block, now, limits, nodes, sums, ins, outs,
):  # fmt: skip
    """The node at which a walk back from a payment of `payer` to `origin` meets its origin, or NONE. `nodes`
    [NODES, NODE] and their `sums` [NODES, 4] are the way, each behind its parent.
    """
    used = 1
    nodes[0, WALLET], nodes[0, N_ASSET], nodes[0, LATEST], nodes[0, PARENT] = payer, asset, transaction, NONE
    nodes[0, DEPTH], nodes[0, CHANGES] = 1, 0
    for i in range(4):
        sums[0, i] = amount[i]
    got, all_in, all_out = np.zeros(4, np.uint64), np.zeros(4, np.uint64), np.zeros(4, np.uint64)
    given = np.zeros(4, np.uint64)
    node = 0
    while node < used:
        wallet, wanted, latest = nodes[node, WALLET], nodes[node, N_ASSET], nodes[node, LATEST]
        here = node
        node += 1
        if is_hub(degrees, old_degrees, wallet, now, limits[HUB]):
            continue
        arrived = listed(
            cells, control, current, previous, wallet, IN, block, now, latest, limits[EDGES], ins
        )  # fmt: skip
        if arrived < 0:
            continue
        left = listed(
            cells, control, current, previous, wallet, OUT, block, now, transaction + 1, limits[EDGES], outs
        )  # fmt: skip
        if left < 0:
            continue
        for i in range(arrived):
            source = cells[ins[i], OTHER]
            if cells[ins[i], ASSET] != wanted or source == wallet or not _first_of(cells, ins, i, wanted):
                continue
            oldest, newest = summed(cells, words, ins, arrived, source, wanted, 0, AMOUNT, got)
            if not passed_on(got, sums[here]):
                continue
            summed(cells, words, ins, arrived, -1, wanted, oldest, AMOUNT, all_in)
            summed(cells, words, outs, left, -1, wanted, oldest + 1, AMOUNT, all_out)
            if not half_at_least(got, all_in) or not half_at_least(sums[here], all_out):
                continue
            home = source == origin
            if home and nodes[here, DEPTH] < limits[LEAST]:
                continue
            if not home and (nodes[here, DEPTH] >= limits[MOST] or _on_path(nodes, here, source)):
                continue
            if used == NODES:
                return NONE
            nodes[used, WALLET], nodes[used, N_ASSET], nodes[used, LATEST] = source, wanted, newest
            nodes[used, PARENT], nodes[used, DEPTH] = here, nodes[here, DEPTH] + 1
            nodes[used, CHANGES] = 0
            for k in range(4):
                sums[used, k] = got[k]
            used += 1
            if home:
                return used - 1
        if nodes[here, CHANGES] == MOST_CHANGES:
            continue
        changed = listed(
            cells, control, current, previous, wallet, EXCHANGED, block, now, latest, limits[EDGES], ins
        )  # fmt: skip
        for i in range(changed):
            source = cells[ins[i], OTHER]
            if cells[ins[i], ASSET] != wanted or not _first_of(cells, ins, i, wanted):
                continue
            oldest, newest = summed(cells, words, ins, changed, source, wanted, 0, AMOUNT, got)
            if not passed_on(got, sums[here]):
                continue
            if used == NODES:
                return NONE
            summed(cells, words, ins, changed, source, wanted, 0, AMOUNT2, given)
            nodes[used, WALLET], nodes[used, N_ASSET], nodes[used, LATEST] = wallet, source, newest
            nodes[used, PARENT], nodes[used, DEPTH] = here, nodes[here, DEPTH]
            nodes[used, CHANGES] = nodes[here, CHANGES] + 1
            for k in range(4):
                sums[used, k] = given[k]
            used += 1
    return NONE


@njit(cache=True)
def write_hops(  # type: ignore[no-untyped-def]
    cells, words, control, current, previous, origin, transaction, block, now, limits, nodes, sums, node, ins,
    lines, used, full,
):  # fmt: skip
    """The payments and exchanges of a round, from its origin on; how many lines there are then, or NONE."""
    step = 0
    while node != NONE:
        parent = nodes[node, PARENT]
        wallet, asset = nodes[node, WALLET], nodes[node, N_ASSET]
        payee = origin if parent == NONE else nodes[parent, WALLET]
        before = transaction + 1 if parent == NONE else nodes[parent, LATEST]
        changed = parent != NONE and payee == wallet
        side, end, what = (EXCHANGED, asset, nodes[parent, N_ASSET]) if changed else (IN, wallet, asset)
        count = listed(
            cells, control, current, previous, payee, side, block, now, before, ORIGIN_EDGES, ins
        )  # fmt: skip
        for i in range(count - 1, -1, -1):
            row = ins[i]
            if cells[row, OTHER] != end or cells[row, ASSET] != what:
                continue
            used = write(
                lines, used, full, transaction, origin, 0, step, wallet, payee, what, cells[row, ROW],
                cells[row, TRANSACTION], words[row, AMOUNT : AMOUNT + 4],
            )  # fmt: skip
        step += 1
        node = parent
    return used
