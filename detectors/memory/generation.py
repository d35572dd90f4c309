"""One generation of a table's rows: an arena of slots and rows that grows without being copied."""

from __future__ import annotations

import secrets

import numpy as np

from detectors.memory import rows, slots
from detectors.memory.layout import Array, Layout
from detectors.memory.region import LARGE_FROM, PAGE, Region
from detectors.memory.slots import CELL

SPARE_ROWS = 1 << 12
RELEASED = 8 << 20
"""Bytes of an abandoned level given back at a time: the system takes a few ms for a hundred MiB."""


def new_seed() -> int:
    """A secret of this process: whoever does not know it cannot choose keys that collide."""
    return secrets.randbits(62)


class LeftLevels:
    """Levels of slots that all entries have moved on from, to be given back to the system."""

    def __init__(self, region: Region, arena: Array) -> None:
        self._region, self._arena = region, arena
        self.level, self._done = slots.LEAST_BITS, 0

    def give_back(self) -> None:
        """A part of them, at each call."""
        if self.level < self._arena[slots.BITS]:
            begin, end = CELL * slots.level_at(self.level), CELL * slots.level_at(self.level + 1)
            begin, end = -(-begin // PAGE) * PAGE + self._done, end // PAGE * PAGE
            length = min(RELEASED, end - begin)
            self._region.release(begin, length)
            self._done += length
            if length == end - begin or length <= 0:
                self.level, self._done = self.level + 1, 0


class Generation:
    """Rows in order of insertion. `arena` is what kernels take; it is replaced only where a table had to
    outgrow the room that its cap asked for.
    """

    def __init__(self, layout: Layout, horizon_s: int | None, room: int) -> None:
        self.width = rows.OWN + layout.cells
        self.began: tuple[int, int] | None = None
        """Block and block time at which it began; None before the first block."""
        self.pins = 0
        """How many snapshots still read it."""
        self._make(room)
        self.arena[[slots.SEED, slots.BITS, rows.FORGOTTEN]] = new_seed(), slots.LEAST_BITS, -1
        self.arena[rows.HORIZON] = -1 if horizon_s is None else horizon_s

    def _make(self, room: int) -> None:
        self.room = room
        bits = slots.bits_for(room)
        self._begin = slots.slots_end(bits)
        self._region = Region(CELL * (self._begin + room * self.width))
        slots.in_large_pages(self._region, bits)
        self._region.in_large_pages(CELL * self._begin + LARGE_FROM, self._region.size)
        self.arena: Array = self._region.array(np.int64)
        self.arena[[rows.WIDTH, rows.ROWS_AT]] = self.width, self._begin
        self._left = LeftLevels(self._region, self.arena)
        self._shrunk = 0

    @property
    def count(self) -> int:
        return int(self.arena[slots.COUNT])

    @property
    def forgotten(self) -> int:
        return int(self.arena[rows.FORGOTTEN])

    def cells(self, first: int, end: int) -> Array:
        """Rows by number, with the cells that are the table's own; not a copy."""
        return self.arena[self._begin + first * self.width : self._begin + end * self.width]

    def reserve(self, more: int) -> None:
        """Room for `more` rows. What the cap asked for is there from the start and costs nothing before it is
        used; beyond it all rows are copied, which takes 0.1 s for a million.
        """
        self._left.give_back()
        if self.count + more > self.room:
            old, count = self.arena, self.count
            kept = self.cells(0, count)
            head = old[: slots.HEAD].copy()
            self._make(2 * (count + more))
            head[[rows.WIDTH, rows.ROWS_AT]] = self.width, self._begin
            self.arena[: slots.HEAD] = head
            self.cells(0, count)[:] = kept
            self.index(count)

    def index(self, count: int) -> None:
        """Enters the first `count` rows, which are in place already, and no others."""
        self.arena[slots.BITS], self.arena[slots.BOUNDARY] = slots.bits_for(count), 0
        rows.index(self.arena, 0, count)
        self.arena[slots.COUNT] = count

    def shrink(self) -> bool:
        """Gives back a part of what a dropped generation holds; True when all of it is. At once this would
        take 60 ms for a GiB.
        """
        size = CELL * (self._begin + self.count * self.width)
        self._region.release(self._shrunk, min(RELEASED, self._region.size - self._shrunk))
        self._shrunk += RELEASED
        return self._shrunk >= size
