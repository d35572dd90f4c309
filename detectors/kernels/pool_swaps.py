"""Kernel of the part `pools`: swaps with what pools held before and after, legs, and what is remembered."""

from __future__ import annotations

import numpy as np

from detectors.kernels.decoding.kinds import Kind
from detectors.kernels.pool_windows import (
    BOUND,
    E_NEXT,
    E_ROW,
    E_TYPE,
    INTO,
    NONE,
    ONLY_ASSET,
    OUT,
    REMEMBERED,
    SWAPS,
    gathered,
    side_of,
)
from detectors.kernels.rows.naming import is_coin
from detectors.memory.compiled import njit
from detectors.memory.layout import Layout
from detectors.memory.rows import look, touch

POOL = Layout(ints=("version", "token0", "token1", "sure", "fee", "synced"), words=("first", "second"))
"""Of a pool: which protocol; its tokens plus one (0: not known), and whether transfers of exactly a swap's
amounts showed them; of a V3 pool the fee; in which transaction it last synced, plus one; a V2 pool's
reserves, or a V3 pool's square root of the price (Q96) and its liquidity.
"""

VERSION, TOKEN0, TOKEN1, SURE, FEE, SYNCED, FIRST, SECOND = POOL.at(
    "version", "token0", "token1", "sure", "fee", "synced", "first", "second"
)
CELLS = POOL.cells
SWAP_V2, SWAP_V3, SYNC = int(Kind.SWAP_V2), int(Kind.SWAP_V3), int(Kind.SYNC)
POOL_V2, POOL_V3 = int(Kind.POOL_V2), int(Kind.POOL_V3)
CREATED = (POOL_V2, POOL_V3)
TOUCHING = (SWAP_V2, SWAP_V3, SYNC, POOL_V2, POOL_V3)

UNPRICED, PRICED = 0, 1
NO_SIDE = -1


@njit(cache=True)
def _compare(one, a, other, b):  # type: ignore[no-untyped-def]
    for i in range(4):
        if one[a, i] < other[b, i]:
            return -1
        if one[a, i] > other[b, i]:
            return 1
    return 0


@njit(cache=True)
def _less(one, a, other, b, out, at):  # type: ignore[no-untyped-def]
    """out[at] = one[a] - other[b], which is no more."""
    borrow = np.uint64(0)
    for i in range(3, -1, -1):
        taken = one[a, i] - other[b, i]
        under = np.uint64(1) if one[a, i] < other[b, i] else np.uint64(0)
        total = taken - borrow
        borrow = under + (np.uint64(1) if taken < borrow else np.uint64(0))
        out[at, i] = total


@njit(cache=True)
def _plus(one, a, other, b, out, at):  # type: ignore[no-untyped-def]
    carry = np.uint64(0)
    for i in range(3, -1, -1):
        partial = one[a, i] + other[b, i]
        over = np.uint64(1) if partial < one[a, i] else np.uint64(0)
        total = partial + carry
        carry = over + (np.uint64(1) if total < partial else np.uint64(0))
        out[at, i] = total


@njit(cache=True)
def _amounts(row, more_row, amount, amount2, more, told):  # type: ignore[no-untyped-def]
    """What a Swap log says, into `told`: in and out of the first token, in and out of the second."""
    for i in range(4):
        told[0, i], told[2, i] = amount[row, i], amount2[row, i]
        told[1, i], told[3, i] = more[more_row, 0, i], more[more_row, 1, i]


@njit(cache=True)
def _side(told):  # type: ignore[no-untyped-def]
    """Which token was sold to the pool; NO_SIDE where both went one way, or one came back."""
    first, second = _compare(told, 0, told, 1), _compare(told, 2, told, 3)
    if first > 0 > second:
        return 0
    if second > 0 > first:
        return 1
    return NO_SIDE


@njit(cache=True)
def _remembered(row, column, coins, since, block):  # type: ignore[no-untyped-def]
    """A token of a pool's row, the coin as 0; NONE where it is not known."""
    if row[column] == 0:
        return NONE
    asset = row[column] - 1
    return 0 if is_coin(coins, since, asset, block) else asset


