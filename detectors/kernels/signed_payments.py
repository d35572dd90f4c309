"""Kernel of the part `trails`: who paid whom in a transaction that the payer asked for, and what they changed
for what, from the net changes of each transaction.
"""

from __future__ import annotations

import numpy as np

from detectors.kernels import u256
from detectors.kernels.decoding.kinds import Kind
from detectors.memory.compiled import njit

GIVEN, SOLD, WITHDRAWN = 0, 1, 2
"""Forms of a payment: the payer got nothing for it, got something, or is a contract that its payee called."""

MOST_LINES, MOST_PAYEES, MOST_ASSETS = 512, 64, 4
"""Of a transaction: net changes beyond which it is left out, payees of a payer beyond which it hands out to
the public and not to a few, and assets of its signer that are looked at.
"""

_ITEMS = (int(Kind.ERC721), int(Kind.ERC1155))


@njit(cache=True)
def _difference(more, less, line, out):  # type: ignore[no-untyped-def]
    """`more - less` of a line into `out`; False where that is not above zero."""
    if u256.compare(more[line], less[line]) <= 0:
        return False
    for i in range(4):
        out[i] = more[line, i]
    u256.subtract_from(out, less[line])
    return True


@njit(cache=True)
def _row_of(target, money, first, end, payee, asset):  # type: ignore[no-untyped-def]
    """The last row of a transaction by which an asset came to a payee; else its first row."""
    for row in range(end - 1, first - 1, -1):
        if target[row] == payee and money[row] == asset:
            return row
    return first


@njit(cache=True)
def _given_an_item(kind, target, first, end, who):  # type: ignore[no-untyped-def]
    for row in range(first, end):
        if target[row] == who and (kind[row] == _ITEMS[0] or kind[row] == _ITEMS[1]):
            return True
    return False


@njit(cache=True)
def signed_payments(  # type: ignore[no-untyped-def]
    first_row, end_row, number, signer, called,
    transaction, account, asset, received, paid,
    kind, target, money, row_number,
    p_transaction, p_payer, p_payee, p_asset, p_row, p_form, p_amount,
    s_transaction, s_account, s_asset_in, s_asset_out, s_row, s_paid, s_got,
):  # fmt: skip
    """Writes payments and exchanges; how many of each. Lines of changes lie in order of transactions."""
    payments, exchanges, line = 0, 0, 0
    loss, gain = np.empty(4, np.uint64), np.empty(4, np.uint64)
    for t in range(number.size):
        while line < transaction.size and transaction[line] < number[t]:
            line += 1
        begin = line
        while line < transaction.size and transaction[line] == number[t]:
            line += 1
        if line == begin or line - begin > MOST_LINES:
            continue
        who, contract, first, end = signer[t], called[t], first_row[t], end_row[t]
        gains, losses, gained, lost = 0, 0, begin, begin
        for i in range(begin, line):
            if account[i] == who:
                compared = u256.compare(received[i], paid[i])
                if compared > 0:
                    gains, gained = gains + 1, i
                elif compared < 0:
                    losses, lost = losses + 1, i
        if gains == 1 and losses == 1:
            s_transaction[exchanges], s_account[exchanges] = number[t], who
            s_asset_in[exchanges], s_asset_out[exchanges] = asset[lost], asset[gained]
            s_row[exchanges] = row_number[_row_of(target, money, first, end, who, asset[gained])]
            _difference(paid, received, lost, s_paid[exchanges])
            _difference(received, paid, gained, s_got[exchanges])
            exchanges += 1
        sold = gains > 0 or (losses > 0 and _given_an_item(kind, target, first, end, who))
        looked = 0
        for i in range(begin, line):
            if account[i] == who and looked < MOST_ASSETS and _difference(paid, received, i, loss):
                looked += 1
                payees = 0
                for j in range(begin, line):
                    if asset[j] == asset[i] and u256.compare(received[j], paid[j]) > 0:
                        payees += 1
                if payees > MOST_PAYEES:
                    continue
                for j in range(begin, line):
                    if (
                        asset[j] != asset[i] or account[j] == 0 or not _difference(received, paid, j, gain)
                    ):  # fmt: skip
                        continue
                    p_transaction[payments], p_payer[payments], p_payee[payments] = number[t], who, account[j]
                    p_asset[payments], p_form[payments] = asset[i], SOLD if sold else GIVEN
                    p_row[payments] = row_number[_row_of(target, money, first, end, account[j], asset[i])]
                    less = loss if u256.compare(loss, gain) < 0 else gain
                    for k in range(4):
                        p_amount[payments, k] = less[k]
                    payments += 1
            elif account[i] == contract and losses == 0 and gains == 1 and asset[i] == asset[gained]:
                if contract == who or not _difference(paid, received, i, loss):
                    continue
                _difference(received, paid, gained, gain)
                p_transaction[payments], p_payer[payments], p_payee[payments] = number[t], contract, who
                p_asset[payments], p_form[payments] = asset[i], WITHDRAWN
                p_row[payments] = row_number[_row_of(target, money, first, end, who, asset[i])]
                less = loss if u256.compare(loss, gain) < 0 else gain
                for k in range(4):
                    p_amount[payments, k] = less[k]
                payments += 1
    return payments, exchanges
