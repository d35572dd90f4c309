"""What accounts paid, were paid and changed, as lists by account in order, and with how many they deal: the
memory of the part `trails`.

Histories by account follow IBM's Graph Feature Preprocessor (Blanuša et al., 2024); sums are exact.
"""

from __future__ import annotations

import numpy as np

from detectors.kernels import u256
from detectors.memory import chains
from detectors.memory.compiled import njit
from detectors.memory.layout import Layout
from detectors.memory.rows import NONE, touch, value
from detectors.memory.slots import mixed

MOVE = Layout(ints=("other", "asset", "transaction", "row", "form"), words=("amount", "amount2"))
"""Of a payment: who is at its other end. Of an exchange: `other` is the asset that was given, `amount2` how
much of it; `asset` and `amount` is what was got. `form` is that of `signed_payments`.
"""
OTHER, ASSET, TRANSACTION, ROW, FORM, AMOUNT, AMOUNT2 = (
    chains.FIRST + place
    for place in MOVE.at("other", "asset", "transaction", "row", "form", "amount", "amount2")
)  # fmt: skip

DEGREE = Layout(ints=("payers", "payees"))
"""Of an account: whom it was paid by and whom it paid, each other account as one bit of 64 (linear counting,
Whang 1990: exact but for one in a few at the dozen that matters).
"""

L_TRANSACTION, L_ORIGIN, L_WHAT, L_STEP, L_PAYER, L_PAYEE, L_ASSET, L_ROW, L_SENT, L_AMOUNT = range(10)
LINE_CELLS = L_AMOUNT + 4
"""Of a line of a round or a trail: what completes it, where it began, what it is, which step of it this is,
and the payment. `full` is how many lines there may be by the end of a block: what needs more is left out.
"""

IN, OUT, EXCHANGED = 0, 1, 2
"""Lists of an account: what it was paid, what it paid, what it changed."""


@njit(cache=True)
def key_of(account, side):  # type: ignore[no-untyped-def]
    return account * 4 + side


@njit(cache=True)
def remembered(  # type: ignore[no-untyped-def]
    cells, words, control, current, previous, journal, account, side, block, time, other, asset,
    transaction, row, form, amount, amount2,
):  # fmt: skip
    number = chains.add(
        cells, control, current, previous, journal, key_of(account, side), block, time
    )  # fmt: skip
    cells[number, OTHER], cells[number, ASSET] = other, asset
    cells[number, TRANSACTION], cells[number, ROW], cells[number, FORM] = transaction, row, form
    for i in range(4):
        words[number, AMOUNT + i] = amount[i]
        words[number, AMOUNT2 + i] = amount2[i]


@njit(cache=True)
def listed(cells, control, current, previous, account, side, block, now, before, most, out):  # type: ignore[no-untyped-def]
    """Rows of one list of an account in transactions below `before`, newest first; how many, or -1 where the
    list is longer than `most`.
    """
    number = chains.newest(cells, control, current, previous, key_of(account, side), block, now)
    count, read = 0, 0
    while number != NONE:
        if read == most:
            return -1
        read += 1
        if cells[number, TRANSACTION] < before:
            out[count] = number
            count += 1
        number = chains.said(cells, control, cells[number, chains.PREVIOUS], block, now)
    return count


@njit(cache=True)
def _bits(word):  # type: ignore[no-untyped-def]
    left, count = np.uint64(word), 0
    while left != np.uint64(0):
        left &= left - np.uint64(1)
        count += 1
    return count


@njit(cache=True)
def met(degrees, old_degrees, journal, account, other, payee, block, time):  # type: ignore[no-untyped-def]
    """Notes that an account was paid by another (column 0), or paid it (column 1)."""
    row = touch(degrees, old_degrees, journal, account, block, time)
    degrees[row + payee] |= np.int64(1) << np.int64(mixed(np.uint64(other) + np.uint64(1)) & np.uint64(63))


@njit(cache=True)
def payers_of(degrees, old_degrees, account, time):  # type: ignore[no-untyped-def]
    """By how many others it was paid."""
    return _bits(value(degrees, old_degrees, account, time, 0))


@njit(cache=True)
def payees_of(degrees, old_degrees, account, time):  # type: ignore[no-untyped-def]
    """How many others it paid."""
    return _bits(value(degrees, old_degrees, account, time, 1))


@njit(cache=True)
def is_hub(degrees, old_degrees, account, time, least):  # type: ignore[no-untyped-def]
    """Whether it has that many payers, and as many payees."""
    payers = _bits(value(degrees, old_degrees, account, time, 0))
    return payers >= least and _bits(value(degrees, old_degrees, account, time, 1)) >= least


@njit(cache=True)
def summed(cells, words, rows, count, other, asset, since, column, out):  # type: ignore[no-untyped-def]
    """Sum of rows of an asset from a transaction on, of one at the other end or (-1) of all; returns the
    oldest transaction and the newest, -1 where there are none.
    """
    for i in range(4):
        out[i] = 0
    oldest, newest = -1, -1
    for i in range(count):
        row = rows[i]
        if cells[row, ASSET] != asset or cells[row, TRANSACTION] < since:
            continue
        if other != -1 and cells[row, OTHER] != other:
            continue
        u256.add_to(out, words[row, column : column + 4])
        newest = max(newest, cells[row, TRANSACTION])
        oldest = cells[row, TRANSACTION]
    return oldest, newest


@njit(cache=True)
def put(out, amount):  # type: ignore[no-untyped-def]
    """A sum becomes another: by limbs, as slices of arrays take long to compile."""
    for i in range(4):
        out[i] = amount[i]


@njit(cache=True)
def half_at_least(one, other):  # type: ignore[no-untyped-def]
    return u256.at_least(one, 1, other, 2)


@njit(cache=True)
def passed_on(got, left):  # type: ignore[no-untyped-def]
    """Whether what left is what came: half of it or more, and a quarter more at most."""
    return half_at_least(left, got) and u256.at_least(got, 4, left, 5)


@njit(cache=True)
def with_room(lines, used, full):  # type: ignore[no-untyped-def]
    """The same lines, with room for `full` of them."""
    if full <= lines.shape[0]:
        return lines
    more = np.empty((2 * full, LINE_CELLS), np.int64)
    for i in range(used):
        for cell in range(LINE_CELLS):
            more[i, cell] = lines[i, cell]
    return more


@njit(cache=True)
def write(lines, used, full, transaction, origin, what, step, payer, payee, asset, row, sent, amount):  # type: ignore[no-untyped-def]
    """One line more; how many there are then, NONE where `full` are too few, or were already."""
    if used == NONE or used >= full:
        return NONE
    lines[used, L_TRANSACTION], lines[used, L_ORIGIN], lines[used, L_WHAT] = transaction, origin, what
    lines[used, L_STEP], lines[used, L_PAYER], lines[used, L_PAYEE] = step, payer, payee
    lines[used, L_ASSET], lines[used, L_ROW], lines[used, L_SENT] = asset, row, sent
    for i in range(4):
        lines[used, L_AMOUNT + i] = np.int64(amount[i])
    return used + 1
