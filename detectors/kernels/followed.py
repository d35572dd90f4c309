"""Kernel of the part `trails`: remembers payments and exchanges in their order, and says of each what it
completes: a round (`kernels.rounds`), a line or a gathering (`kernels.handed_on`).
"""

from __future__ import annotations

import numpy as np

from detectors.kernels.handed_on import (
    BEFORE,
    GATHERED,
    LINE,
    LONG,
    PAYEE,
    PAYER,
    SPENT,
    STEPS,
    WAY,
    WAY_ASSET,
    emptied,
    gathered,
    has_a_life,
    is_dust,
    is_one_of_many,
    walk_back,
    write_between,
)
from detectors.kernels.moves import (
    AMOUNT,
    EXCHANGED,
    IN,
    L_STEP,
    LINE_CELLS,
    OUT,
    is_hub,
    key_of,
    listed,
    met,
    payers_of,
    put,
    remembered,
    summed,
    with_room,
    write,
)
from detectors.kernels.rounds import (
    EDGES,
    HUB,
    NODE,
    NODES,
    ORIGIN_EDGES,
    ORIGIN_HUB,
    find_round,
    write_hops,
)
from detectors.kernels.signed_payments import GIVEN, SOLD
from detectors.kernels.tried import say_tried
from detectors.memory import chains
from detectors.memory.compiled import njit
from detectors.memory.rows import NONE, touch

HANDS, GATHERERS, CROWD, LINES = 5, 6, 7, 8
"""Of the limits, behind those of rounds: wallets emptied that make a line, wallets that make a gathering,
payers of a payee that make it a place where many pay, and lines of a block, of rounds and of trails each.
"""


@njit(cache=True)
def say_handed_on(  # type: ignore[no-untyped-def]
    cells, words, control, current, previous, degrees, old_degrees, priced, old_priced, payer, payee, asset,
    total, transaction, row, payers, block, now, limits, way, middle, ins, outs, lines, begun, full,
):  # fmt: skip
    """Lines of the trails that a payment, or (without a payee) the making of a contract, completes; how many
    lines there are then.
    """
    made, used = payee == NONE, begun
    steps = walk_back(
        cells, words, control, current, previous, degrees, old_degrees, priced, old_priced, payer, payee,
        asset, total, transaction, block, now, limits[EDGES], limits[HUB], way, ins, outs,
    )  # fmt: skip
    whole = steps
    while steps > 1 and is_one_of_many(
        cells, words, control, current, previous, degrees, old_degrees, way[steps - 1, PAYER],
        way[steps - 1, PAYEE], way[steps - 1, WAY_ASSET], block, now, outs,
    ):  # fmt: skip
        steps -= 1
    many, of, added = emptied(way, steps)
    added = added or has_a_life(degrees, old_degrees, way[steps - 1, PAYER], now)
    enough = many >= limits[HANDS] + added and 3 * many >= 2 * (of - 1) and payers < limits[CROWD]
    if not made and is_dust(asset, total, priced, old_priced, now):
        enough = False
    if whole < STEPS and enough:
        origin, what = way[steps - 1, PAYER], SPENT if made else LINE
        for i in range(steps - 1, 0 if made else -1, -1):
            used = write_between(
                cells, words, control, current, previous, what, steps - 1 - i, origin, way[i, PAYER],
                way[i, PAYEE], way[i, WAY_ASSET], way[i, BEFORE], transaction, block, now, outs, lines,
                used, full,
            )  # fmt: skip
        if made:
            used = write(
                lines, used, full, transaction, origin, what, steps - 1, payer, payer, asset, row,
                transaction, total,
            )  # fmt: skip
        if used == NONE:
            used = begun
    if made or whole < 2 or way[1, PAYER] == way[1, PAYEE]:
        return used
    source = way[1, PAYER]
    count = gathered(
        cells, words, control, current, previous, degrees, old_degrees, source, payee, asset, transaction,
        block, now, limits[HUB], ins, outs, middle,
    )  # fmt: skip
    if count < limits[GATHERERS] or payers - count >= limits[CROWD]:
        return used
    begun = used
    for step in range(2):
        for i in range(count):
            here, there = (source, middle[i]) if step == 0 else (middle[i], payee)
            used = write_between(
                cells, words, control, current, previous, GATHERED, step, source, here, there, asset,
                transaction + 1, transaction, block, now, ins, lines, used, full,
            )  # fmt: skip
    return begun if used == NONE else used


