"""The table of two generations: what is touched survives, and what it holds never depends on its size."""

from __future__ import annotations

import numpy as np
from detectors.kernels.table import FIRST_ROWS, Table, look, touch
from hypothesis import given, settings
from hypothesis import strategies as st

ALICE, BOB, CAROL = 7, 8, 2**40 + 7


def add(table: Table, key: int, more: int) -> None:
    table.reserve(1)
    table.current.ints[touch(table.current, table.previous, key), 0] += more


def held(table: Table, key: int) -> int:
    return int(look(table.current, table.previous, key, 0))


def test_a_key_never_touched_counts_zero_and_looking_does_not_touch() -> None:
    table = Table.new(1)
    assert held(table, ALICE) == 0
    assert table.rows == 0


def test_what_was_touched_survives_a_generation_and_what_was_not_is_dropped() -> None:
    table = Table.new(1)
    add(table, ALICE, 5)
    add(table, BOB, 6)
    table.rotate()
    assert (held(table, ALICE), held(table, BOB)) == (5, 6)  # the previous generation still answers
    add(table, ALICE, 1)
    table.rotate()
    assert (held(table, ALICE), held(table, BOB)) == (6, 0)


def test_floats_and_words_are_carried_over_with_the_integers() -> None:
    table = Table.new(1, 2, 4)
    row = touch(table.current, table.previous, ALICE)
    table.current.floats[row] = (0.5, 0.25)
    table.current.words[row] = (1, 2, 3, 4)
    table.rotate()
    row = touch(table.current, table.previous, ALICE)
    assert table.current.floats[row].tolist() == [0.5, 0.25]
    assert table.current.words[row].tolist() == [1, 2, 3, 4]


Steps = st.lists(st.tuples(st.sampled_from(["add", "rotate"]), st.integers(-3, 9), st.integers(1, 5)))


@settings(deadline=None)
@given(Steps)
def test_a_table_is_two_dictionaries_of_which_the_older_is_dropped(steps: list[tuple[str, int, int]]) -> None:
    table, now, before = Table.new(1), dict[int, int](), dict[int, int]()
    for verb, key, more in steps:
        if verb == "add":
            add(table, key, more)
            now[key] = now.get(key, before.get(key, 0)) + more
        else:
            table.rotate()
            now, before = {}, now
    assert {key: held(table, key) for key in range(-3, 10)} == {
        key: now.get(key, before.get(key, 0)) for key in range(-3, 10)
    }


def test_growth_changes_nothing_that_is_kept() -> None:
    small, large = Table.new(1), Table.new(1)
    large.reserve(50 * FIRST_ROWS)
    for key in range(3 * FIRST_ROWS):  # the small one doubles twice on the way
        for table in (small, large):
            add(table, key * 2**33, key)
    assert small.current.keys.size < large.current.keys.size
    assert same(small, large)


def test_a_table_comes_back_from_its_arrays_and_goes_on_alike() -> None:
    table = Table.new(2, 1, 4)
    add(table, ALICE, 5)
    table.rotate()
    add(table, BOB, 6)
    twin = Table.of_arrays("t", table.arrays("t"))
    assert same(table, twin)
    for each in (table, twin):
        add(each, ALICE, 1)
        add(each, CAROL, 2)
    assert same(table, twin)
    assert [held(twin, key) for key in (ALICE, BOB, CAROL)] == [6, 6, 2]


def test_an_empty_table_comes_back_from_its_arrays() -> None:
    twin = Table.of_arrays("t", Table.new(1).arrays("t"))
    add(twin, ALICE, 3)
    assert held(twin, ALICE) == 3


def test_a_copy_does_not_follow_the_original() -> None:
    table = Table.new(1)
    add(table, ALICE, 1)
    copy = table.copy()
    add(table, ALICE, 1)
    add(table, BOB, 1)
    table.rotate()
    assert (held(copy, ALICE), held(copy, BOB)) == (1, 0)


def same(left: Table, right: Table) -> bool:
    """Equal rows in equal order in both generations."""
    one, other = left.arrays("t"), right.arrays("t")
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)
