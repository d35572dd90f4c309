"""Rows that are only appended and found by their number: whoever appends them links them as he needs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from detectors.memory.append_only import BEGIN, COUNT, AppendOnly
from detectors.memory.layout import Array, Layout
from detectors.memory.segments import Segments

FIRST = 2
"""The column at which the layout begins, behind block and time."""

ROOM = 1 << 36
"""Bytes of addresses, 64 GiB: none of which is memory before it is used."""


class Appended(AppendOnly):
    """Rows lie in files, as those of a history do. Which row comes before which is in columns of the layout;
    a reader looks at `control[BEGIN]` and at the row's time, so that no answer depends on which files are
    still there.
    """

    def __init__(
        self, layout: Layout, *, horizon_s: int | None, folder: Path | None = None, name: str = "rows"
    ) -> None:
        segments = Segments(folder, name, np.int64, FIRST + layout.cells, ROOM)
        super().__init__(layout, horizon_s, segments, FIRST)

    def arrays(self) -> tuple[Array, Array]:
        """`cells, control` for kernels; they stay the same for ever."""
        return self.segments.cells, self.control

    def reserve(self, more: int) -> None:
        """Room for so many rows; to be called before each kernel."""
        self.segments.reserve(self.count + more)

    def load(self, begin: int, count: int) -> None:
        """Takes the rows that files hold."""
        self.control[[BEGIN, COUNT]] = begin, count

    def keep_journal(self, on: bool) -> None:
        """Rows are cut off by their number: nothing else is needed."""

    def age(self, block: int, time: int) -> None:
        """Rows are dropped by file, see `drop`."""

    def undo(self, block: int) -> None:
        self.control[COUNT] = self.rows_until(block)

    def forget(self, block: int) -> None:
        """A rollback needs nothing that is kept for it."""
