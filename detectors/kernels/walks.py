"""Walks over the rolling transfer graph: what came into a wallet lately, what it passed on, who gathered it.

Edges live in a ring and are linked per wallet, so a walk costs only the edges it reads and stops at a step
budget. The ring with per-node queues follows IBM's Graph Feature Preprocessor (Blanuša et al., 2024); money
is exact and every rule compares integers.
"""

import numpy as np

from detectors.kernels import u256
from detectors.kernels.compiled import njit
from detectors.kernels.layout import (
    E_ASSET,
    E_DEPTH,
    E_FROM,
    E_PARENT,
    E_PREV_IN,
    E_PREV_OUT,
    E_TIME,
    HUB_DEGREE,
    NONE,
    W_DISTINCT_IN,
    W_DISTINCT_OUT,
    W_HEAD_IN,
    W_HEAD_OUT,
)
from detectors.kernels.table import look


@njit(cache=True)
def is_hub(ints):  # type: ignore[no-untyped-def]
    return ints[W_DISTINCT_IN] >= HUB_DEGREE and ints[W_DISTINCT_OUT] >= HUB_DEGREE


@njit(cache=True)
def known_hub(g, wallet):  # type: ignore[no-untyped-def]
    """Whether a wallet is a hub, without touching it."""
    payers = look(g.wallets, g.old_wallets, wallet, W_DISTINCT_IN)
    payees = look(g.wallets, g.old_wallets, wallet, W_DISTINCT_OUT)
    return payers >= HUB_DEGREE and payees >= HUB_DEGREE


@njit(cache=True)
def alive(g, edge):  # type: ignore[no-untyped-def]
    """Whether an edge number still stands in the ring."""
    return edge != NONE and edge >= g.next_edge[0] - g.edges.shape[0]


@njit(cache=True)
def at(g, edge):  # type: ignore[no-untyped-def]
    """The integers of an edge."""
    return g.edges[edge % g.edges.shape[0]]


@njit(cache=True)
def lot_of(g, head, asset, since, steps, walk):  # type: ignore[no-untyped-def]
    """Sum of an asset's incoming edges since a time. walk = [deepest such edge (of equal ones the largest, so
    that a top-up for gas is nobody's origin), edges read, whether the budget ended it].
    """
    total, largest = np.zeros(4, np.uint64), np.zeros(4, np.uint64)
    edge, deepest = head, NONE
    walk[0], walk[1], walk[2] = NONE, 0, 0
    while alive(g, edge) and at(g, edge)[E_TIME] >= since:
        if walk[1] == steps:
            walk[2] = 1
            break
        walk[1] += 1
        if at(g, edge)[E_ASSET] == asset:
            amount = g.amounts[edge % g.edges.shape[0]]
            u256.add_to(total, amount)
            depth = at(g, edge)[E_DEPTH]
            if depth > deepest or (depth == deepest and u256.compare(amount, largest) > 0):
                deepest, largest = depth, amount
                walk[0] = edge
        edge = at(g, edge)[E_PREV_IN]
    return total


@njit(cache=True)
def outs_since(g, head, since, steps):  # type: ignore[no-untyped-def]
    """How many edges left a wallet since a time, at most `steps`."""
    edge, seen = head, 0
    while alive(g, edge) and seen < steps and at(g, edge)[E_TIME] >= since:
        seen += 1
        edge = at(g, edge)[E_PREV_OUT]
    return seen


@njit(cache=True)
def gather(g, head, source, asset, since, steps, found):  # type: ignore[no-untyped-def]
    """Distinct wallets that lately passed `source`'s money of an asset on to one payee; their edges go to
    `found`. None where `source` is NONE.
    """
    edge, read, count = head, 0, 0
    while alive(g, edge) and read < steps and count < found.size and at(g, edge)[E_TIME] >= since:
        read += 1
        parent = at(g, edge)[E_PARENT]
        if at(g, edge)[E_ASSET] == asset and alive(g, parent) and at(g, parent)[E_FROM] == source:
            known = False
            for i in range(count):
                known = known or at(g, found[i])[E_FROM] == at(g, edge)[E_FROM]
            if not known:
                found[count] = edge
                count += 1
        edge = at(g, edge)[E_PREV_IN]
    return count


@njit(cache=True)
def pass_through(g, rows, i, source, limits, walk):  # type: ignore[no-untyped-def]
    """The incoming edge that this payment passes on, or NONE. Sets walk[2] where the step budget hid
    something.

    A wallet passes money through when it rests there briefly, at least half of what came leaves again in one
    payment, no more leaves than came, and the wallet does little else meanwhile.
    """
    walk[0], walk[2] = NONE, 0
    ints = g.wallets.ints[source]
    if not rows.direct[i] or is_hub(ints):
        return NONE
    since = rows.time[i] - limits.pass_seconds
    lot = lot_of(g, ints[W_HEAD_IN], rows.asset[i], since, limits.steps, walk)
    busy = walk[1] + outs_since(g, ints[W_HEAD_OUT], since, limits.steps)
    if walk[0] == NONE or walk[2] or busy > limits.quiet_edges:
        return NONE
    if u256.compare(rows.amount[i], lot) > 0 or not u256.at_least(rows.amount[i], 1, lot, 2):
        return NONE
    return walk[0]