@njit(cache=True)
def _price(priced, old_priced, journal, q_block, q_time, q_asset, q_least, q, block):  # type: ignore[no-untyped-def]
    """Notes what assets were worth before the blocks up to this one, from line `q` on; the next line."""
    while q < q_block.size and q_block[q] <= block:
        row = touch(priced, old_priced, journal, q_asset[q], q_block[q], q_time[q])
        priced[row] = q_least[q]
        q += 1
    return q


@njit(cache=True)
def follow(  # type: ignore[no-untyped-def]
    cells, words, control, current, previous, journal, degrees, old_degrees, degrees_journal,
    priced, old_priced, priced_journal, first, block_of, time_of, q_block, q_time, q_asset, q_least,
    p_transaction, p_payer, p_payee, p_asset, p_row, p_form, p_amount,
    s_transaction, s_account, s_asset_in, s_asset_out, s_row, s_paid, s_got,
    c_transaction, c_maker, c_row, a_transaction, a_payer, a_asset, a_what, a_row, a_amount, limits, p_hub,
):  # fmt: skip
    """Remembers payments and exchanges in their order; lines of the rounds that each payment closes, and of
    the trails that each payment, the making of a contract, or a payment that failed (`a_`), completes.
    `p_hub` gets 1 where the payer was a hub before it, and 2 more where the payee was. numba compiles once
    for each constant that is an argument, so there are none: `nobody`, `none`.
    """
    nodes, sums = np.empty((NODES, NODE), np.int64), np.empty((NODES, 4), np.uint64)
    room = max(limits[EDGES], ORIGIN_EDGES, LONG)
    way, middle = np.empty((STEPS, WAY), np.int64), np.empty(LONG, np.int64)
    ins, outs = np.empty(room, np.int64), np.empty(room, np.int64)
    zero, total = np.zeros(4, np.uint64), np.zeros(4, np.uint64)
    hops = np.empty((limits[LINES], LINE_CELLS), np.int64)
    trails = np.empty((limits[LINES], LINE_CELLS), np.int64)
    nobody, none = np.int64(NONE), np.int64(0)
    used, handed, h_full, t_full, h_block, t_block, s, c, a, q = none, none, 0, 0, NONE, NONE, 0, 0, 0, 0
    for p in range(p_transaction.size + 1):
        until = p_transaction[p] if p < p_transaction.size else np.int64(1) << 62
        while s < s_transaction.size and s_transaction[s] <= until:
            at = s_transaction[s] - first
            remembered(
                cells, words, control, current, previous, journal, s_account[s], EXCHANGED, block_of[at],
                time_of[at], s_asset_in[s], s_asset_out[s], s_transaction[s], s_row[s], GIVEN, s_got[s],
                s_paid[s],
            )  # fmt: skip
            s += 1
        while c < c_transaction.size and c_transaction[c] <= until:
            at = c_transaction[c] - first
            if block_of[at] != t_block:
                t_block, t_full = block_of[at], handed + limits[LINES]
                trails = with_room(trails, handed, t_full)
                q = _price(priced, old_priced, priced_journal, q_block, q_time, q_asset, q_least, q, t_block)
            handed = say_handed_on(
                cells, words, control, current, previous, degrees, old_degrees, priced, old_priced,
                c_maker[c], nobody, none, zero, c_transaction[c], c_row[c], none, block_of[at], time_of[at],
                limits, way, middle, ins, outs, trails, handed, t_full,
            )  # fmt: skip
            c += 1
        while a < a_transaction.size and a_transaction[a] <= until:
            at = a_transaction[a] - first
            if block_of[at] != t_block:
                t_block, t_full = block_of[at], handed + limits[LINES]
                trails = with_room(trails, handed, t_full)
                q = _price(priced, old_priced, priced_journal, q_block, q_time, q_asset, q_least, q, t_block)
            handed = say_tried(
                cells, words, control, current, previous, degrees, old_degrees, priced, old_priced,
                a_payer[a], a_asset[a], a_what[a], a_amount[a], a_transaction[a], a_row[a], block_of[at],
                time_of[at], limits[EDGES], limits[HUB], way, ins, outs, trails, handed, t_full,
            )  # fmt: skip
            a += 1
        if p == p_transaction.size:
            break
        transaction, payer, payee, asset = p_transaction[p], p_payer[p], p_payee[p], p_asset[p]
        block, now = block_of[transaction - first], time_of[transaction - first]
        if block != t_block:
            t_block, t_full = block, handed + limits[LINES]
            trails = with_room(trails, handed, t_full)
            q = _price(priced, old_priced, priced_journal, q_block, q_time, q_asset, q_least, q, block)
        if block != h_block:
            h_block, h_full = block, used + limits[LINES]
            hops = with_room(hops, used, h_full)
        p_hub[p] = is_hub(degrees, old_degrees, payer, now, limits[ORIGIN_HUB])
        p_hub[p] += 2 * is_hub(degrees, old_degrees, payee, now, limits[ORIGIN_HUB])
        payers = payers_of(degrees, old_degrees, payee, now)
        met(degrees, old_degrees, degrees_journal, payee, payer, 0, block, now)
        met(degrees, old_degrees, degrees_journal, payer, payee, 1, block, now)
        if p_form[p] == SOLD:
            put(total, p_amount[p])
        else:
            remembered(
                cells, words, control, current, previous, journal, payee, IN, block, now, payer, asset,
                transaction, p_row[p], p_form[p], p_amount[p], zero,
            )  # fmt: skip
            remembered(
                cells, words, control, current, previous, journal, payer, OUT, block, now, payee, asset,
                transaction, p_row[p], p_form[p], p_amount[p], zero,
            )  # fmt: skip
        if (
            p_form[p] == GIVEN
            and chains.newest(cells, control, current, previous, key_of(payer, IN), block, now) != NONE
            and not is_hub(degrees, old_degrees, payee, now, limits[HUB])
        ):
            count = listed(
                cells, control, current, previous, payer, OUT, block, now, transaction + 1, limits[EDGES],
                outs,
            )  # fmt: skip
            if count > 0:
                summed(cells, words, outs, count, payee, asset, 0, AMOUNT, total)
                handed = say_handed_on(
                    cells, words, control, current, previous, degrees, old_degrees, priced, old_priced, payer,
                    payee, asset, total, transaction, p_row[p], payers, block, now, limits, way, middle, ins,
                    outs, trails, handed, t_full,
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
        if node == NONE:
            continue
        begun = used
        used = write_hops(
            cells, words, control, current, previous, payee, transaction, block, now, limits, nodes, sums,
            node, ins, hops, used, h_full,
        )  # fmt: skip
        if p_form[p] == SOLD and used != NONE:
            used = write(
                hops, used, h_full, transaction, payee, 0, hops[used - 1, L_STEP] + 1, payer, payee, asset,
                p_row[p], transaction, p_amount[p],
            )  # fmt: skip
        if used == NONE:
            used = begun
    if q < q_block.size:
        _price(priced, old_priced, priced_journal, q_block, q_time, q_asset, q_least, q, q_block[-1])
    return hops[:used], trails[:handed]
