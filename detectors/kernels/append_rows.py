"""Kernel for parts that work out their rows in numpy: appends them to a history, in their order."""

from __future__ import annotations

from detectors.memory.chains import FIRST, add, newest
from detectors.memory.compiled import njit
from detectors.memory.rows import NONE


@njit(cache=True)
def append_rows(  # type: ignore[no-untyped-def]
    cells, control, current, previous, journal, key, block, time, values, carried
):  # fmt: skip
    """`values`: int64 [rows, cells of the layout], as `Layout.columns` lays them out. Where the column
    `carried` (-1: none) is 0 it gets what the key's row before has there, also in `values`. The history has
    reserved room.
    """
    for i in range(key.size):
        if carried >= 0 and values[i, carried] == 0:
            before = newest(cells, control, current, previous, key[i], block[i], time[i])
            if before != NONE:
                values[i, carried] = cells[before, FIRST + carried]
        number = add(cells, control, current, previous, journal, key[i], block[i], time[i])
        for j in range(values.shape[1]):
            cells[number, FIRST + j] = values[i, j]
