"""Kernel of the part `net`: what each account received and paid of each asset in a transaction, exactly."""

from __future__ import annotations

import numpy as np

from detectors.kernels.decoding.kinds import Kind
from detectors.kernels.rows.naming import is_coin
from detectors.memory.compiled import njit
from detectors.memory.slots import mixed

NATIVE = (int(Kind.TRANSACTION), int(Kind.INNER_VALUE), int(Kind.CREATION))
ERC20, WRAPS = int(Kind.ERC20), (int(Kind.WETH_DEPOSIT), int(Kind.WETH_WITHDRAWAL))


@njit(cache=True)
def moves_money(kind, flag, asset, money, source, target, block, coins, since):  # type: ignore[no-untyped-def]
    """Whether a row moves a fungible asset from one account to another. To wrap the coin, or to unwrap it, is
    to keep it: neither value that goes to the wrapper or comes from it counts, nor what it mints and burns.
    """
    if kind in NATIVE:
        to_wrapper = target != 0 and is_coin(coins, since, target, block)
        return flag and not to_wrapper and not (source != 0 and is_coin(coins, since, source, block))
    if kind == ERC20:
        return asset == money or (source != 0 and target != 0)
    return kind in WRAPS and asset == money


@njit(cache=True)
def _limbs_added(into, at, amount, row):  # type: ignore[no-untyped-def]
    """into[at] += amount[row]; stays at the largest number where the sum does not fit."""
    carry = np.uint64(0)
    for i in range(3, -1, -1):
        partial = into[at, i] + amount[row, i]
        first = np.uint64(1) if partial < into[at, i] else np.uint64(0)
        total = partial + carry
        second = np.uint64(1) if total < partial else np.uint64(0)
        into[at, i] = total
        carry = first + second
    if carry:
        for i in range(4):
            into[at, i] = np.uint64(0xFFFFFFFFFFFFFFFF)


@njit(cache=True)
def _line(account, asset, begin, used, out_account, out_asset, slots, mask):  # type: ignore[no-untyped-def]
    """The line of an account and asset in the transaction whose lines begin at `begin`; `used` where it is to
    be made. `slots` hold lines plus one; those of earlier transactions are taken for free.
    """
    slot = mixed(np.uint64(account) * np.uint64(0x9E3779B97F4A7C15) ^ np.uint64(asset)) & mask
    while slots[slot] > begin:
        line = slots[slot] - 1
        if out_account[line] == account and out_asset[line] == asset:
            return line
        slot = (slot + np.uint64(1)) & mask
    slots[slot] = used + 1
    return used


@njit(cache=True)
def net_changes(  # type: ignore[no-untyped-def]
    first_row, end_row, number, block, traced, coins, since,
    kind, flag, asset, money, source, target, amount,
    slots, out_transaction, out_account, out_asset, received, paid, known,
):  # fmt: skip
    """Writes a line for each account and asset that moved, in the order of their first rows; how many."""
    used, mask = 0, np.uint64(slots.size - 1)
    for t in range(number.size):
        begin = used
        for row in range(first_row[t], end_row[t]):
            if source[row] == target[row] or not moves_money(
                kind[row], flag[row], asset[row], money[row], source[row], target[row], block[t], coins, since
            ):  # fmt: skip
                continue
            if (amount[row, 0] | amount[row, 1] | amount[row, 2] | amount[row, 3]) == 0:
                continue
            for side in range(2):
                account = source[row] if side == 0 else target[row]
                line = _line(account, money[row], begin, used, out_account, out_asset, slots, mask)
                if line == used:
                    used += 1
                    out_transaction[line], out_account[line] = number[t], account
                    out_asset[line] = money[row]
                    known[line] = traced[t] or money[row] != 0
                    for i in range(4):
                        received[line, i] = paid[line, i] = 0
                _limbs_added(paid if side == 0 else received, line, amount, row)
    return used
