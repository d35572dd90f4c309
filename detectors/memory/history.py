"""A history: rows that are only ever appended, found by key, newest first, and as of any block."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from detectors.memory import chains
from detectors.memory.append_only import COUNT, AppendOnly
from detectors.memory.layout import Array, Columns, Layout
from detectors.memory.segments import Segments
from detectors.memory.table import FOREVER, Table

HEAD = Layout(ints=("newest",))


class History(AppendOnly):
    """Rows lie in files, so that they survive a crash as they are; what is above a block is cut off by
    length. `heads`, a table, holds each key's newest row: `cap` keys may be in use at once. A row older than
    `horizon_s` is not said, and files that hold only such rows are deleted.
    """

    def __init__(
        self,
        layout: Layout,
        *,
        horizon_s: int | None,
        cap: int,
        folder: Path | None = None,
        name: str = "rows",
    ) -> None:
        segments = Segments(folder, name, np.int64, chains.FIRST + layout.cells)
        super().__init__(layout, horizon_s, segments, chains.FIRST)
        self.heads = Table(HEAD, horizon_s=horizon_s, cap=cap, says_old=True)

    def arrays(self) -> tuple[Array, Array, Array, Array, Array]:
        """`cells, control, current, previous, journal` for kernels that write; asked for anew after each
        `reserve`.
        """
        return self.segments.cells, self.control, *self.heads.arrays()

    def arrays_as_of(self, block: int) -> tuple[Array, Array, Array, Array]:
        """`cells, control, current, previous` for kernels that read as of `block` or later ones. Raises
        ValueError where that is too late.
        """
        self.check_readable(block)
        return self.arrays()[:4]

    @property
    def readable_from(self) -> int:
        return max(self.deleted_at, self.heads.dropped_at)

    def reserve(self, more: int) -> None:
        """Room for so many rows; to be called before each kernel."""
        self.segments.reserve(self.count + more)
        self.heads.reserve(more)

    def add(self, key: int, block: int, time: int, **columns: object) -> int:
        """Appends one row and returns its number; words are four limbs, what is not given is zero. Kernels
        use `chains.add`.
        """
        self.reserve(1)
        number = int(chains.add(*self.arrays(), key, block, time))
        row = self.layout.columns(self.segments.cells[number : number + 1, chains.FIRST :])
        for name, given in columns.items():
            row[name][0] = given
        return number

    def numbers(self, key: int, as_of: int, now: int, most: int = 1 << 20) -> Array:
        """Numbers of a key's `most` newest rows at or below block `as_of`, whose block time is `now`, newest
        first. Raises ValueError for a block below `readable_from`.
        """
        self.check_readable(as_of)
        heads = self.heads
        arrays = self.segments.cells, self.control, heads.current.arena, heads.previous.arena
        out = np.empty(min(most, 16), np.int64)
        found = chains.gather_of(*arrays, key, as_of, now, most, out)
        if found > out.size:
            out = np.empty(found, np.int64)
            chains.gather_of(*arrays, key, as_of, now, most, out)
        return out[:found]

    def held(self, keys: Array) -> Array:
        """Of which keys there may be rows, [n] bool: of the others none were added, or all are gone."""
        found: Array = chains.held(*self.heads.arrays()[:2], keys)
        return found

    def has(self, keys: Array, as_of: Array, now: Array) -> Array:
        """Of which keys there is a row at or below the block beside each, whose time is `now`, [n] bool.
        Raises ValueError for a block below `readable_from`.
        """
        found: Array = chains.has(*self.arrays_as_of(int(as_of.min(initial=FOREVER))), keys, as_of, now)
        return found

    def rows(self, key: int, as_of: int, now: int, most: int = 1 << 20) -> Columns:
        """A key's rows as `numbers` finds them, with their columns as `at` gives them."""
        return self.at(self.numbers(key, as_of, now, most))

    def keep_journal(self, on: bool) -> None:
        self.heads.keep_journal(on)

    def age(self, block: int, time: int) -> None:
        self.heads.age(block, time)

    def undo(self, block: int) -> None:
        self.control[COUNT] = self.rows_until(block)
        self.heads.undo(block)

    def forget(self, block: int) -> None:
        self.heads.forget(block)
