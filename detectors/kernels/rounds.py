"""Kernel of the part `trails`: money that came back to where it began, through several wallets in order.

From a payment back along what came into its payer, level by level, until its payee turns up as the origin. A
wallet passes money on where at least half of what came leaves again and a quarter more at most (its own money
for fees), and both are most of what it received and paid of that asset meanwhile; what it changed into
another asset itself is followed. Histories by account follow IBM's Graph Feature Preprocessor (Blanuša et
al., 2024); sums are exact.
"""

from __future__ import annotations

import numpy as np

from detectors.kernels import u256
from detectors.kernels.signed_payments import SOLD
from detectors.memory import chains
from detectors.memory.compiled import njit
from detectors.memory.layout import Layout
from detectors.memory.rows import NONE, touch, value
from detectors.memory.slots import mixed

MOVE = Layout(ints=("other", "asset", "transaction", "row"), words=("amount", "amount2"))
"""Of a payment: who is at its other end. Of an exchange: `other` is the asset that was given, `amount2` how
much of it; `asset` and `amount` is what was got.
"""
OTHER, ASSET, TRANSACTION, ROW, AMOUNT, AMOUNT2 = (
    chains.FIRST + place
    for place in MOVE.at("other", "asset", "transaction", "row", "amount", "amount2")
)  # fmt: skip

DEGREE = Layout(ints=("payers", "payees"))
"""Of an account: whom it was paid by and whom it paid, each other account as one bit of 64 (linear counting,
Whang 1990: exact but for one in a few at the dozen that matters).
"""

IN, OUT, EXCHANGED = 0, 1, 2
"""Lists of an account: what it was paid, what it paid, what it changed."""

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
def key_of(account, side):  # type: ignore[no-untyped-def]
    return account * 4 + side


@njit(cache=True)
def remembered(  # type: ignore[no-untyped-def]
    cells, words, control, current, previous, journal, account, side, block, time, other, asset,
    transaction, row, amount, amount2,
):  # fmt: skip
    number = chains.add(
        cells, control, current, previous, journal, key_of(account, side), block, time
    )  # fmt: skip
    cells[number, OTHER], cells[number, ASSET] = other, asset
    cells[number, TRANSACTION], cells[number, ROW] = transaction, row
    for i in range(4):
        words[number, AMOUNT + i] = amount[i]
        words[number, AMOUNT2 + i] = amount2[i]


@njit(cache=True)
def listed(cells, control, current, previous, account, side, block, now, before, most, out):  # type: ignore[no-untyped-def]
    """Rows of one list of an account in transactions below `before`, newest first; how many, or -1 where the
    list is longer than `most`.
    """
    number = chains.newest(cells, control, current, previous, key_of(account, side), block, now)
    count, read = 0, 0
    while number != NONE:
        if read == most:
            return -1
        read += 1
        if cells[number, TRANSACTION] < before:
            out[count] = number
            count += 1
        number = chains.said(cells, control, cells[number, chains.PREVIOUS], block, now)
    return count


@njit(cache=True)
def _bits(word):  # type: ignore[no-untyped-def]
    left, count = np.uint64(word), 0
    while left != np.uint64(0):
        left &= left - np.uint64(1)
        count += 1
    return count


@njit(cache=True)
def met(degrees, old_degrees, journal, account, other, payee, block, time):  # type: ignore[no-untyped-def]
    """Notes that an account was paid by another (column 0), or paid it (column 1)."""
    row = touch(degrees, old_degrees, journal, account, block, time)
    degrees[row + payee] |= np.int64(1) << np.int64(mixed(np.uint64(other) + np.uint64(1)) & np.uint64(63))


@njit(cache=True)
def is_hub(degrees, old_degrees, account, time, least):  # type: ignore[no-untyped-def]
    """Whether it has that many payers, and as many payees."""
    payers = _bits(value(degrees, old_degrees, account, time, 0))
    return payers >= least and _bits(value(degrees, old_degrees, account, time, 1)) >= least


@njit(cache=True)
def summed(cells, words, rows, count, other, asset, since, column, out):  # type: ignore[no-untyped-def]
    """Sum of rows of an asset from a transaction on, of one at the other end or (-1) of all; returns the
    oldest transaction and the newest, -1 where there are none.
    """
    out[:] = 0
    oldest, newest = -1, -1
    for i in range(count):
        row = rows[i]
        if cells[row, ASSET] != asset or cells[row, TRANSACTION] < since:
            continue
        if other != -1 and cells[row, OTHER] != other:
            continue
        u256.add_to(out, words[row, column : column + 4])
        newest = max(newest, cells[row, TRANSACTION])
        oldest = cells[row, TRANSACTION]
    return oldest, newest


@njit(cache=True)
def half_at_least(one, other):  # type: ignore[no-untyped-def]
    return u256.at_least(one, 1, other, 2)


