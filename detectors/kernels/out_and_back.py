"""Kernels of the part `loans`: what left an account and came back in one transaction, and who pays first."""

from __future__ import annotations

import numpy as np

from detectors.kernels.net_changes import ERC20, _line, moves_money
from detectors.memory.compiled import njit

NONE = -1


@njit(cache=True)
def out_and_back(  # type: ignore[no-untyped-def]
    most_left, first_row, end_row, number, block, coins, since,
    kind, flag, asset, money, source, target, amount,
    slots, l_account, l_asset, l_out, l_back, l_running, l_low, l_borrower, l_other,
    o_transaction, o_holder, o_asset, o_out, o_back, o_borrower, o_payer, o_lent, o_left,
):  # fmt: skip
    """Writes a line for each account that paid an asset before it was paid any, and in the end had it back,
    and of that no more than the share `most_left` besides; how many. The `payer` is whom it had paid, where
    he paid it any, else who paid it last.
    """
    used, mask, found = 0, np.uint64(slots.size - 1), 0
    for t in range(number.size):
        if end_row[t] - first_row[t] < 3:
            continue
        begin = used
        for row in range(first_row[t], end_row[t]):
            if kind[row] != ERC20 or source[row] == target[row] or not moves_money(
                kind[row], flag[row], asset[row], money[row], source[row], target[row], block[t], coins, since
            ):  # fmt: skip
                continue
            for side in range(2):
                account = source[row] if side == 0 else target[row]
                line = _line(account, money[row], begin, used, l_account, l_asset, slots, mask)
                if line == used:
                    used += 1
                    l_account[line], l_asset[line] = account, money[row]
                    l_out[line], l_back[line] = (row if side == 0 else NONE), NONE
                    l_other[line] = NONE
                    l_borrower[line], l_running[line], l_low[line] = target[row], 0.0, 0.0
                if side == 0:
                    l_running[line] -= amount[row]
                    l_low[line] = min(l_low[line], l_running[line])
                else:
                    l_running[line] += amount[row]
                    if source[row] == l_borrower[line]:
                        l_back[line] = row
                    else:
                        l_other[line] = row
        for line in range(begin, used):
            lent, left = -l_low[line], l_running[line]
            back = l_other[line] if l_back[line] == NONE else l_back[line]
            if l_out[line] == NONE or back == NONE or lent <= 0:
                continue
            if -1e-12 * lent <= left <= most_left * lent:
                o_transaction[found], o_holder[found] = number[t], l_account[line]
                o_asset[found], o_out[found], o_back[found] = l_asset[line], l_out[line], back
                o_borrower[found], o_lent[found], o_left[found] = l_borrower[line], lent, left
                o_payer[found] = source[back]
                found += 1
    return found


@njit(cache=True)
def pays_first(  # type: ignore[no-untyped-def]
    most_rows, leg_row, leg_pool, leg_in, leg_out, transaction, kind, money, source, target, emitter,
    swap_kind, out, borrower,
):  # fmt: skip
    """Of each leg (by its row in the piece) the row in which its pool paid, where that stands before it was
    paid, and whom it paid; else NONE. At most so many rows back are looked at.
    """
    for leg in range(leg_row.size):
        at, pool = leg_row[leg], leg_pool[leg]
        out[leg], borrower[leg], paid_in = NONE, NONE, NONE
        row = at - 1
        while row >= 0 and row > at - most_rows and transaction[row] == transaction[at]:
            if kind[row] == swap_kind and emitter[row] == pool:
                break
            if kind[row] == ERC20:
                if source[row] == pool and money[row] == leg_out[leg]:
                    out[leg], borrower[leg] = row, target[row]
                elif target[row] == pool and money[row] == leg_in[leg]:
                    paid_in = row
            row -= 1
        if out[leg] != NONE and (paid_in == NONE or paid_in < out[leg]):
            out[leg] = NONE
