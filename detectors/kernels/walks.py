"""Walks over the rolling transfer graph: what came into a wallet lately, what it passed on, who gathered it.

Edges are appended and linked per wallet, so a walk costs only the edges it reads and stops at a step
budget. Edges with per-node queues follow IBM's Graph Feature Preprocessor (Blanuša et al., 2024); money
is exact and every rule compares integers.
"""

import numpy as np

from detectors.kernels import u256
from detectors.kernels.layout import (
    E_AMOUNT,
    E_ASSET,
    E_DEPTH,
    E_FROM,
    E_ORIGIN,
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
from detectors.kernels.tables import known_wallet, word
from detectors.memory.append_only import BEGIN, HORIZON
from detectors.memory.compiled import njit


@njit(cache=True)
def is_hub(row):  # type: ignore[no-untyped-def]
    return row[W_DISTINCT_IN] >= HUB_DEGREE and row[W_DISTINCT_OUT] >= HUB_DEGREE


@njit(cache=True)
def known_hub(g, who, time):  # type: ignore[no-untyped-def]
    """Whether a wallet is a hub, without touching it."""
    row = known_wallet(g, who, time)
    return row.size > 0 and is_hub(row)


@njit(cache=True)
def alive(g, edge, time):  # type: ignore[no-untyped-def]
    """Whether an edge, by its number, is still remembered."""
    if edge == NONE or edge < g.edges_control[BEGIN]:
        return False
    return time - g.edges[edge, E_TIME] <= g.edges_control[HORIZON]


@njit(cache=True)
def lot_of(g, head, asset, since, time, steps, walk):  # type: ignore[no-untyped-def]
    """Sum of an asset's incoming edges since a time. walk = [deepest such edge (of equal ones the largest, so
    that a top-up for gas is nobody's origin), edges read, whether the budget ended it].
    """
    total, largest = np.zeros(4, np.uint64), np.zeros(4, np.uint64)
    edge, deepest = head, NONE
    walk[0], walk[1], walk[2] = NONE, 0, 0
    while alive(g, edge, time) and g.edges[edge, E_TIME] >= since:
        if walk[1] == steps:
            walk[2] = 1
            break
        walk[1] += 1
        if g.edges[edge, E_ASSET] == asset:
            amount = word(g.edges[edge], E_AMOUNT)
            u256.add_to(total, amount)
            depth = g.edges[edge, E_DEPTH]
            if depth > deepest or (depth == deepest and u256.compare(amount, largest) > 0):
                deepest, largest = depth, amount
                walk[0] = edge
        edge = g.edges[edge, E_PREV_IN]
    return total


@njit(cache=True)
def outs_since(g, head, since, time, steps):  # type: ignore[no-untyped-def]
    """How many edges left a wallet since a time, at most `steps`."""
    edge, seen = head, 0
    while alive(g, edge, time) and seen < steps and g.edges[edge, E_TIME] >= since:
        seen += 1
        edge = g.edges[edge, E_PREV_OUT]
    return seen


@njit(cache=True)
def gather(g, head, source, asset, amount, since, time, steps, found):  # type: ignore[no-untyped-def]
    """Distinct wallets that lately passed `source`'s money of an asset on to one payee; their edges go to
    `found`. None where `source` is NONE, or pays the payee itself, a quarter of `amount` or more: who gathers
    what is his own hides nothing.
    """
    edge, read, count = head, 0, 0
    if source == NONE:
        return 0
    while alive(g, edge, time) and read < steps and count < found.size and g.edges[edge, E_TIME] >= since:
        read += 1
        openly = g.edges[edge, E_FROM] == source and g.edges[edge, E_ASSET] == asset
        if openly and u256.at_least(word(g.edges[edge], E_AMOUNT), 1, amount, 4):
            return 0
        parent = g.edges[edge, E_PARENT]
        if g.edges[edge, E_ASSET] == asset and alive(g, parent, time) and g.edges[parent, E_FROM] == source:
            known = False
            for i in range(count):
                known = known or g.edges[found[i], E_FROM] == g.edges[edge, E_FROM]
            if not known:
                found[count] = edge
                count += 1
        edge = g.edges[edge, E_PREV_IN]
    return count


@njit(cache=True)
def source_of(g, edge, payee, time):  # type: ignore[no-untyped-def]
    """Who scattered what an edge moved; NONE where nobody did. Customers of one exchange who pay the same
    shop gather nothing: money from a hub has no source. Nor has what a wallet fetched itself (a claim): its
    payer signed for nothing. And what comes back to who paid it is not gathered elsewhere.
    """
    source = g.edges[edge, E_FROM]
    signed = g.edges[edge, E_DEPTH] > 0 or g.edges[edge, E_ORIGIN] == source
    if source == payee or not signed or known_hub(g, source, time):
        return NONE
    return source


@njit(cache=True)
def pass_through(g, rows, i, giver, limits, walk):  # type: ignore[no-untyped-def]
    """The incoming edge that this payment passes on, or NONE. Sets walk[2] where the step budget hid
    something.

    A wallet passes money through when it rests there briefly, at least half of what came leaves again in one
    payment, no more leaves than came, and the wallet does little else meanwhile.
    """
    walk[0], walk[2] = NONE, 0
    if not rows.direct[i] or is_hub(giver):
        return NONE
    time = rows.time[i]
    since = time - limits.pass_seconds
    steps = min(limits.steps, limits.quiet_edges + 1)  # who has more than that passes nothing through
    lot = lot_of(g, giver[W_HEAD_IN], rows.asset[i], since, time, steps, walk)
    if walk[0] == NONE or walk[2] or walk[1] > limits.quiet_edges:
        return NONE
    quiet = limits.quiet_edges - walk[1]
    if outs_since(g, giver[W_HEAD_OUT], since, time, min(steps, quiet + 1)) > quiet:
        return NONE
    if u256.compare(rows.amount[i], lot) > 0 or not u256.at_least(rows.amount[i], 1, lot, 2):
        return NONE
    return walk[0]
