"""Kernel of the part `prices`: what assets were worth before each block, by pools whose money stays."""

from __future__ import annotations

import numpy as np

from detectors.memory.compiled import njit
from detectors.memory.layout import Layout
from detectors.memory.rows import look, touch
from detectors.memory.slots import mixed

STATES = 8
"""States of a pool that are remembered: the last of each block in which it changed."""

_STATES = tuple(str(n) for n in range(STATES))
POOL = Layout(
    ints=("since", "token0", "token1", "proved", "side", "quote", "states", *(f"block{n}" for n in _STATES)),
    floats=(
        "first", "second", "coin", "coin_low", "quoted", "quoted_low",
        *(f"price{n}" for n in _STATES), *(f"depth{n}" for n in _STATES),
    ),
)  # fmt: skip
"""Of a pool: the block of its first state; its tokens plus one (0: not known), and whether its address proves
them and what made it; which of them it is priced in, and that asset plus one; how many states there were.
What it holds of both; what is known to have come of the coin, and of another asset it is priced in, and the
least there was of each: it never held less than nothing, so it holds the difference at least. Of each state
the price of a unit in units of the other, and how much of the other is certainly there.
"""

SINCE, TOKEN0, TOKEN1, PROVED, SIDE, QUOTE, COUNT, BLOCKS = POOL.at(
    "since", "token0", "token1", "proved", "side", "quote", "states", "block0"
)
FIRST, SECOND, COIN, COIN_LOW, QUOTED, QUOTED_LOW, PRICES, DEPTHS = POOL.at(
    "first", "second", "coin", "coin_low", "quoted", "quoted_low", "price0", "depth0"
)

BY_COIN, BY_OTHER = 3, 3
ASSET = Layout(ints=tuple(f"pool{n}" for n in range(BY_COIN + BY_OTHER)))
"""Of an asset: its deepest pools with the coin, plus one, and with others that are priced in the coin."""

POOL_CELLS, ASSET_CELLS = POOL.cells, ASSET.cells
NONE = -1


@njit(cache=True)
def _lasting(found, floats, block, window, least, weights):  # type: ignore[no-untyped-def]
    """Of a pool's row: (price, depth) before a block: the price that half of the blocks of the window stood
    at or below, and what was there in all of them; zeros where its first state is too young.
    """
    count = min(found[COUNT], STATES)
    if count == 0 or block - found[SINCE] < least:
        return 0.0, 0.0
    begin, total, depth = block - window, 0, np.inf
    for n in range(count):
        at = (found[COUNT] - count + n) % STATES
        end = block
        if n + 1 < count:
            end = min(block, found[BLOCKS + (at + 1) % STATES])
        weights[at] = max(0, end - max(begin, found[BLOCKS + at]))
        if weights[at] > 0:
            total += weights[at]
            depth = min(depth, floats[DEPTHS + at])
    if total == 0:
        return 0.0, 0.0
    price = np.inf
    for n in range(count):
        below = 0
        for other in range(count):
            if floats[PRICES + other] <= floats[PRICES + n]:
                below += weights[other]
        if weights[n] > 0 and 2 * below >= total:
            price = min(price, floats[PRICES + n])
    return price, depth


@njit(cache=True)
def _of_pool(  # type: ignore[no-untyped-def]
    pool, asset, block, time, window, least, current, previous, found, weights
):  # fmt: skip
    """(price, depth, what it is priced in) of an asset in one of its pools."""
    if not look(current, previous, pool, time, found) or found[TOKEN0] == 0:
        return 0.0, 0.0, NONE
    side = found[SIDE]
    if found[TOKEN0 + 1 - side] - 1 != asset:
        return 0.0, 0.0, NONE
    price, depth = _lasting(found, found.view(np.float64), block, window, least, weights)
    return price, depth, found[TOKEN0 + side] - 1


