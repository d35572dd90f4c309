"""Kernels of a history: rows appended in order, each naming the one before it of the same key.

To a kernel a history is `cells` [rows, width] (int64; its float64 and uint64 views take the same index),
`control`, and the three arrays of the table that holds each key's newest row (see `rows`). Columns of the
history's layout begin at `FIRST`.
"""

from __future__ import annotations

import numpy as np

from detectors.memory.append_only import BEGIN, BLOCK, COUNT, HORIZON, TIME
from detectors.memory.compiled import njit
from detectors.memory.rows import NONE, touch, value

KEY, PREVIOUS = 2, 3
FIRST = 4
"""Columns of every row behind its block and time, and the first one of the layout."""


@njit(cache=True)
def add(cells, control, current, previous, journal, key, block, time):  # type: ignore[no-untyped-def]
    """Appends a row of zeros and returns its number. The history has reserved room."""
    number = control[COUNT]
    control[COUNT] = number + 1
    head = touch(current, previous, journal, key, block, time)
    cells[number, BLOCK] = block
    cells[number, TIME] = time
    cells[number, KEY] = key
    cells[number, PREVIOUS] = current[head] - 1
    cells[number, FIRST:] = 0
    current[head] = number + 1
    return number


@njit(cache=True)
def newest(cells, control, current, previous, key, as_of, now):  # type: ignore[no-untyped-def]
    """A key's newest row at or below block `as_of`, whose time is `now`, or NONE."""
    return said(cells, control, value(current, previous, key, now, 0) - 1, as_of, now)


@njit(cache=True)
def said(cells, control, number, as_of, now):  # type: ignore[no-untyped-def]
    """The first row from this one on, going back along its key, at or below block `as_of`; NONE where it is
    too old or gone. `said(…, cells[number, PREVIOUS], …)` is the next one.
    """
    while number >= control[BEGIN] and cells[number, BLOCK] > as_of:
        if cells[number, PREVIOUS] >= number:
            return NONE  # no list of ours: it would go round
        number = cells[number, PREVIOUS]
    if number < control[BEGIN]:
        return NONE
    if control[HORIZON] >= 0 and now - cells[number, TIME] > control[HORIZON]:
        return NONE
    return number


@njit(cache=True)
def gather(cells, control, number, as_of, now, most, out):  # type: ignore[no-untyped-def]
    """Numbers of the rows from this one on, going back along its key, until `out` is full; how many there
    are, counted up to `most`.
    """
    found = 0
    number = said(cells, control, number, as_of, now)
    while number != NONE and found < most:
        if found < out.size:
            out[found] = number
        found += 1
        number = said(cells, control, cells[number, PREVIOUS], as_of, now)
    return found


@njit(cache=True)
def gather_of(cells, control, current, previous, key, as_of, now, most, out):  # type: ignore[no-untyped-def]
    """`gather` from a key's newest row on."""
    return gather(cells, control, value(current, previous, key, now, 0) - 1, as_of, now, most, out)


@njit(cache=True)
def has(cells, control, current, previous, keys, as_of, now):  # type: ignore[no-untyped-def]
    """Whether `newest` finds a row of each key, as of the block beside it."""
    found = np.empty(keys.size, np.bool_)
    for i in range(keys.size):
        found[i] = newest(cells, control, current, previous, keys[i], as_of[i], now[i]) != NONE
    return found


@njit(cache=True)
def held(current, previous, keys):  # type: ignore[no-untyped-def]
    """Of which keys there may be a row: who asks for one of the others finds nothing."""
    found = np.empty(keys.size, np.bool_)
    for i in range(keys.size):
        found[i] = value(current, previous, keys[i], 0, 0) > 0
    return found
