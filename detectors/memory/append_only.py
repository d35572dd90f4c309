"""Rows that are only ever appended, in files: a rollback cuts them off, age deletes the oldest files.

What a history and the row log have in common. Every row begins with its block and its time, which never fall.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from detectors.memory.compiled import njit
from detectors.memory.layout import Array, Columns, Held, Layout, Place
from detectors.memory.segments import Segments

BLOCK, TIME = 0, 1
"""Columns of every row."""

COUNT, BEGIN, HORIZON = 0, 1, 2
"""Of `control`: rows there are, those that are gone included; the first one that is not; seconds a row is
said (-1: for ever).
"""

NO_BLOCK = -1


@njit(cache=True)
def rows_until(cells, first, end, column, last):  # type: ignore[no-untyped-def]
    """How many rows, counted from 0, have no more than `last` in a column that never falls, by bisection."""
    while first < end:
        middle = (first + end) // 2
        if cells[middle, column] <= last:
            first = middle + 1
        else:
            end = middle
    return first


class AppendOnly:
    """`first` is the cell at which the layout's columns begin; `own` are further numbers of `control`."""

    def __init__(
        self, layout: Layout, horizon_s: int | None, segments: Segments, first: int, own: tuple[int, ...] = ()
    ) -> None:
        self.layout, self.horizon_s, self.segments, self.first = layout, horizon_s, segments, first
        self._laid = {"block": Place(BLOCK, np.int64), "time": Place(TIME, np.int64)} | layout.places(first)
        self.control: Array = np.array([0, 0, -1 if horizon_s is None else horizon_s, *own], np.int64)
        self.deleted_at = NO_BLOCK
        """The last block at which files were deleted."""

    @property
    def count(self) -> int:
        """Rows there ever were; the next one gets this number."""
        return int(self.control[COUNT])

    @property
    def readable_from(self) -> int:
        """The lowest block that can be asked for: what was said as of earlier ones may be gone by now."""
        return self.deleted_at

    def check_readable(self, as_of: int) -> None:
        """Raises ValueError where a read comes too late: rows would be missing, and nobody would know."""
        if as_of < self.readable_from:
            raise ValueError(
                f"{self.segments.name} is read as of block {as_of}, too late: "
                f"rows were dropped at block {self.readable_from}"
            )

    def at(self, which: Array) -> Columns:
        """Rows by number: a copy, read-only, in the order asked for: `row`, `block`, `time`, and the layout's
        columns, which may have a `row` of their own. Raises IndexError for a number that is gone or to come,
        which its asker should not have.
        """
        self._check_held(which)
        return self.at_held(which)

    def at_held(self, which: Array) -> Columns:
        """`at` of numbers that were just found here, so that nobody need ask whether they are held."""
        cells = self.segments.cells.take(which, axis=0)
        return Held(cells, self._laid, {} if "row" in self._laid else {"row": which})

    def _check_held(self, which: Array) -> None:
        if len(which) and not self.control[BEGIN] <= which.min() <= which.max() < self.count:
            raise IndexError(f"rows {which.min()} to {which.max()} of {self.segments.name} are not all held")

    def rows_until(self, block: int) -> int:
        """How many rows there were at the end of a block."""
        return self._until(BLOCK, block)

    def too_old_at(self, time: int) -> int:
        """How many rows are not said any more at a block time."""
        return self._until(TIME, time - self.horizon_s - 1) if self.horizon_s is not None else 0

    def _until(self, column: int, last: int) -> int:
        cells, begin = self.segments.cells, int(self.control[BEGIN])
        return int(rows_until(cells, begin, self.count, column, last))

    def kept_from(self, time: int) -> int:
        """The first row whose file is still needed at a block time. The last of the rows that are too old is
        kept, so that there is a file behind which the next one begins.
        """
        return max(int(self.control[BEGIN]), self.too_old_at(time) - 1)

    def drop(self, block: int, time: int) -> None:
        """Deletes files whose rows are all too old at a block, and will be at any that is asked for later."""
        if self.segments.drop(self.kept_from(time)):
            self.deleted_at = block
        self.control[BEGIN] = self.segments.first

    def move(self, folder: Path) -> None:
        self.segments.folder = folder
