"""Kernel of the part `sides`: who acts as one in a transaction, and who made and called which contract."""

from __future__ import annotations

import numpy as np

from detectors.kernels.decoding.kinds import Kind
from detectors.memory.compiled import njit
from detectors.memory.layout import Layout
from detectors.memory.rows import look, touch

CONTRACT = Layout(ints=("maker", "caller", "shared", "calls", "coded"))
"""Of an account: who signed its creation and who called it first (plus one; 0: not known), whether anybody
else did, how often the first one did, and whether a call of it ever did something, as only code can.
"""

MAKER, CALLER, SHARED, CALLS, CODED = CONTRACT.at("maker", "caller", "shared", "calls", "coded")
CELLS = CONTRACT.cells
TRANSACTION, CREATION = int(Kind.TRANSACTION), int(Kind.CREATION)

SIGNER, MADE, ONLY_CALLER, NOT = 1, 2, 3, 0
"""How somebody belongs to the signer's side."""


@njit(cache=True)
def _belongs(current, previous, account, signer, time, least_calls, is_called, found):  # type: ignore[no-untyped-def]
    """How an account belongs to a signer, by what was known before its call."""
    if not look(current, previous, account, time, found):
        return NOT
    if found[SHARED] != 0 or (found[CALLER] != 0 and found[CALLER] != signer + 1):
        return NOT
    if found[MAKER] == signer + 1:
        return MADE
    if found[MAKER] == 0 and is_called and found[CODED] != 0 and found[CALLS] >= least_calls:
        return ONLY_CALLER
    return NOT


@njit(cache=True)
def _join(transaction, account, how, begin, used, out_transaction, out_account, out_how):  # type: ignore[no-untyped-def]
    """Adds a member of the transaction whose lines begin at `begin`, once; how many lines there are."""
    for line in range(begin, used):
        if out_account[line] == account:
            return used
    out_transaction[used], out_account[used], out_how[used] = transaction, account, how
    return used + 1


@njit(cache=True)
def _creates(signer, made, block, time, current, previous, journal):  # type: ignore[no-untyped-def]
    row = touch(current, previous, journal, made, block, time)
    for column in range(CELLS):
        current[row + column] = 0
    current[row + MAKER], current[row + CODED] = signer + 1, 1


@njit(cache=True)
def _calls(signer, called, did, block, time, current, previous, journal):  # type: ignore[no-untyped-def]
    row = touch(current, previous, journal, called, block, time)
    if current[row + CALLER] == 0:
        current[row + CALLER] = signer + 1
    if current[row + CALLER] == signer + 1:
        current[row + CALLS] += 1
    else:
        current[row + SHARED] = 1
    if did:
        current[row + CODED] = 1


@njit(cache=True)
def transaction_sides(  # type: ignore[no-untyped-def]
    least_calls, first_row, end_row, number, block, time, signer, target, created, done, selector,
    kind, row_target, line_transaction, line_account, current, previous, journal,
    out_transaction, out_account, out_how,
):  # fmt: skip
    """Writes the members of each transaction's side, the signer first; how many lines."""
    found, used, line = np.zeros(CELLS + 1, np.int64), 0, 0
    for t in range(number.size):
        begin, here, now = used, block[t], time[t]
        used = _join(number[t], signer[t], SIGNER, begin, used, out_transaction, out_account, out_how)
        did = end_row[t] - first_row[t] > 1
        for row in range(first_row[t], end_row[t]):
            if kind[row] == CREATION and row_target[row] != 0:
                _creates(signer[t], row_target[row], here, now, current, previous, journal)
        if created[t] != 0:
            _creates(signer[t], created[t], here, now, current, previous, journal)
        is_call = done[t] and created[t] == 0 and target[t] != 0 and (selector[t] >= 0 or did)
        if is_call or created[t] != 0:
            how = _belongs(current, previous, target[t], signer[t], now, least_calls, is_call, found)
            if how != NOT:
                used = _join(number[t], target[t], how, begin, used, out_transaction, out_account, out_how)
        while line < line_transaction.size and line_transaction[line] <= number[t]:
            if line_transaction[line] == number[t] and line_account[line] != 0:
                how = _belongs(
                    current, previous, line_account[line], signer[t], now, least_calls, False, found
                )
                if how != NOT:
                    used = _join(
                        number[t], line_account[line], how, begin, used, out_transaction, out_account, out_how
                    )
            line += 1
        if is_call:
            _calls(signer[t], target[t], did, here, now, current, previous, journal)
    return used
