"""Numbers for keys of several words, in order of appearance: items of tokens, code hashes, addresses."""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path

import numpy as np

from detectors.memory import numbers, slots
from detectors.memory.errors import MemoryFull
from detectors.memory.generation import LeftLevels, new_seed
from detectors.memory.layout import Array
from detectors.memory.region import Region
from detectors.memory.segments import Segments
from detectors.memory.table import FOREVER

MOST_BITS = 30
"""Room in the index for 738 million keys: addresses only, memory is used as keys come."""

LATEST = 2**32 - 2
"""Blocks, times and numbers are kept in 32 bits."""

Fact = tuple[int, int]
"""Columns, counted from behind the key, of a fact's block and of its value (`numbers.NONE`: it has none)."""


class Numbering:
    """Keys of `words` 32-bit words, in files; numbers go back with the blocks that brought them. `facts`
    names what can be learned of a key once, with the columns it lies in.
    """

    def __init__(
        self,
        words: int,
        facts: dict[str, Fact] | None = None,
        *,
        folder: Path | None = None,
        name: str = "keys",
    ) -> None:
        self.words, self.facts = words, facts or {}
        columns = [at for pair in self.facts.values() for at in pair]
        width = words + max([numbers.FACTS - 1, *columns]) + 1
        self.segments = Segments(folder, name, np.uint32, width)
        self._region = Region(slots.CELL * slots.slots_end(MOST_BITS))
        slots.in_large_pages(self._region, MOST_BITS)
        self.arena: Array = self._region.array(np.int64)
        self.arena[[slots.SEED, slots.BITS]] = new_seed(), slots.LEAST_BITS
        self._left = LeftLevels(self._region, self.arena)
        self.control = np.array([words, 0], np.int64)
        self.journal = np.zeros(numbers.ENTRIES + (numbers.ENTRY << 10), np.int64)
        self.journal[[numbers.BEGIN, numbers.USED]] = numbers.ENTRIES

    @property
    def count(self) -> int:
        return int(self.arena[slots.COUNT])

    def arrays(self) -> tuple[Array, Array, Array, Array]:
        """`cells, arena, control, journal` for kernels; asked for anew after each `reserve`."""
        return self.segments.cells, self.arena, self.control, self.journal

    def reserve(self, keys: int, facts: int = 0, block: int = 0, time: int = 0) -> None:
        """Room for so many new keys and facts, up to a block and a time; to be called before each kernel."""
        if max(block, time, self.count + keys) > LATEST or slots.bits_for(self.count + keys) > MOST_BITS:
            raise MemoryFull(
                f"{self.segments.name} keeps numbers in 32 bits: block {block}, time {time} and "
                f"{self.count + keys:,} keys are too much for it"
            )
        self._left.give_back()
        self.segments.reserve(self.count + keys)
        begin, used = (int(cell) for cell in self.journal[[numbers.BEGIN, numbers.USED]])
        need = numbers.ENTRY * facts
        if self.journal[numbers.ON] and used + need > self.journal.size:
            journal = np.zeros(numbers.ENTRIES + 2 * (used - begin + need), np.int64)
            journal[: numbers.ENTRIES] = self.journal[: numbers.ENTRIES]
            end = numbers.ENTRIES + used - begin
            journal[numbers.ENTRIES : end] = self.journal[begin:used]
            journal[[numbers.BEGIN, numbers.USED]] = numbers.ENTRIES, end
            self.journal = journal

    def number(self, words: Array, blocks: Array, times: Array) -> Array:
        """Numbers of keys, uint32 [n, words], new ones in row order; `blocks` and `times` are of rows."""
        if len(words):
            self.reserve(len(words), 0, int(blocks.max()), int(times.max()))
        out = np.empty(len(words), np.int64)
        numbers.number_all(*self.arrays()[:3], words, blocks, times, out)
        return out

    def number_places(self, words: Array, there: Array, blocks: Array, times: Array) -> Array:
        """Numbers of the keys of rows that name several: uint32 [n, places, words], of which those that are
        `there` (bool [n, places]) count. New ones by row and in it by place; int64 [n, places], -1 for none.
        """
        rows = np.nonzero(there)[0]
        out = np.full(there.shape, numbers.NONE, np.int64)
        out[there] = self.number(words[there], blocks[rows], times[rows])
        return out

    def find(self, words: Array, as_of: int) -> Array:
        """Numbers of keys that had appeared at or below a block; -1 for others."""
        out = np.empty(len(words), np.int64)
        numbers.find_all(*self.arrays()[:3], words, as_of, out)
        return out

    def keys(self, which: Array) -> Array:
        """The words of keys by number: a copy, uint32 [n, words]."""
        return np.ascontiguousarray(self.segments.cells[which, : self.words])

    def appeared(self, which: Array) -> Array:
        """The block of each key's first appearance, by number."""
        blocks: Array = self.segments.cells[which, self.words].astype(np.int64) - 1
        return blocks

    def appeared_at(self, which: Array) -> Array:
        """The time of each key's first appearance, by number."""
        times: Array = self.segments.cells[which, self.words + 1].astype(np.int64)
        return times

    def seen(self, number: int) -> tuple[int, int]:
        """Block and time of a key's first appearance."""
        block, time = self.segments.cells[number, self.words : self.words + numbers.FACTS].tolist()
        return block - 1, time

    def tell(self, number: int, fact: str, block: int, value: int = 0) -> bool:
        """Writes a fact that is not known yet. Kernels use `numbers.tell`."""
        self.reserve(0, 1, block)
        cells, _, control, journal = self.arrays()
        return bool(numbers.tell(cells, control, journal, number, *self.facts[fact], value, block))

    def told(self, number: int, fact: str, as_of: int) -> tuple[int, int | None] | None:
        """Block and value of a fact, where it was known at the end of a block."""
        at, value_at = self.facts[fact]
        block = int(self.segments.cells[number, self.words + at]) - 1
        if block < 0 or block > as_of:
            return None
        if value_at == numbers.NONE:
            return block, None
        return block, int(self.segments.cells[number, self.words + value_at]) - 1

    def until(self, block: int) -> tuple[int, int]:
        """How many keys there were at the end of a block, and the sum over them and their facts."""
        total, count = numbers.sum_until(*self.arrays(), block)
        return int(count), int(total)

    def load(self, count: int, block: int) -> int:
        """Enters the records that files hold, as of a block; the sum over them."""
        pairs = np.array(list(self.facts.values()) or np.empty((0, 2)), np.int64)
        self.arena[slots.BITS] = slots.bits_for(count)
        numbers.load(self.segments.cells, self.arena, self.control, count, pairs, block)
        return int(self.control[numbers.SUM])

    def keep_journal(self, on: bool) -> None:
        """Whether facts can be taken back from now on; numbers always can."""
        self.journal[numbers.ON] = on
        if not on:
            self.forget(FOREVER)

    def age(self, block: int, time: int) -> None:
        """Names stay for ever."""

    def undo(self, block: int) -> None:
        numbers.undo(*self.arrays(), block)

    def move(self, folder: Path) -> None:
        self.segments.folder = folder

    def forget(self, block: int) -> None:
        """Lets go of what only a rollback below `block` would need."""
        begin, used = self.journal[[numbers.BEGIN, numbers.USED]]
        final = bisect_right(self.journal[begin : used : numbers.ENTRY], block)
        self.journal[numbers.BEGIN] += numbers.ENTRY * final