@njit(cache=True)
def _resolve(  # type: ignore[no-untyped-def]
    found, begin, emitter, block, time, amount, amount2, money, more_row, more, coins, since, current,
    previous, pools, events, told, assets, sums, known, asset_in, asset_out, how,
):  # fmt: skip
    """Of each swap of a transaction, by its rows counted from `begin`: the asset that came in, the one that
    went out, and how that was found.
    """
    for pool in range(found):
        head = pools[pool, 1]
        window, event = head, head
        while event != NONE:
            if events[event, E_TYPE] != BOUND:
                event = events[event, E_NEXT]
                continue
            row = events[event, E_ROW]
            end = events[event, E_NEXT]
            while end != NONE and events[end, E_TYPE] != BOUND:
                end = events[end, E_NEXT]
            at = row - begin
            asset_in[at] = asset_out[at] = NONE
            if more_row[row] >= 0:
                _amounts(row, more_row[row], amount, amount2, more, told)
                side = _side(told)
                if side != NO_SIDE:
                    look(current, previous, pools[pool, 0], time[row], known)
                    how[at] = 0
                    for way in (OUT, INTO):
                        token, place = (1 - side, 3 - 2 * side) if way == OUT else (side, 2 * side)
                        prefer = _remembered(known, TOKEN0 + token, coins, since, block[row])
                        asset, by = side_of(
                            events, head, window, event, end, way, amount, money, told, place, prefer, assets,
                            sums,
                        )  # fmt: skip
                        how[at] = max(how[at], by)
                        if way == OUT:
                            asset_out[at] = asset
                        else:
                            asset_in[at] = asset
            window = events[event, E_NEXT]
            event = window


@njit(cache=True)
def _put(current, words, previous, journal, pool, version, block, time):  # type: ignore[no-untyped-def]
    """The row of a pool, to be changed; one that was of another protocol is of this one from now on."""
    row = touch(current, previous, journal, pool, block, time)
    if current[row + VERSION] != version:
        current[row + VERSION], current[row + SYNCED] = version, 0
        for i in range(8):
            words[row + FIRST + i] = 0
    return row


