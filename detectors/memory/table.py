"""A table: integer key -> row of fixed width, kept for a stretch of block time or for ever."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from detectors.memory import rows
from detectors.memory.errors import MemoryFull
from detectors.memory.generation import SPARE_ROWS, Generation
from detectors.memory.layout import Array, Layout

FIRST_ENTRIES = 1 << 10
FOREVER = 2**62


@dataclass(frozen=True, slots=True)
class Ageing:
    """A generation that was dropped at the beginning of a block which may still leave the chain."""

    block: int
    dropped: Generation
    early: bool


class Table:
    """Two generations, each begun more than `horizon_s` seconds of block time after the one before: a row
    last touched longer ago is not said any more, and is gone with its generation, which then holds none that
    still is (so "more than": blocks may share a second). With `horizon_s` None rows stay for ever.

    `cap` is looked at where `age` is called, at fixed blocks. With a horizon it begins a generation early,
    which `early_ageings` counts; without one it raises MemoryFull. `says_old`: rows are said as long as they
    are held, for an owner who looks at their age.
    """

    def __init__(self, layout: Layout, *, horizon_s: int | None, cap: int, says_old: bool = False) -> None:
        if cap < 1 or (horizon_s is not None and horizon_s < 1):
            raise ValueError(f"a table needs a cap and a horizon above 0, not {cap} rows and {horizon_s} s")
        self.layout, self.horizon_s, self.cap = layout, horizon_s, cap
        self._said_s = None if says_old else horizon_s
        self.current = self._new()
        self.previous = self.generation(1)
        self.previous.arena[0] = self.current.arena[0]
        self.early_ageings = 0
        self.held: list[Ageing] = []
        self.dropped_entries = 0
        self._leaving: list[Generation] = []
        self._entry = rows.ENTRY_CELLS + self.current.width
        self.journal = np.zeros(rows.ENTRIES + FIRST_ENTRIES * self._entry, np.int64)
        self.journal[[rows.BEGIN, rows.USED]] = rows.ENTRIES

    def generation(self, room: int) -> Generation:
        """An empty generation with room for so many rows."""
        return Generation(self.layout, self._said_s, room)

    def _new(self) -> Generation:
        return self.generation(self.cap + self.cap // 4 + SPARE_ROWS)

    def arrays(self) -> tuple[Array, Array, Array]:
        """`current, previous, journal` for kernels; asked for anew after each `reserve`."""
        return self.current.arena, self.previous.arena, self.journal

    @property
    def count(self) -> int:
        """Rows of both generations; a key may have one in each."""
        return self.current.count + self.previous.count

    @property
    def dropped_at(self) -> int:
        """The last block at which rows were dropped, -1 where none were."""
        began = self.current.began
        return began[0] if began is not None and self.current.forgotten >= 0 else -1

    def reserve(self, touches: int) -> None:
        """Room for so many touches; to be called before each kernel."""
        self.current.reserve(touches)
        if self._leaving and self._leaving[0].pins == 0 and self._leaving[0].shrink():
            del self._leaving[0]
        if not self.journal[rows.ON]:
            return
        begin, used = self.journal[[rows.BEGIN, rows.USED]]
        live, need = int(used - begin), touches * self._entry
        if used + need > self.journal.size:
            journal = self.journal
            if rows.ENTRIES + live + need > self.journal.size:
                journal = np.empty(rows.ENTRIES + 2 * (live + need), np.int64)
            journal[rows.ENTRIES : rows.ENTRIES + live] = self.journal[begin:used].copy()
            journal[: rows.ENTRIES] = self.journal[: rows.ENTRIES]
            journal[[rows.BEGIN, rows.USED]] = rows.ENTRIES, rows.ENTRIES + live
            self.journal = journal

    def keep_journal(self, on: bool) -> None:
        """Whether touches can be taken back from now on."""
        self.journal[rows.ON] = on
        if not on:
            self.forget(FOREVER)

    def age(self, block: int, time: int) -> None:
        """Begins a generation where it is time, before any touch of `block`, whose time is given. To be
        called at fixed blocks, so that it does not depend on where batches were cut.
        """
        entries = self.entries()
        if len(entries) and entries[-1, rows.ENTRY_BLOCK] >= block:
            raise ValueError(f"block {block} was touched before its tables were aged")
        if self.current.began is None:
            self.current.began = block, time
        full = self.current.count >= self.cap
        if self.horizon_s is None:
            if self.current.count > self.cap:
                raise MemoryFull(
                    f"{self.current.count:,} rows at block {block}, but its cap is {self.cap:,} and none may "
                    "be dropped: raise the cap in the settings and start detect again"
                )
        elif time - self.current.began[1] > self.horizon_s or full:
            self._begin_generation(block, time)

    def _begin_generation(self, block: int, time: int) -> None:
        fresh, old = self._new(), self.current
        assert old.began is not None and self.horizon_s is not None
        early = time - old.began[1] <= self.horizon_s
        fresh.began = block, time
        fresh.arena[0] = old.arena[0]
        fresh.arena[rows.FORGOTTEN] = old.began[1] if self.previous.count else old.forgotten
        if self.journal[rows.ON]:
            self.held.append(Ageing(block, self.previous, early))
        else:
            self._leaving.append(self.previous)
        self.current, self.previous = fresh, old
        self.early_ageings += early

    def undo(self, block: int) -> None:
        """Every row as it stood at the end of a block, byte for byte, and which rows there were."""
        while self.held and self.held[-1].block > block:
            ageing = self.held.pop()
            rows.undo(self.current.arena, self.journal, ageing.block - 1)
            self.current, self.previous = self.previous, ageing.dropped
            self.early_ageings -= ageing.early
        rows.undo(self.current.arena, self.journal, block)
        if self.current.began is not None and self.current.began[0] > block:
            self.current.began = None

    def forget(self, block: int) -> None:
        """Lets go of what only a rollback below `block` would need."""
        self._leaving += [each.dropped for each in self.held if each.block <= block]
        self.held = [each for each in self.held if each.block > block]
        final = self.entries_until(block)
        self.journal[rows.BEGIN] += self._entry * final
        self.dropped_entries += final

    def move(self, folder: Path) -> None:
        """Rows are in a file only as a snapshot, which belongs to all of memory."""

    def generations_at(self, block: int) -> tuple[Generation, Generation]:
        """Previous and current one as they were at the end of a block, at or above the last final one."""
        since = (each.dropped for each in self.held if each.block > block)
        chain = [*since, self.previous, self.current]
        return chain[0], chain[1]

    def began_after(self, block: int) -> int:
        """The first block behind this one at which a generation began that can still be taken back."""
        return min(each.block for each in self.held if each.block > block)

    def entries(self) -> Array:
        """What the journal holds, oldest first: [entries, cells]."""
        begin, used = self.journal[[rows.BEGIN, rows.USED]]
        return self.journal[begin:used].reshape(-1, self._entry)

    def entries_until(self, block: int) -> int:
        """How many entries of the journal are of blocks up to this one."""
        entries = self.entries()
        return bisect_right(entries, block, key=lambda entry: entry[rows.ENTRY_BLOCK])

    def get(self, key: int, time: int) -> dict[str, object] | None:
        """The columns of a key as Python values, or None: for people and tests, kernels `look`."""
        found = np.zeros(self.layout.cells + 1, np.int64)
        if not rows.look(self.current.arena, self.previous.arena, key, time, found):
            return None
        columns = self.layout.columns(found[None, :-1])
        return {name: column[0].tolist() for name, column in columns.items()}

    def known_from(self, key: int, time: int) -> int:
        """The block time since which all that happened to a key is in its row. It is fully known if it first
        appeared then or later: what was dropped cannot have been about it.
        """
        found = np.zeros(self.layout.cells + 1, np.int64)
        rows.look(self.current.arena, self.previous.arena, key, time, found)
        return int(found[-1])

    def fully_known(self, key: int, appeared: int, time: int) -> bool:
        """Whether a key's row, or that there is none, tells all that happened to somebody who first appeared
        at a block time.
        """
        return appeared >= self.known_from(key, time)
