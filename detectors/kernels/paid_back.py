"""Kernel of the part `pots`: who gave somebody money for nothing, and who is paid by one whom he gave."""

from __future__ import annotations

from detectors.kernels.signed_payments import GIVEN
from detectors.kernels.tables import pair_key
from detectors.memory.compiled import njit
from detectors.memory.layout import Layout
from detectors.memory.rows import touch, value

GAVE = Layout(ints=("times",))
"""Of (payee, payer): how often the payer gave, at most to be counted."""
POT = Layout(ints=("givers",))
"""Of a payee: how many different ones gave."""


@njit(cache=True)
def _gives(pot, person, block, time, gave, old_gave, gave_undo, pots, old_pots, pots_undo):  # type: ignore[no-untyped-def]
    row = touch(gave, old_gave, gave_undo, pair_key(pot, person), block, time)
    gave[row] += 1
    if gave[row] == 1:
        pots[touch(pots, old_pots, pots_undo, pot, block, time)] += 1


@njit(cache=True)
def paid_back(  # type: ignore[no-untyped-def]
    least, number, first_row, end_row, block, time, called, done,
    moves, source, target, row_number,
    p_transaction, p_payer, p_payee, p_asset, p_form,
    gave, old_gave, gave_undo, pots, old_pots, pots_undo,
    out_row, out_pot, out_person, out_givers,
):  # fmt: skip
    """Writes a line for each payment to one who gave in an earlier transaction, of pots with `least` givers;
    how many. Then what was given in this transaction is remembered, of the payee and of what was called.
    """
    used, line = 0, 0
    for t in range(number.size):
        now = time[t]
        for row in range(first_row[t], end_row[t]):
            if not moves[row] or source[row] == 0 or target[row] == 0 or source[row] == target[row]:
                continue
            givers = value(pots, old_pots, source[row], now, 0)
            if givers < least or value(gave, old_gave, pair_key(source[row], target[row]), now, 0) == 0:
                continue
            out_row[used], out_pot[used], out_person[used] = row_number[row], source[row], target[row]
            out_givers[used] = givers
            used += 1
        through = False
        while line < p_transaction.size and p_transaction[line] <= number[t]:
            if p_transaction[line] == number[t] and p_form[line] == GIVEN:
                _gives(
                    p_payee[line], p_payer[line], block[t], now, gave, old_gave, gave_undo, pots, old_pots,
                    pots_undo,
                )  # fmt: skip
                pot = called[t]
                if done[t] and not through and pot != 0 and pot != p_payee[line] and pot != p_asset[line]:
                    through = True
                    _gives(
                        pot, p_payer[line], block[t], now, gave, old_gave, gave_undo, pots, old_pots,
                        pots_undo,
                    )  # fmt: skip
            line += 1
    return used