@njit(cache=True)
def pool_swaps(  # type: ignore[no-untyped-def]
    first_number, first_row, end_row, transaction, coins, since,
    kind, block, time, signer, emitter, source, target, third, asset, money, amount, amount2, small, more_row,
    more, current, words, previous, journal,
    pools, slots, events, asset_in, asset_out, how,
    s_row, s_transaction, s_pool, s_version, s_side, s_token0, s_token1, s_fee, s_priced,
    s_before0, s_before1, s_after0, s_after1,
    l_row, l_transaction, l_pool, l_signer, l_caller, l_target, l_in, l_out, l_how, l_paid, l_got,
):  # fmt: skip
    """Writes swaps and legs in row order and changes what is remembered; how many of each."""
    told, sums = np.zeros((4, 4), np.uint64), np.zeros((16, 4), np.uint64)
    assets, known = np.zeros(16, np.int64), np.zeros(CELLS + 1, np.int64)
    swaps, legs, stamp = 0, 0, 0
    for t in range(transaction.size):
        begin, end, concerned, swapping = first_row[t], end_row[t], False, False
        for row in range(begin, end):
            concerned = concerned or kind[row] in TOUCHING
            swapping = swapping or kind[row] in SWAPS
        if not concerned:
            continue
        if swapping:
            count = gathered(
                begin, end, stamp, kind, emitter, source, target, asset, amount, pools, slots, events
            )
            stamp += count
            _resolve(
                count, begin, emitter, block, time, amount, amount2, money, more_row, more, coins, since,
                current, previous, pools, events, told, assets, sums, known, asset_in, asset_out, how,
            )  # fmt: skip
        for row in range(begin, end):
            if kind[row] not in TOUCHING:
                continue
            here, now = block[row], time[row]
            if kind[row] in CREATED:
                at = touch(current, previous, journal, target[row], here, now)
                if current[at + TOKEN0] == 0 and current[at + TOKEN1] == 0:
                    current[at + TOKEN0], current[at + TOKEN1] = asset[row] + 1, third[row] + 1
                if kind[row] == POOL_V3 and current[at + FEE] == 0:
                    current[at + FEE] = small[row]
                continue
            if kind[row] == SYNC:
                at = _put(current, words, previous, journal, emitter[row], 2, here, now)
                for i in range(4):
                    words[at + FIRST + i], words[at + SECOND + i] = amount[row, i], amount2[row, i]
                current[at + SYNCED] = transaction[t] + 1
                continue

            version = 2 if kind[row] == SWAP_V2 else 3
            at = _put(current, words, previous, journal, emitter[row], version, here, now)
            _amounts(row, more_row[row], amount, amount2, more, told)
            side = _side(told)
            s_row[swaps], s_transaction[swaps] = first_number + row, transaction[t]
            s_pool[swaps], s_version[swaps], s_side[swaps] = emitter[row], version, side
            s_priced[swaps] = UNPRICED
            for i in range(4):
                s_after0[swaps, i], s_after1[swaps, i] = words[at + FIRST + i], words[at + SECOND + i]
            if version == 3:
                is_known = False
                for i in range(4):
                    is_known = is_known or words[at + SECOND + i] != 0
                    s_before0[swaps, i], s_before1[swaps, i] = s_after0[swaps, i], s_after1[swaps, i]
                    words[at + FIRST + i] = s_after0[swaps, i] = more[more_row[row], 2, i]
                    words[at + SECOND + i] = s_after1[swaps, i] = more[more_row[row], 3, i]
                s_priced[swaps] = PRICED if is_known else UNPRICED
            elif current[at + SYNCED] == transaction[t] + 1:
                # Reserves that a sync said are those after the swap: what came in is taken off again.
                _plus(s_after0, swaps, told, 1, s_before0, swaps)
                _plus(s_after1, swaps, told, 3, s_before1, swaps)
                if _compare(s_before0, swaps, told, 0) >= 0 and _compare(s_before1, swaps, told, 2) >= 0:
                    _less(s_before0, swaps, told, 0, s_before0, swaps)
                    _less(s_before1, swaps, told, 2, s_before1, swaps)
                    s_priced[swaps] = PRICED
            if s_priced[swaps] == UNPRICED:
                for i in range(4):
                    s_before0[swaps, i] = s_before1[swaps, i] = 0

            into, out, by = NONE, NONE, 0
            if side != NO_SIDE:
                into, out, by = asset_in[row - begin], asset_out[row - begin], how[row - begin]
                token_in, token_out = (TOKEN0, TOKEN1) if side == 0 else (TOKEN1, TOKEN0)
                if (into == NONE or out == NONE) and current[at + TOKEN0] > 0 and current[at + TOKEN1] > 0:
                    into, out = current[at + token_in] - 1, current[at + token_out] - 1
                    into = 0 if is_coin(coins, since, into, here) else into
                    out = 0 if is_coin(coins, since, out, here) else out
                    by = REMEMBERED
            s_fee[swaps] = current[at + FEE]
            s_token0[swaps], s_token1[swaps] = (into, out) if side == 0 else (out, into)
            swaps += 1
            if into in (NONE, out) or out == NONE:
                continue
            if by < ONLY_ASSET or (by == ONLY_ASSET and current[at + SURE] == 0):
                current[at + token_in], current[at + token_out] = into + 1, out + 1
                current[at + SURE] = by < ONLY_ASSET
            l_row[legs], l_transaction[legs], l_pool[legs] = first_number + row, transaction[t], emitter[row]
            l_signer[legs], l_caller[legs], l_target[legs] = signer[row], source[row], target[row]
            l_in[legs], l_out[legs], l_how[legs] = into, out, by
            _less(told, 2 * side, told, 2 * side + 1, l_paid, legs)
            _less(told, 3 - 2 * side, told, 2 - 2 * side, l_got, legs)
            legs += 1
    return swaps, legs