@njit(cache=True)
def _in_coin(  # type: ignore[no-untyped-def]
    asset, block, time, window, least, current, previous, assets, old_assets, found, weights, slots
):  # fmt: skip
    """(wei a unit, depth in wei, pool) by the deepest pool with the coin."""
    best, depth, by = 0.0, 0.0, NONE
    if look(assets, old_assets, asset, time, slots):
        for n in range(BY_COIN):
            if slots[n] > 0:
                price, there, quote = _of_pool(
                    slots[n] - 1, asset, block, time, window, least, current, previous, found, weights
                )
                if quote == 0 and there > depth:
                    best, depth, by = price, there, slots[n] - 1
    return best, depth, by


@njit(cache=True)
def _price(  # type: ignore[no-untyped-def]
    asset, block, time, window, least, least_quote, current, previous, assets, old_assets, found, weights,
    slots, others,
):  # fmt: skip
    """The same, also by pools with an asset that is priced so."""
    best, depth, by = _in_coin(
        asset, block, time, window, least, current, previous, assets, old_assets, found, weights, slots
    )
    if not look(assets, old_assets, asset, time, others):
        return best, depth, by
    for n in range(BY_COIN, BY_COIN + BY_OTHER):
        if others[n] == 0:
            continue
        price, there, quote = _of_pool(
            others[n] - 1, asset, block, time, window, least, current, previous, found, weights
        )
        if quote > 0 and there > 0:
            wei, held, _ = _in_coin(
                quote, block, time, window, least, current, previous, assets, old_assets, found, weights,
                slots,
            )  # fmt: skip
            if held >= least_quote and min(there * wei, held) > depth:
                best, depth, by = price * wei, min(there * wei, held), others[n] - 1
    return best, depth, by


@njit(cache=True)
def _worth(  # type: ignore[no-untyped-def]
    depth, quote, block, time, window, least, current, previous, assets, old_assets, found, weights, slots
):  # fmt: skip
    """Wei of what a pool holds of what it is priced in."""
    if quote == 0:
        return depth
    wei, _, _ = _in_coin(
        quote, block, time, window, least, current, previous, assets, old_assets, found, weights, slots
    )
    return depth * wei


@njit(cache=True)
def _newest_depth(found):  # type: ignore[no-untyped-def]
    return found.view(np.float64)[DEPTHS + (found[COUNT] - 1) % STATES] if found[COUNT] > 0 else 0.0


@njit(cache=True)
def _among_deepest(  # type: ignore[no-untyped-def]
    pool, asset, quote, depth, block, time, window, least, current, previous, assets, old_assets,
    assets_journal, found, weights, slots,
):  # fmt: skip
    """Puts a pool among those of an asset, instead of the one that holds least, where it holds more."""
    row = touch(assets, old_assets, assets_journal, asset, block, time)
    begin, end = (0, BY_COIN) if quote == 0 else (BY_COIN, BY_COIN + BY_OTHER)
    weakest, least_there = begin, np.inf
    for n in range(begin, end):
        if assets[row + n] == pool + 1:
            return
        there = -1.0
        if assets[row + n] > 0 and look(current, previous, assets[row + n] - 1, time, found):
            there = _worth(
                _newest_depth(found), found[TOKEN0 + found[SIDE]] - 1, block, time, window, least, current,
                previous, assets, old_assets, found, weights, slots,
            )  # fmt: skip
        if there < least_there:
            weakest, least_there = n, there
    mine = _worth(
        depth, quote, block, time, window, least, current, previous, assets, old_assets, found, weights, slots
    )
    if mine > least_there:
        assets[row + weakest] = pool + 1


