"""Kernels that read and change the rows of a table. Only kernels write, in row order.

A table goes to a kernel as three flat int64 arrays: `current` and `previous`, its two generations (see
`slots` for their head), and `journal`, what rows held before they were first touched in a block. A row is
named by the cell at which its columns begin, so column `PAID` of a row is `current[row + PAID]`; views of
the same array as float64 and uint64 take the same index. Four cells before that are the table's own.
"""

from __future__ import annotations

from detectors.kernels.compiled import njit
from detectors.memory.slots import COUNT, FIRST_FREE, fingerprint, first_slot, insert, remove

WIDTH, ROWS_AT, HORIZON, FORGOTTEN = FIRST_FREE, FIRST_FREE + 1, FIRST_FREE + 2, FIRST_FREE + 3
"""Cells of the head: cells a row, cell of the first row, seconds a row is said (-1: for ever), and the time
up to which what was touched may have been dropped (-1: nothing was).
"""

OWN = 4
KEY, BLOCK, TIME, KNOWN_FROM = -4, -3, -2, -1
"""Of each row: its key, block and time of the last touch, and the time since which it knows all there was."""

NONE = -1

ON, BEGIN, USED = 0, 1, 2
ENTRIES = 8
"""Of a journal: whether it is kept, the cells where entries begin and end, and the first entry's cell."""

ENTRY_BLOCK, ENTRY_ROW, ENTRY_CELLS = 0, 1, 2
"""Of an entry: the block of the touch, the row's number (~number where it was new), and its cells before."""


@njit(cache=True)
def row_of(arena, number):  # type: ignore[no-untyped-def]
    """The row with a number, counted from 0 in order of insertion."""
    return arena[ROWS_AT] + number * arena[WIDTH] + OWN


@njit(cache=True)
def find(arena, mark, key):  # type: ignore[no-untyped-def]
    """The row of a key in one generation, or NONE."""
    slot = first_slot(arena, mark)
    entry = arena[slot]
    while entry != 0 and entry >> 32 <= mark:
        if entry >> 32 == mark:
            row = arena[ROWS_AT] + ((entry & 0xFFFFFFFF) - 1) * arena[WIDTH] + OWN
            if arena[row + KEY] == key:
                return row
        slot += 1
        entry = arena[slot]
    return NONE


@njit(cache=True)
def too_old(arena, row, time):  # type: ignore[no-untyped-def]
    """Whether a row was last touched longer ago than the table remembers."""
    return arena[HORIZON] >= 0 and time - arena[row + TIME] > arena[HORIZON]


@njit(cache=True)
def known_from(current, time):  # type: ignore[no-untyped-def]
    """The time since which everything that was touched is still held, for a key that has no row."""
    begin = current[FORGOTTEN] + 1
    if current[HORIZON] >= 0 and time - current[HORIZON] > begin:
        begin = time - current[HORIZON]
    return begin


@njit(cache=True)
def look(current, previous, key, time, found):  # type: ignore[no-untyped-def]
    """Copies the columns of a key to `found`, without touching it: True, or False and zeros where nothing is
    known (any more). One cell behind the columns, `found` gets the time since which all is known.
    """
    mark = fingerprint(current, key)
    arena, row = current, find(current, mark, key)
    if row == NONE:
        arena, row = previous, find(previous, mark, key)
    columns = current[WIDTH] - OWN
    if row == NONE or too_old(arena, row, time):
        found[:columns] = 0
        found[columns] = known_from(current, time)
        return False
    for i in range(columns):
        found[i] = arena[row + i]
    found[columns] = arena[row + KNOWN_FROM]
    return True


@njit(cache=True)
def value(current, previous, key, time, column):  # type: ignore[no-untyped-def]
    """One integer column of a key, without touching it; 0 where nothing is known (any more)."""
    mark = fingerprint(current, key)
    row = find(current, mark, key)
    if row != NONE:
        return 0 if too_old(current, row, time) else current[row + column]
    row = find(previous, mark, key)
    if row == NONE or too_old(previous, row, time):
        return 0
    return previous[row + column]


