"""One kind of thing in two tables: what somebody signed lasts, what others only tell of is kept apart.

Anyone can tell of a million transfers between strangers for the gas of a few blocks. Rows of what is told so
go to a smaller table, which nobody but other tales can fill; the first signed row of a key takes over what
the smaller table had of it. A kernel gets a row as a slice of cells: `rows.OWN` cells of the table's own
first, then the columns, so that a column's place is the same in both tables.
"""

from __future__ import annotations

from detectors.memory.compiled import njit
from detectors.memory.rows import KNOWN_FROM, NONE, OWN, WIDTH, find, known_from, too_old, touch
from detectors.memory.slots import fingerprint

SINCE = OWN + KNOWN_FROM
"""Of a slice: the time since which the row knows all there was."""


@njit(cache=True)
def held(current, previous, key, time):  # type: ignore[no-untyped-def]
    """The row of a key, not to be changed; empty where nothing is known (any more)."""
    mark = fingerprint(current, key)
    row = find(current, mark, key)
    if row != NONE:
        if too_old(current, row, time):
            return current[:0]
        return current[row - OWN : row - OWN + current[WIDTH]]
    row = find(previous, mark, key)
    if row == NONE or too_old(previous, row, time):
        return current[:0]
    return previous[row - OWN : row - OWN + previous[WIDTH]]


@njit(cache=True)
def seen(current, previous, told, old_told, key, time):  # type: ignore[no-untyped-def]
    """The row of a key in either table, not to be changed; empty where nothing is known (any more)."""
    row = held(current, previous, key, time)
    if row.size == 0:
        return held(told, old_told, key, time)
    return row


@njit(cache=True)
def claim(  # type: ignore[no-untyped-def]
    current, previous, journal, told, old_told, told_journal, key, block, time, signed
):
    """The row of a key, to be changed: where there is one, there; else in the lasting table if `signed`, with
    what was told before, or in the smaller one. Both have reserved room.
    """
    if held(current, previous, key, time).size > 0:
        return _cells(current, touch(current, previous, journal, key, block, time))
    before = held(told, old_told, key, time)
    if not signed:
        row = touch(told, old_told, told_journal, key, block, time)
        if before.size == 0:
            told[row + KNOWN_FROM] = max(told[row + KNOWN_FROM], known_from(current, time))
        return _cells(told, row)
    row = touch(current, previous, journal, key, block, time)
    if before.size == 0:
        current[row + KNOWN_FROM] = max(current[row + KNOWN_FROM], known_from(told, time))
    else:
        for i in range(SINCE, before.size):
            current[row - OWN + i] = before[i]
        _empty(told, touch(told, old_told, told_journal, key, block, time), time)
    return _cells(current, row)


@njit(cache=True)
def _cells(arena, row):  # type: ignore[no-untyped-def]
    return arena[row - OWN : row - OWN + arena[WIDTH]]


@njit(cache=True)
def _empty(arena, row, time):  # type: ignore[no-untyped-def]
    """What moved to the lasting table is not known here any more, should it be dropped there first."""
    for i in range(arena[WIDTH] - OWN):
        arena[row + i] = 0
    arena[row + KNOWN_FROM] = time + 1