@njit(cache=True)
def _note_state(current, floats, row, block):  # type: ignore[no-untyped-def]
    """Writes down a pool's state of a block, over an earlier one of the same; its depth, NONE where nothing
    can be said.
    """
    side = current[row + SIDE]
    held, other = floats[row + FIRST + side], floats[row + FIRST + 1 - side]
    if current[row + TOKEN0] == 0 or held <= 0 or other <= 0:
        return -1.0
    kept = floats[row + QUOTED] - floats[row + QUOTED_LOW]
    if current[row + TOKEN0 + side] == 1:
        kept = floats[row + COIN] - floats[row + COIN_LOW]
    if current[row + PROVED]:
        kept = held
    count = current[row + COUNT]
    at = (count - 1) % STATES
    if count == 0 or current[row + BLOCKS + at] != block:
        at = count % STATES
        current[row + COUNT] = count + 1
        if count == 0:
            current[row + SINCE] = block
    current[row + BLOCKS + at] = block
    floats[row + PRICES + at] = held / other
    floats[row + DEPTHS + at] = min(kept, held)
    return floats[row + DEPTHS + at]


@njit(cache=True)
def _flows(floats, row, into, low, more):  # type: ignore[no-untyped-def]
    floats[row + into] += more
    floats[row + low] = min(floats[row + low], floats[row + into])


@njit(cache=True)
def _marked(key, stamp, slots):  # type: ignore[no-untyped-def]
    """Whether a key is in the set of this stamp; `slots` [n, 2] are never cleared, as stamps rise."""
    mask = np.uint64(slots.shape[0] - 1)
    slot = mixed(np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) & mask
    while slots[slot, 0] == stamp:
        if slots[slot, 1] == key:
            return True
        slot = (slot + np.uint64(1)) & mask
    return False


@njit(cache=True)
def _mark(key, stamp, slots):  # type: ignore[no-untyped-def]
    """Puts a key into the set of this stamp; whether it was there."""
    mask = np.uint64(slots.shape[0] - 1)
    slot = mixed(np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) & mask
    while slots[slot, 0] == stamp:
        if slots[slot, 1] == key:
            return True
        slot = (slot + np.uint64(1)) & mask
    slots[slot, 0], slots[slot, 1] = stamp, key
    return False


