"""A kernel of the tests: what a part's own kernel would do with a table."""

from __future__ import annotations

from detectors.kernels.compiled import njit
from detectors.memory.layout import Layout
from detectors.memory.rows import touch

PAYMENTS = Layout(ints=("payments",), floats=("rate",), words=("paid",))
COUNT, RATE, PAID = PAYMENTS.at("payments", "rate", "paid")


@njit
def pay(current, floats, words, previous, journal, payers, amounts, blocks, times):  # type: ignore[no-untyped-def]
    """Each payer has paid once more; the rate is halved each time."""
    for i in range(payers.size):
        row = touch(current, previous, journal, payers[i], blocks[i], times[i])
        current[row + COUNT] += 1
        floats[row + RATE] = floats[row + RATE] / 2 + amounts[i]
        words[row + PAID] += amounts[i]
        words[row + PAID + 3] = blocks[i]