@njit(cache=True)
def passed_on(got, left):  # type: ignore[no-untyped-def]
    """Whether what left is what came: half of it or more, and a quarter more at most."""
    return half_at_least(left, got) and u256.at_least(got, 4, left, 5)


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
    used, h_transaction, h_origin, h_step, h_payer, h_payee, h_asset, h_row, h_sent, h_amount,
):  # fmt: skip
    """The payments and exchanges of a round, from its origin on; how many lines there are then."""
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
            if used == h_row.size:
                return used
            h_transaction[used], h_origin[used], h_step[used] = transaction, origin, step
            h_payer[used], h_payee[used], h_asset[used] = wallet, payee, what
            h_row[used], h_sent[used] = cells[row, ROW], cells[row, TRANSACTION]
            for k in range(4):
                h_amount[used, k] = words[row, AMOUNT + k]
            used += 1
        step += 1
        node = parent
    return used


@njit(cache=True)
def follow(  # type: ignore[no-untyped-def]
    cells, words, control, current, previous, journal, degrees, old_degrees, degrees_journal,
    first, block_of, time_of,
    p_transaction, p_payer, p_payee, p_asset, p_row, p_form, p_amount,
    s_transaction, s_account, s_asset_in, s_asset_out, s_row, s_paid, s_got,
    limits, p_hub, h_transaction, h_origin, h_step, h_payer, h_payee, h_asset, h_row, h_sent, h_amount,
):  # fmt: skip
    """Remembers payments and exchanges in their order; lines of the rounds that each payment closes. `p_hub`
    gets 1 where the payer was a hub before it, and 2 more where the payee was.
    """
    nodes, sums = np.empty((NODES, NODE), np.int64), np.empty((NODES, 4), np.uint64)
    room = max(limits[EDGES], ORIGIN_EDGES)
    ins, outs = np.empty(room, np.int64), np.empty(room, np.int64)
    zero, total = np.zeros(4, np.uint64), np.zeros(4, np.uint64)
    used, s = 0, 0
    for p in range(p_transaction.size + 1):
        until = p_transaction[p] if p < p_transaction.size else np.int64(1) << 62
        while s < s_transaction.size and s_transaction[s] <= until:
            at = s_transaction[s] - first
            remembered(
                cells, words, control, current, previous, journal, s_account[s], EXCHANGED, block_of[at],
                time_of[at], s_asset_in[s], s_asset_out[s], s_transaction[s], s_row[s], s_got[s], s_paid[s],
            )  # fmt: skip
            s += 1
        if p == p_transaction.size:
            break
        transaction, payer, payee, asset = p_transaction[p], p_payer[p], p_payee[p], p_asset[p]
        block, now = block_of[transaction - first], time_of[transaction - first]
        p_hub[p] = is_hub(degrees, old_degrees, payer, now, limits[ORIGIN_HUB])
        p_hub[p] += 2 * is_hub(degrees, old_degrees, payee, now, limits[ORIGIN_HUB])
        met(degrees, old_degrees, degrees_journal, payee, payer, 0, block, now)
        met(degrees, old_degrees, degrees_journal, payer, payee, 1, block, now)
        if p_form[p] == SOLD:
            total[:] = p_amount[p]
        else:
            remembered(
                cells, words, control, current, previous, journal, payee, IN, block, now, payer, asset,
                transaction, p_row[p], p_amount[p], zero,
            )  # fmt: skip
            remembered(
                cells, words, control, current, previous, journal, payer, OUT, block, now, payee, asset,
                transaction, p_row[p], p_amount[p], zero,
            )  # fmt: skip
        if (
            is_hub(degrees, old_degrees, payee, now, limits[ORIGIN_HUB])
            or chains.newest(cells, control, current, previous, key_of(payer, IN), block, now) == NONE
            or chains.newest(cells, control, current, previous, key_of(payee, OUT), block, now) == NONE
        ):
            continue
        if p_form[p] != SOLD:
            count = listed(
                cells, control, current, previous, payer, OUT, block, now, transaction + 1, limits[EDGES],
                outs,
            )  # fmt: skip
            if count < 0:
                continue
            summed(cells, words, outs, count, payee, asset, 0, AMOUNT, total)
        node = find_round(
            cells, words, control, current, previous, degrees, old_degrees, payee, payer, asset, total,
            transaction, block, now, limits, nodes, sums, ins, outs,
        )  # fmt: skip
        if node != NONE:
            used = write_hops(
                cells, words, control, current, previous, payee, transaction, block, now, limits, nodes, sums,
                node, ins, used, h_transaction, h_origin, h_step, h_payer, h_payee, h_asset, h_row, h_sent,
                h_amount,
            )  # fmt: skip
            if p_form[p] == SOLD and used < h_row.size:
                h_transaction[used], h_origin[used], h_step[used] = transaction, payee, h_step[used - 1] + 1
                h_payer[used], h_payee[used], h_asset[used] = payer, payee, asset
                h_row[used], h_sent[used], h_amount[used] = p_row[p], transaction, p_amount[p]
                used += 1
    return used