@njit(cache=True)
def pool_prices(  # type: ignore[no-untyped-def]
    window, least, least_depth, least_quote, dust,
    b_number, b_time, b_first, b_end, t_number,
    n_transaction, n_account, n_asset, n_more,
    s_transaction, s_pool, s_first, s_second,
    l_transaction, l_pool, l_token0, l_token1, l_proved,
    current, previous, journal, assets, old_assets, assets_journal, marks,
    o_block, o_id, o_wei, o_depth, o_pool,
):  # fmt: skip
    """Writes a line for each block and asset that moved in it and has a price; how many. Then learns what the
    block did: of each transaction its net changes, states of pools, and tokens of pools.
    """
    floats = current.view(np.float64)
    found = np.zeros(POOL_CELLS + 1, np.int64)
    slots, others = np.zeros(ASSET_CELLS + 1, np.int64), np.zeros(ASSET_CELLS + 1, np.int64)
    weights = np.zeros(STATES, np.int64)
    used, stamp, line, state, leg = 0, 0, 0, 0, 0
    for b in range(b_number.size):
        here, now, stamp = b_number[b], b_time[b], stamp + 1
        last = t_number[b_end[b] - 1] if b_end[b] > b_first[b] else -1
        at = line
        while at < n_transaction.size and n_transaction[at] <= last:
            asset = n_asset[at]
            at += 1
            if asset == 0 or _mark(asset, stamp, marks):
                continue
            wei, depth, by = _price(
                asset, here, now, window, least, least_quote, current, previous, assets, old_assets, found,
                weights, slots, others,
            )  # fmt: skip
            if depth >= least_depth and 0.0 < wei < np.inf:
                o_block[used], o_id[used], o_wei[used] = here, asset, wei
                o_depth[used], o_pool[used] = depth, by
                used += 1

        while line < n_transaction.size and n_transaction[line] <= last:
            this, stamp = n_transaction[line], stamp + 1
            while state < s_transaction.size and s_transaction[state] < this:
                state += 1
            while leg < l_transaction.size and l_transaction[leg] < this:
                leg += 1
            end = state
            while end < s_transaction.size and s_transaction[end] == this:
                _mark(s_pool[end], stamp, marks)
                end += 1
            begin = line
            while line < n_transaction.size and n_transaction[line] == this:
                account, asset, more = n_account[line], n_asset[line], n_more[line]
                line += 1
                known = look(current, previous, account, now, found)
                if not known:
                    if not _marked(account, stamp, marks):
                        continue
                    wei = 1.0
                    if asset != 0:
                        wei, depth, _ = _in_coin(
                            asset, here, now, window, least, current, previous, assets, old_assets, found,
                            weights, slots,
                        )  # fmt: skip
                        if depth < least_quote:
                            continue
                    if abs(more) * wei < dust:
                        continue
                elif asset != 0 and found[QUOTE] != 0 and found[QUOTE] - 1 != asset:
                    continue
                row = touch(current, previous, journal, account, here, now)
                if asset == 0:
                    _flows(floats, row, COIN, COIN_LOW, more)
                elif current[row + QUOTE] == 0:
                    _, depth, _ = _in_coin(
                        asset, here, now, window, least, current, previous, assets, old_assets, found,
                        weights, slots,
                    )  # fmt: skip
                    if depth >= least_quote:
                        current[row + QUOTE] = asset + 1
                if asset != 0 and current[row + QUOTE] - 1 == asset:
                    _flows(floats, row, QUOTED, QUOTED_LOW, more)
            while leg < l_transaction.size and l_transaction[leg] == this:
                pool, token0, token1 = l_pool[leg], l_token0[leg] + 1, l_token1[leg] + 1
                proved = l_proved[leg]
                leg += 1
                if not look(current, previous, pool, now, found):
                    continue
                priced_in = 1 if 1 in (token0, token1) else found[QUOTE]
                if found[TOKEN0] == token0 and found[TOKEN1] == token1 and priced_in in (token0, token1):
                    continue
                if found[PROVED] and not proved:
                    continue
                row = touch(current, previous, journal, pool, here, now)
                quote = current[row + QUOTE]
                side = 0 if token0 == 1 else 1 if token1 == 1 else 0 if token0 == quote else 1
                if 1 not in (token0, token1) and quote not in (token0, token1):
                    current[row + QUOTE], quote = 0, 0
                    floats[row + QUOTED] = floats[row + QUOTED_LOW] = 0.0
                    for n in range(2):
                        token = token0 if n == 0 else token1
                        _, depth, _ = _in_coin(
                            token - 1, here, now, window, least, current, previous, assets, old_assets,
                            found, weights, slots,
                        )  # fmt: skip
                        if depth >= least_quote and quote == 0:
                            current[row + QUOTE], quote, side = token, token, n
                current[row + TOKEN0], current[row + TOKEN1] = token0, token1
                current[row + PROVED] = proved
                current[row + SIDE], current[row + COUNT] = side, 0
            for n in range(state, end):
                if s_first[n] >= 0 and look(current, previous, s_pool[n], now, found):
                    row = touch(current, previous, journal, s_pool[n], here, now)
                    floats[row + FIRST], floats[row + SECOND] = s_first[n], s_second[n]
            for n in range(begin, line + end - state):
                pool = n_account[n] if n < line else s_pool[state + n - line]
                if not look(current, previous, pool, now, found) or found[TOKEN0] == 0:
                    continue
                row = touch(current, previous, journal, pool, here, now)
                depth = _note_state(current, floats, row, here)
                if depth > 0:
                    side = current[row + SIDE]
                    _among_deepest(
                        pool, current[row + TOKEN0 + 1 - side] - 1, current[row + TOKEN0 + side] - 1, depth,
                        here, now, window, least, current, previous, assets, old_assets, assets_journal,
                        found, weights, slots,
                    )  # fmt: skip
            state = end
    return used
