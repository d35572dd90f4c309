"""Reads words out of the bytes of a column, and follows the places that dynamic data says. None of those is
used before it is known to lie inside.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from detectors.memory.compiled import njit

BARE: dict[str, Any] = {"cache": True, "_nrt": False}
"""For kernels that make no array: they need not count references to those that they are given. With the
counting one pass takes four times as long.
"""
INLINED: dict[str, Any] = {**BARE, "forceinline": True}
"""For kernels with so many arguments that handing them on costs more than the work."""

WORD, LIMBS = 32, 4
TOPICS = 4
"""The words of a log lie one after the other: room for four topics, then its data."""
MOST_WORDS = 16

# Columns of a declared event (`program.Program.events`). Its parameters lie in the order of what is done with
# them: addresses that are kept, words that are kept, all others.
(
    E_KIND, E_TOPICS, E_HEAD, E_EXACT, E_FIRST, E_WORDS, E_OTHERS, E_LAST, E_LANES, E_NEXT, E_OWN, E_SINGLE,
    E_FLAG, E_MORE,
) = range(14)  # fmt: skip
EVENT_COLUMNS = 14
FLAG_OF_NOTHING, FLAG_OF_AMOUNT, FLAG_OF_TARGET = range(3)

# Columns of a parameter: its word; its type; the row of the log that it belongs to, or ALL; what it fills.
P_WORD, P_TYPE, P_LANE, P_INTO, P_SLOT = range(5)
PARAMETER_COLUMNS = 5
ALL = -1

# Types: one word (signed: its unused bits are all alike), one that fills two columns, bytes, an array.
UNSIGNED, SIGNED, SPLIT, BYTES, ARRAY, ARRAY_OF_BYTES = range(6)

# What a parameter fills.
NOTHING, ADDRESS, WORDS, MORE, SMALL, FLAG = range(6)


@njit(**BARE)
def limb(data, at):  # type: ignore[no-untyped-def]
    """Eight bytes from `at` on as a number. Unsigned places never count from the end of an array."""
    i = np.uint64(at)
    return (
        (np.uint64(data[i]) << np.uint64(56))
        | (np.uint64(data[i + np.uint64(1)]) << np.uint64(48))
        | (np.uint64(data[i + np.uint64(2)]) << np.uint64(40))
        | (np.uint64(data[i + np.uint64(3)]) << np.uint64(32))
        | (np.uint64(data[i + np.uint64(4)]) << np.uint64(24))
        | (np.uint64(data[i + np.uint64(5)]) << np.uint64(16))
        | (np.uint64(data[i + np.uint64(6)]) << np.uint64(8))
        | np.uint64(data[i + np.uint64(7)])
    )


@njit(**BARE)
def read_word(data, at, words, first):  # type: ignore[no-untyped-def]
    """The word at `at` as four limbs from `first` on, most significant first."""
    for i in range(LIMBS):
        words[np.uint64(first) + np.uint64(i)] = limb(data, at + 8 * i)


@njit(**BARE)
def read_address(data, at, addresses, first):  # type: ignore[no-untyped-def]
    """The 20 bytes at `at` as five numbers of 32 bits, their bytes in the order that they came in."""
    for i in range(5):
        j = np.uint64(at) + np.uint64(4 * i)
        addresses[np.uint64(first) + np.uint64(i)] = (
            np.uint32(data[j])
            | (np.uint32(data[j + np.uint64(1)]) << np.uint32(8))
            | (np.uint32(data[j + np.uint64(2)]) << np.uint32(16))
            | (np.uint32(data[j + np.uint64(3)]) << np.uint32(24))
        )


@njit(**BARE)
def number(data, start, size, at):  # type: ignore[no-untyped-def]
    """The word at byte `at` of the `size` bytes from `start` on; -1 where it is cut short or larger than
    `size`, as no place in them is.
    """
    if at + WORD > size:
        return -1
    high = limb(data, start + at) | limb(data, start + at + 8) | limb(data, start + at + 16)
    low = limb(data, start + at + 24)
    if high != 0 or low > np.uint64(size):
        return -1
    return np.int64(low)


@njit(**BARE)
def bytes_at(data, start, size, at):  # type: ignore[no-untyped-def]
    """The size of the string or bytes whose length is at byte `at`; -1 where they do not end inside."""
    length = number(data, start, size, at)
    return length if length >= 0 and at + WORD + length <= size else -1


@njit(**BARE)
def array_at(data, start, size, at):  # type: ignore[no-untyped-def]
    """The length of the array at byte `at`; -1 where its words do not end inside."""
    length = number(data, start, size, at)
    return length if length >= 0 and at + WORD * (length + 1) <= size else -1


@njit(**BARE)
def rows_of(events, parameters, event, data, start, size):  # type: ignore[no-untyped-def]
    """How many rows a log of a dynamic event makes: 0 where a part does not end inside the data, or arrays
    differ in length. At most one row for 32 bytes of data.
    """
    rows, arrays = 1, 0
    for p in range(events[event, E_OTHERS], events[event, E_LAST]):
        kind = parameters[p, P_TYPE]
        if kind < BYTES:
            continue
        at = number(data, start, size, WORD * (parameters[p, P_WORD] - TOPICS))
        if at < 0:
            return 0
        if kind == BYTES:
            if bytes_at(data, start, size, at) < 0:
                return 0
            continue
        length = array_at(data, start, size, at)
        if length < 0:
            return 0
        if parameters[p, P_INTO] != NOTHING:
            if arrays > 0 and length != rows:
                return 0
            rows, arrays = length, arrays + 1
    return rows
