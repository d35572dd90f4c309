"""Kernel of the part `clusters`: what a transaction does, as one number, and what it gave its signer."""

from __future__ import annotations

import numpy as np

from detectors.kernels.cohorts import key_of
from detectors.kernels.decoding.kinds import Kind
from detectors.kernels.signed_payments import GIVEN
from detectors.memory.compiled import njit

COSTS, GIFT = -1, -2
"""Instead of what a call got for nothing: it gave something away, or it is a payment."""

_GIVES_AWAY = np.zeros(256, np.bool_)
"""Kinds of rows by which their source lets others have something."""
_GIVES_AWAY[[Kind.APPROVAL_ERC20, Kind.APPROVAL_ERC721, Kind.APPROVAL_FOR_ALL, Kind.PERMIT2_APPROVE]] = True
_GIVES_AWAY[[Kind.ERC721, Kind.ERC1155]] = True


@njit(cache=True)
def act_of(t, called, selector, payment, p_transaction, p_payer, p_payee, p_asset, p_form, who):  # type: ignore[no-untyped-def]
    """What a transaction does, as one number: whom it pays in what, where it pays one account and gets
    nothing; else what it calls and how. With it the payee and the asset, or -1.
    """
    paid, payee, asset = 0, 0, 0
    while payment < p_transaction.size and p_transaction[payment] == t:
        if p_payer[payment] == who and p_form[payment] == GIVEN:
            paid, payee, asset = paid + 1, p_payee[payment], p_asset[payment]
        payment += 1
    if paid == 1:
        return key_of(payee, asset, -2), payee, asset
    return key_of(called, selector, -3), -1, -1


@njit(cache=True)
def received_freely(  # type: ignore[no-untyped-def]
    row_first, row_end, kind, source, who, selector, change, transaction, c_transaction, c_account, c_asset,
    received, paid,
):  # fmt: skip
    """What a call gave its signer for nothing: asset + 1, 0 nothing, `COSTS` where it is no call, or gives
    something away or into the hands of others.
    """
    if selector < 0:
        return COSTS
    for row in range(row_first, row_end):
        if _GIVES_AWAY[kind[row]] and source[row] == who:
            return COSTS
    got = 0
    while change < c_transaction.size and c_transaction[change] == transaction:
        if c_account[change] == who:
            for i in range(4):
                if received[change, i] != paid[change, i]:
                    if received[change, i] < paid[change, i]:
                        return COSTS
                    got = c_asset[change] + 1
                    break
        change += 1
    return got