@njit(cache=True)
def touch(current, previous, journal, key, block, time):  # type: ignore[no-untyped-def]
    """The row of a key in the current generation, to be changed: found, carried over, or new and zero. What
    it held before the block is noted first. Its table has reserved room.
    """
    mark = fingerprint(current, key)
    row = find(current, mark, key)
    if row == NONE:
        row = _added(current, previous, journal, mark, key, block, time)
    else:
        if journal[ON] != 0 and current[row + BLOCK] != block:
            _note(current, journal, row, (row - OWN - current[ROWS_AT]) // current[WIDTH], block)
        if too_old(current, row, time):
            _clear(current, row, time)
    current[row + BLOCK] = block
    current[row + TIME] = time
    return row


@njit(cache=True)
def _added(current, previous, journal, mark, key, block, time):  # type: ignore[no-untyped-def]
    number = current[COUNT]
    row = row_of(current, number)
    current[COUNT] = number + 1
    if journal[ON] != 0:
        _note(current, journal, row, ~number, block)
    insert(current, mark, number)
    current[row + KEY] = key
    old = find(previous, mark, key)
    if old == NONE or too_old(previous, old, time):
        _clear(current, row, time)
    else:
        for i in range(KNOWN_FROM, current[WIDTH] - OWN):
            current[row + i] = previous[old + i]
    return row


@njit(cache=True)
def _clear(current, row, time):  # type: ignore[no-untyped-def]
    current[row + KNOWN_FROM] = known_from(current, time)
    for i in range(current[WIDTH] - OWN):
        current[row + i] = 0


@njit(cache=True)
def _note(current, journal, row, number, block):  # type: ignore[no-untyped-def]
    entry = journal[USED]
    journal[entry + ENTRY_BLOCK] = block
    journal[entry + ENTRY_ROW] = number
    width = current[WIDTH]
    for i in range(width):
        journal[entry + ENTRY_CELLS + i] = current[row - OWN + i]
    journal[USED] = entry + ENTRY_CELLS + width


@njit(cache=True)
def undo(current, journal, block):  # type: ignore[no-untyped-def]
    """Takes back every touch above a block, the last one first: rows, and where they lie, are what they
    were.
    """
    width = current[WIDTH]
    size = ENTRY_CELLS + width
    entry = journal[USED] - size
    while entry >= journal[BEGIN] and journal[entry + ENTRY_BLOCK] > block:
        number = journal[entry + ENTRY_ROW]
        row = row_of(current, ~number if number < 0 else number)
        if number < 0:
            remove(current, fingerprint(current, current[row + KEY]), ~number)
            current[COUNT] = ~number
        for i in range(width):
            current[row - OWN + i] = journal[entry + ENTRY_CELLS + i]
        entry -= size
    journal[USED] = entry + size


@njit(cache=True)
def restore(arena, entries):  # type: ignore[no-untyped-def]
    """Puts entries of a journal into rows read from a snapshot, the last one first; returns how many rows
    there were before the first of them.
    """
    width = arena[WIDTH]
    size = ENTRY_CELLS + width
    count = arena[COUNT]
    for entry in range(entries.size - size, -1, -size):
        number = entries[entry + ENTRY_ROW]
        if number < 0:
            count = min(count, ~number)
        elif number < arena[COUNT]:
            row = row_of(arena, number)
            for i in range(width):
                arena[row - OWN + i] = entries[entry + ENTRY_CELLS + i]
    return count


@njit(cache=True)
def index(arena, first, end):  # type: ignore[no-untyped-def]
    """Enters rows that are in place, in order of their number."""
    for number in range(first, end):
        arena[COUNT] = number + 1
        insert(arena, fingerprint(arena, arena[row_of(arena, number) + KEY]), number)
