"""A table: what was touched is said for its horizon, and a rollback gives back every byte."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.memory import rows, slots
from detectors.memory.errors import MemoryFull
from detectors.memory.layout import Layout
from detectors.memory.table import Table
from tests.detectors.memory.kernels import COUNT, PAID, PAYMENTS, RATE, pay
from tests.detectors.memory.oracle import ALICE, BOB, CAROL

DAY = 86_400


def table(horizon_s: int | None = 30 * DAY, cap: int = 1000, journal: bool = True) -> Table:
    made = Table(PAYMENTS, horizon_s=horizon_s, cap=cap)
    made.keep_journal(journal)
    made.age(0, 0)
    return made


def pays(of: Table, who: int, amount: int = 1, block: int = 1, time: int = 1) -> None:
    of.reserve(1)
    current, previous, journal = of.arrays()
    floats, words = current.view(np.float64), current.view(np.uint64)
    one = [np.array([each]) for each in (who, amount, block, time)]
    pay(current, floats, words, previous, journal, *one)


def count(of: Table, who: int, time: int = 1) -> int:
    current, previous, _ = of.arrays()
    return int(rows.value(current, previous, who, time, COUNT))


def bytes_of(of: Table) -> list[bytes]:
    """All that the generations are: heads, slots and rows."""
    ends = [each._begin + each.width * (each.count + 3) for each in (of.previous, of.current)]
    return [each.arena[:end].tobytes() for each, end in zip((of.previous, of.current), ends, strict=True)]


def test_integers_floats_and_words_lie_in_one_row() -> None:
    assert (COUNT, RATE, PAID, PAYMENTS.cells) == (0, 1, 2, 6)
    payers = table()
    pays(payers, ALICE, 5)
    pays(payers, ALICE, 2, block=9)
    assert payers.get(ALICE, 1) == {"payments": 2, "rate": 4.5, "paid": [7, 0, 0, 9]}


def test_nobody_is_known_before_a_touch_and_looking_is_none() -> None:
    payers = table()
    assert payers.get(ALICE, 1) is None
    assert count(payers, ALICE) == 0
    assert payers.count == 0


def test_a_row_is_said_for_its_horizon_to_the_second_wherever_its_generation_is() -> None:
    payers = table(horizon_s=100)
    pays(payers, ALICE, time=30)
    assert (count(payers, ALICE, 130), count(payers, ALICE, 131)) == (1, 0)
    payers.age(2, 110)  # in the previous generation now
    assert (count(payers, ALICE, 130), count(payers, ALICE, 131)) == (1, 0)
    pays(payers, ALICE, block=2, time=130)
    assert count(payers, ALICE, 230) == 2
    pays(payers, ALICE, block=3, time=231)
    assert count(payers, ALICE, 231) == 1


def test_what_is_touched_again_in_time_lasts_through_any_number_of_generations() -> None:
    payers = table(horizon_s=100)
    for i in range(1, 50):
        payers.age(i, 60 * i)
        pays(payers, ALICE, block=i, time=60 * i)
    assert count(payers, ALICE, 60 * 49) == 49
    assert payers.count <= 2


waits = st.lists(st.tuples(st.sampled_from([0, 1, 49, 50, 99, 100, 101]), st.integers(1, 3)), max_size=30)


@settings(deadline=None)
@given(waits)
def test_generations_show_nowhere_a_dictionary_with_times_says_the_same(paid: list[tuple[int, int]]) -> None:
    """Also where blocks share a second, and rows are exactly as old as is remembered."""
    payers, last, time = table(horizon_s=100), dict[int, tuple[int, int]](), 0
    for block, (later, who) in enumerate(paid, 1):
        time += later
        payers.age(block, time)
        pays(payers, who, block=block, time=time)
        before, touched = last.get(who, (0, time))
        last[who] = (before if time - touched <= 100 else 0) + 1, time
        said = {each: payments for each, (payments, at) in last.items() if time - at <= 100}
        assert {each: count(payers, each, time) for each in (1, 2, 3) if count(payers, each, time)} == said
        assert payers.known_from(9, time) == max(0, time - 100)


def test_a_balance_is_fully_known_only_if_nothing_before_can_have_been_dropped() -> None:
    payers = table(horizon_s=100)
    pays(payers, ALICE, time=30)
    assert payers.known_from(ALICE, 30) == 0
    payers.age(2, 110)
    pays(payers, BOB, block=2, time=150)
    assert payers.known_from(BOB, 150) == 50  # a row last touched before 50 would not be said any more
    pays(payers, ALICE, block=3, time=200)
    assert payers.known_from(ALICE, 200) == 100  # 170 s of silence: her row began anew
    pays(payers, BOB, block=3, time=240)
    payers.age(4, 250)
    assert payers.known_from(BOB, 250) == 50  # his goes on, and so does what is known
    assert [payers.fully_known(BOB, appeared, 250) for appeared in (49, 50, 51)] == [False, True, True]
    assert [payers.fully_known(CAROL, appeared, 250) for appeared in (149, 150)] == [False, True]


def test_a_cap_that_bites_begins_a_generation_early_and_is_counted_and_lowers_what_is_known() -> None:
    payers = table(horizon_s=100, cap=2)
    pays(payers, ALICE, time=5)
    pays(payers, BOB, time=5)
    payers.age(2, 10)
    pays(payers, CAROL, block=2, time=11)
    pays(payers, BOB, block=2, time=11)
    payers.age(3, 20)
    assert payers.early_ageings == 2
    assert (count(payers, ALICE, 20), count(payers, BOB, 20)) == (0, 2)
    assert payers.known_from(ALICE, 20) == 11  # touched at 10 or before, a row may be gone
    assert payers.known_from(BOB, 20) == 0


def test_forged_rows_flush_nothing_but_the_small_table_they_go_to() -> None:
    """A forger writes ten thousand rows for the price of gas: they go to a table of their own."""
    paid, forged = table(cap=100), table(cap=1000)
    pays(paid, ALICE)
    for block in range(50, 1050, 50):
        for of in (paid, forged):
            of.age(block, block)
        for victim in range(500):
            pays(forged, 1000 * block + victim, block=block, time=block)
    assert (paid.early_ageings, count(paid, ALICE, 1050)) == (0, 1)
    assert (forged.early_ageings, forged.count) == (9, 2000)
    assert paid.fully_known(ALICE, 1, 1050)
    assert not forged.fully_known(ALICE, 1, 1050)


def test_a_table_for_ever_stops_at_its_cap_with_what_to_do() -> None:
    payers = table(horizon_s=None, cap=2)
    pays(payers, ALICE)
    pays(payers, BOB)
    payers.age(50, 10 * DAY)
    assert count(payers, ALICE, 1000 * DAY) == 1
    pays(payers, CAROL, block=50)
    with pytest.raises(MemoryFull, match=r"3 rows at block 100, but its cap is 2 .*raise the cap"):
        payers.age(100, 20 * DAY)


@pytest.mark.parametrize(("horizon_s", "cap"), [(0, 1), (None, 0), (-1, 5)])
def test_a_table_without_room_or_time_is_refused(horizon_s: int | None, cap: int) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Table(PAYMENTS, horizon_s=horizon_s, cap=cap)


def test_ageing_in_the_middle_of_a_block_is_refused() -> None:
    payers = table()
    pays(payers, ALICE, block=3)
    with pytest.raises(ValueError, match="before its tables were aged"):
        payers.age(3, 1)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(st.integers(1, 300), max_size=60), min_size=1, max_size=8), st.data())
def test_a_rollback_gives_back_every_byte_of_rows_and_slots(
    blocks: list[list[int]], data: st.DataObject
) -> None:
    """But for the level that slots had moved on to: there, the same entries lie in the same order."""
    payers, kept = table(cap=10_000), []
    for number, payers_of_block in enumerate(blocks, 1):
        kept.append((bytes_of(payers), _levels(payers)))
        for who in payers_of_block:
            pays(payers, who, block=number, time=number)
    target = data.draw(st.integers(0, len(blocks) - 1))
    payers.undo(target)
    before, levels = kept[target]
    if levels == _levels(payers):
        assert bytes_of(payers) == before
    assert payers.current.cells(0, payers.current.count).tobytes() in before[1]
    held = {who for each in blocks[:target] for who in each}
    assert {who for who in range(1, 301) if count(payers, who, 1)} == held


def _levels(of: Table) -> tuple[int, int]:
    return int(of.current.arena[slots.BITS]), int(of.current.arena[slots.BOUNDARY])


def test_a_dropped_generation_comes_back_with_a_rollback() -> None:
    payers = table(horizon_s=100)
    pays(payers, ALICE, 7, time=50)
    payers.age(2, 101)
    pays(payers, BOB, block=2, time=101)
    before = bytes_of(payers)
    payers.age(3, 202)  # drops the generation Alice's row was made in
    assert payers.dropped_at == 3
    pays(payers, ALICE, block=3, time=202)
    assert count(payers, ALICE, 202) == 1
    payers.undo(2)
    assert bytes_of(payers) == before
    assert payers.get(ALICE, 120) == {"payments": 1, "rate": 7.0, "paid": [7, 0, 0, 1]}


def test_what_is_final_is_let_go_of_and_memory_comes_back() -> None:
    payers = table(horizon_s=100)
    pays(payers, ALICE, time=50)
    for block in (2, 3, 4):
        payers.age(block, 101 * block)
        pays(payers, BOB, block=block, time=101 * block)
    assert (len(payers.held), len(payers.entries())) == (3, 4)
    payers.forget(3)
    assert (len(payers.held), len(payers.entries())) == (1, 1)
    assert len(payers._leaving) == 2
    payers.reserve(0)
    payers.reserve(0)
    assert payers._leaving == []


def test_without_a_journal_nothing_is_noted() -> None:
    payers = table(journal=False)
    for block in range(1, 100):
        pays(payers, ALICE, block=block)
    assert len(payers.entries()) == 0


def test_a_row_is_noted_once_a_block_however_often_it_is_touched() -> None:
    payers = table()
    for block in (1, 1, 1, 2, 2):
        pays(payers, ALICE, block=block)
    assert payers.entries()[:, rows.ENTRY_BLOCK].tolist() == [1, 2]


def test_a_journal_finds_room_again_without_growing_while_blocks_become_final() -> None:
    payers = table()
    for block in range(1, 5000):
        pays(payers, ALICE, block=block)
        payers.forget(block - 64)
    assert payers.journal.size < 3000 * payers._entry
    payers.undo(4990)
    assert count(payers, ALICE) == 4990


def test_keys_may_be_any_64_bits() -> None:
    payers = Table(Layout(ints=("payments",), floats=("rate",), words=("paid",)), horizon_s=None, cap=9)
    for key in (0, -1, 2**63 - 1, -(2**63)):
        pays(payers, key)
    assert [count(payers, key) for key in (0, -1, 2**63 - 1, -(2**63), 1)] == [1, 1, 1, 1, 0]
