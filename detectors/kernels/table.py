"""A hash table of integer keys with typed columns, in two generations: what is not touched for a whole
generation is dropped.

A row lives in the current generation once touched; a key found only in the previous one is carried over. Rows
are in order of insertion, so the content of a table depends on the keys alone, never on its capacity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.kernels import u256
from detectors.kernels.compiled import njit

FIRST_ROWS = 1 << 10

Array = NDArray[Any]


class Columns(NamedTuple):
    """The arrays of one generation, as kernels take them. `slots` holds row + 1, 0 = free; its length is a
    power of two.
    """

    slots: Array
    keys: Array
    ints: Array
    floats: Array
    words: Array
    size: Array


@njit(cache=True)
def mix(key):  # type: ignore[no-untyped-def]
    """Spreads a 64-bit key over all bits (the finaliser of splitmix64, Steele 2014)."""
    z = np.uint64(key) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(cache=True)
def find(columns, key):  # type: ignore[no-untyped-def]
    """The row of `key`, or -1."""
    mask = np.uint64(columns.slots.size - 1)
    slot = mix(key) & mask
    while columns.slots[slot] != 0:
        row = columns.slots[slot] - 1
        if columns.keys[row] == key:
            return row
        slot = (slot + np.uint64(1)) & mask
    return -1


@njit(cache=True)
def place(slots, key, row):  # type: ignore[no-untyped-def]
    mask = np.uint64(slots.size - 1)
    slot = mix(key) & mask
    while slots[slot] != 0:
        slot = (slot + np.uint64(1)) & mask
    slots[slot] = row + 1


@njit(cache=True)
def touch(current, previous, key):  # type: ignore[no-untyped-def]
    """The row of `key` in the current generation: found, carried over, or new and zero. The caller has
    reserved room.
    """
    row = find(current, key)
    if row >= 0:
        return row
    row = current.size[0]
    current.size[0] += 1
    current.keys[row] = key
    place(current.slots, key, row)
    old = find(previous, key)
    if old >= 0:
        current.ints[row] = previous.ints[old]
        current.floats[row] = previous.floats[old]
        current.words[row] = previous.words[old]
    return row


@njit(cache=True)
def look(current, previous, key, column):  # type: ignore[no-untyped-def]
    """An integer column of `key` without touching it; 0 where the key is unknown."""
    row = find(current, key)
    if row >= 0:
        return current.ints[row, column]
    row = find(previous, key)
    if row >= 0:
        return previous.ints[row, column]
    return 0


@njit(cache=True)
def look_amount(current, previous, key):  # type: ignore[no-untyped-def]
    """The first amount in the words of `key`, clipped to 64 bits, without touching it; 0 where unknown."""
    row = find(current, key)
    if row >= 0:
        return u256.clipped(current.words[row, :4])
    row = find(previous, key)
    if row >= 0:
        return u256.clipped(previous.words[row, :4])
    return np.int64(0)


@njit(cache=True)
def fill_slots(slots, keys, count):  # type: ignore[no-untyped-def]
    for row in range(count):
        place(slots, keys[row], row)


@dataclass(slots=True)
class Table:
    """Two generations of rows with `ints`, `floats` and `words` (256-bit limbs) columns."""

    current: Columns
    previous: Columns

    @classmethod
    def new(cls, ints: int, floats: int = 0, words: int = 0) -> Table:
        return cls(_empty(ints, floats, words, FIRST_ROWS), _empty(ints, floats, words, 1))

    @property
    def rows(self) -> int:
        return int(self.current.size[0])

    def reserve(self, more: int) -> None:
        """Makes room for `more` new rows, doubling."""
        room, needed = self.current.keys.size, self.rows + more
        if needed > room:
            while room < needed:
                room *= 2
            self.current = _resized(self.current, room)

    def rotate(self) -> None:
        """Drops the previous generation; the current one becomes it."""
        kinds = (self.current.ints.shape[1], self.current.floats.shape[1], self.current.words.shape[1])
        self.previous = _resized(self.current, max(self.rows, 1))
        self.current = _empty(*kinds, FIRST_ROWS)

    def copy(self) -> Table:
        """A copy that shares nothing that changes: the previous generation is only ever read, so it is
        shared.
        """
        return Table(Columns(*(array.copy() for array in self.current)), self.previous)

    def arrays(self, name: str) -> dict[str, Array]:
        """What a checkpoint keeps: the used rows of both generations."""
        kept = {}
        for label, columns in (("current", self.current), ("previous", self.previous)):
            for field in ("keys", "ints", "floats", "words"):
                kept[f"{name}.{label}.{field}"] = getattr(columns, field)[: int(columns.size[0])]
        return kept

    @classmethod
    def of_arrays(cls, name: str, kept: dict[str, Array]) -> Table:
        """The inverse of `arrays`."""

        def columns(label: str) -> Columns:
            keys, ints, floats, words = (
                kept[f"{name}.{label}.{f}"] for f in ("keys", "ints", "floats", "words")
            )
            bare = Columns(np.zeros(0, np.int32), keys, ints, floats, words, np.array([keys.size], np.int64))
            return _resized(bare, max(keys.size, 1))

        return cls(columns("current"), columns("previous"))


def _empty(ints: int, floats: int, words: int, rows: int) -> Columns:
    return Columns(
        np.zeros(_slots_for(rows), np.int32),
        np.zeros(rows, np.int64),
        np.zeros((rows, ints), np.int64),
        np.zeros((rows, floats), np.float64),
        np.zeros((rows, words), np.uint64),
        np.zeros(1, np.int64),
    )


def _slots_for(rows: int) -> int:
    """Twice the rows at least, a power of two: half-full tables keep probes short."""
    return 1 << max(1, (2 * rows - 1).bit_length())


def _resized(columns: Columns, rows: int) -> Columns:
    used = int(columns.size[0])
    kinds = (columns.ints.shape[1], columns.floats.shape[1], columns.words.shape[1])
    grown = _empty(*kinds, rows)
    for field in ("keys", "ints", "floats", "words"):
        getattr(grown, field)[:used] = getattr(columns, field)[:used]
    grown.size[0] = used
    fill_slots(grown.slots, grown.keys, used)
    return grown
