"""A hash index in kernels that never stops to grow: entries in order of their hash, moved level by level.

An arena is one int64 array: a head of fixed cells, then levels of slots, each twice as long as the one below.
An entry is (31-bit fingerprint, row number + 1). Entries of a level lie in ascending order, each at its home
(the upper bits of its fingerprint) or as close behind it as there is room, so where an entry lies depends
on which entries there are and not on the order they came in: taking one out restores the bytes from before
(ordered hash tables: Amble and Knuth 1974). When a level is full enough, entries move to the next one a few
at each insertion, from the lowest fingerprint up; `BOUNDARY` says how far that has come.
"""

from __future__ import annotations

import numpy as np

from detectors.kernels.compiled import njit
from detectors.memory.region import LARGE_FROM, Region

SEED, COUNT, BITS, BOUNDARY = 0, 1, 2, 3
FIRST_FREE = 4
"""Cells of the head that are the owner's."""

CELL = 8
HEAD = 64
FINGERPRINT_BITS = 31
LEAST_BITS = 8
SPARE = 4096
"""Slots behind each level, for what its last cluster needs more. Longer clusters do not occur below a load of
0.75 (a chance of 1 in 10^40) unless somebody knows the seed.
"""

MOVED = 16
"""Old slots visited at an insertion while entries move to the next level."""


@njit(cache=True)
def mixed(z):  # type: ignore[no-untyped-def]
    """Spreads 64 bits over all bits (the finaliser of splitmix64, Steele 2014)."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(cache=True)
def fingerprint(arena, key):  # type: ignore[no-untyped-def]
    """Of an integer key. Seeded, so that nobody can choose keys that collide."""
    z = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(arena[SEED])
    return np.int64(mixed(z) >> np.uint64(64 - FINGERPRINT_BITS))


@njit(cache=True)
def level_at(bits):  # type: ignore[no-untyped-def]
    """The cell where the level of 2^bits slots begins."""
    return HEAD + (1 << bits) - (1 << LEAST_BITS) + SPARE * (bits - LEAST_BITS)


@njit(cache=True)
def first_slot(arena, mark):  # type: ignore[no-untyped-def]
    """The cell where a search for a fingerprint begins."""
    bits = arena[BITS]
    if mark < arena[BOUNDARY]:
        bits += 1
    return level_at(bits) + (mark >> (FINGERPRINT_BITS - bits))


@njit(cache=True)
def insert(arena, mark, row):  # type: ignore[no-untyped-def]
    """Adds an entry, and moves a few where a level is being left."""
    if arena[BOUNDARY] > 0 or arena[COUNT] > (11 << arena[BITS]) >> 4:
        move(arena, MOVED)
    entry = (mark << 32) | (row + 1)
    slot = first_slot(arena, mark)
    while arena[slot] != 0 and arena[slot] < entry:
        slot += 1
    while entry != 0:
        other = arena[slot]
        arena[slot] = entry
        entry = other
        slot += 1


@njit(cache=True)
def remove(arena, mark, row):  # type: ignore[no-untyped-def]
    """Takes an entry out; those behind it move up, as if it had never been there."""
    entry = (mark << 32) | (row + 1)
    slot = first_slot(arena, mark)
    while arena[slot] != entry:
        slot += 1
    while arena[slot + 1] != 0 and first_slot(arena, arena[slot + 1] >> 32) <= slot:
        arena[slot] = arena[slot + 1]
        slot += 1
    arena[slot] = 0


@njit(cache=True)
def move(arena, least):  # type: ignore[no-untyped-def]
    """Moves the entries of `least` slots or more to the next level, up to a free slot, so that what is left
    stands alone.
    """
    bits = arena[BITS]
    base = level_at(bits)
    place = arena[BOUNDARY] >> (FINGERPRINT_BITS - bits)
    last = place + least
    while place < last or arena[base + place] != 0:
        entry = arena[base + place]
        if entry != 0:
            slot = level_at(bits + 1) + ((entry >> 32) >> (FINGERPRINT_BITS - bits - 1))
            while arena[slot] != 0:
                slot += 1
            arena[slot] = entry
            arena[base + place] = 0
        place += 1
        if place == 1 << bits:
            last = place
    if place >= 1 << bits:
        arena[BITS] = bits + 1
        arena[BOUNDARY] = 0
    else:
        arena[BOUNDARY] = place << (FINGERPRINT_BITS - bits)


def bits_for(rows: int) -> int:
    """The level on which so many rows have room."""
    bits = LEAST_BITS
    while rows > (11 << bits) >> 4:
        bits += 1
    return bits


def in_large_pages(region: Region, bits: int) -> None:
    """Asks for large pages for levels that are worth it, up to that of 2^bits slots."""
    level = max(LEAST_BITS, (LARGE_FROM // CELL).bit_length() - 1)
    if level <= bits:
        region.in_large_pages(CELL * level_at(level), CELL * slots_end(bits))


def slots_end(bits: int) -> int:
    """The cell behind the level of 2^bits slots, a multiple of 8 (a cache line)."""
    return HEAD + (2 << bits) - (1 << LEAST_BITS) + SPARE * (bits + 1 - LEAST_BITS)
