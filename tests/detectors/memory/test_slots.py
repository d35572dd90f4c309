"""The index of a table: entries in order of their hash, levels that are left a few entries at a time."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.memory import rows, slots
from detectors.memory.generation import Generation
from detectors.memory.layout import Array, Layout
from detectors.memory.region import Region

ONE = Layout(ints=("one",))
NO_JOURNAL = np.zeros(rows.ENTRIES, np.int64)


def generation(seed: int = 1, room: int = 20_000) -> Generation:
    made = Generation(ONE, None, room)
    made.arena[slots.SEED] = seed
    return made


def touch_all(table: Generation, keys: Array) -> None:
    """Touches keys in a generation that has none before it."""
    empty = generation(int(table.arena[slots.SEED]), 1)
    for key in keys.tolist():
        rows.touch(table.arena, empty.arena, NO_JOURNAL, key, 1, 1)


def found(table: Generation, key: int) -> int:
    """The number of a key's row, -1 where it has none."""
    row = rows.find(table.arena, slots.fingerprint(table.arena, key), key)
    return -1 if row == rows.NONE else (row - rows.OWN - table._begin) // table.width


def level_of(table: Generation, bits: int) -> Array:
    return table.arena[slots.level_at(bits) : slots.level_at(bits + 1)]


def entries(table: Generation) -> list[int]:
    """Everything in the index, level by level, as it lies."""
    levels = [level_of(table, bits) for bits in range(slots.LEAST_BITS, int(table.arena[slots.BITS]) + 2)]
    return [int(entry) for level in levels for entry in level if entry != 0]


def test_every_key_is_found_at_every_size_and_no_other() -> None:
    table = generation()
    keys = np.arange(3000) * 2**40
    for i, key in enumerate(keys.tolist()):
        touch_all(table, keys[i : i + 1])
        assert found(table, key) == i
        if i % 97 == 0:  # in the middle of a move to another level, and between two
            assert [found(table, each) for each in keys[: i + 1].tolist()] == list(range(i + 1))
            assert found(table, key + 1) == -1
    assert table.arena[slots.BITS] > slots.LEAST_BITS + 3


@settings(deadline=None)
@given(st.sets(st.integers(-(2**63), 2**63 - 1), max_size=400), st.integers(0, 2**62))
def test_an_entry_lies_where_the_keys_say_and_not_the_order_they_came_in(keys: set[int], seed: int) -> None:
    """Row numbers differ with the order, so fingerprints are compared, and where no level is being left."""
    forth, back = generation(seed), generation(seed)
    touch_all(forth, np.array(sorted(keys), np.int64))
    touch_all(back, np.array(sorted(keys, reverse=True), np.int64))
    for table in (forth, back):
        while table.arena[slots.BOUNDARY]:
            slots.move(table.arena, 1)
    assert np.array_equal(
        forth.arena[slots.HEAD : forth._begin] >> 32, back.arena[slots.HEAD : back._begin] >> 32
    )


@settings(deadline=None)
@given(st.integers(0, 2**62), st.integers(1, 700), st.integers(1, 60))
def test_what_is_taken_out_leaves_the_bytes_from_before(seed: int, before: int, after: int) -> None:
    keys = np.arange(before + after) * 7919
    table = generation(seed)
    touch_all(table, keys[:before])
    level = int(table.arena[slots.BITS]), int(table.arena[slots.BOUNDARY])
    kept = table.arena[: table._begin].copy()
    touch_all(table, keys[before:])
    for number in reversed(range(before, before + after)):
        slots.remove(table.arena, slots.fingerprint(table.arena, int(keys[number])), number)
        table.arena[slots.COUNT] = number
    if level == (int(table.arena[slots.BITS]), int(table.arena[slots.BOUNDARY])):
        assert np.array_equal(table.arena[: table._begin], kept)
    assert [found(table, key) for key in keys.tolist()] == [*range(before), *[-1] * after]


def test_equal_fingerprints_are_told_apart_by_their_keys() -> None:
    """65,000 keys share 31 bits about once; here they are made to."""
    table = generation()
    many = np.arange(200_000)
    marks = [slots.fingerprint(table.arena, key) for key in many.tolist()]
    twins: dict[int, list[int]] = {}
    for key, mark in zip(many.tolist(), marks, strict=True):
        twins.setdefault(mark, []).append(key)
    pair = next(keys for keys in twins.values() if len(keys) > 1)
    touch_all(table, np.array(pair))
    assert [found(table, key) for key in pair] == [0, 1]
    slots.remove(table.arena, slots.fingerprint(table.arena, pair[0]), 0)
    assert [found(table, key) for key in pair] == [-1, 1]


def test_what_was_left_behind_is_given_back_and_reads_as_zero() -> None:
    table = generation(room=1 << 20)
    empty = generation(1, 1)
    for first in range(0, 600_000, 50_000):
        table.reserve(50_000)
        for key in range(first, first + 50_000):
            rows.touch(table.arena, empty.arena, NO_JOURNAL, key, 1, 1)
    for _ in range(50):
        table.reserve(0)
    bits = int(table.arena[slots.BITS])
    assert table._left.level == bits
    assert not any(level_of(table, each).any() for each in range(slots.LEAST_BITS, bits - 1))
    assert [found(table, key) for key in (0, 599_999, 600_000)] == [0, 599_999, -1]


def test_large_pages_are_asked_for_where_there_is_room_for_one_and_change_nothing() -> None:
    region = Region(5 << 20)
    array = region.array(np.int64)
    array[:] = 1
    region.in_large_pages(0, 1 << 20)
    region.in_large_pages(0, 8 << 20)
    assert array.sum() == array.size


def test_a_generation_that_outgrows_its_room_keeps_its_rows() -> None:
    table = generation(room=4)
    for key in range(1000):
        table.reserve(1)
        touch_all(table, np.array([key]))
    assert [found(table, key) for key in range(1000)] == list(range(1000))
    assert table.room < 4000
    assert len(entries(table)) == 1000
