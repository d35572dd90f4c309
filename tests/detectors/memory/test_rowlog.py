"""The row log: every row by number, every account's rows newest first, for 90 days."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.memory.errors import MemoryFull
from detectors.memory.layout import Layout
from detectors.memory.rowlog import DAYS_90, RowLog
from tests.detectors.memory.oracle import ALICE, BOB, CAROL, plain

NOBODY = -1
AMOUNT = Layout(ints=("amount",))


def log(horizon_s: int | None = DAYS_90, folder: Path | None = None) -> RowLog:
    return RowLog(AMOUNT, ("signer", "source", "target"), horizon_s=horizon_s, folder=folder)


def write(to: RowLog, *rows: tuple[int, int, int], block: int = 1, time: int = 10) -> None:
    count = len(rows)
    amounts = to.count + np.arange(count).reshape(-1, 1)
    to.append(np.full(count, block), np.full(count, time), np.array(rows, np.int64), amounts)


def of(from_: RowLog, account: int, as_of: int = 99, now: int = 10) -> list[int]:
    return plain(from_.numbers(account, as_of, now))


def test_a_row_is_found_by_each_of_its_accounts_whatever_place_they_stand_in() -> None:
    rows = log()
    write(rows, (ALICE, ALICE, BOB), (BOB, CAROL, ALICE), (CAROL, NOBODY, BOB))
    assert [of(rows, who) for who in (ALICE, BOB, CAROL, 9)] == [[1, 0], [2, 1, 0], [2, 1], []]


def test_evidence_comes_by_number_in_the_order_asked_for() -> None:
    rows = log()
    write(rows, (ALICE, ALICE, BOB), (BOB, CAROL, NOBODY))
    found = rows.at(np.array([1, 0]))
    assert {name: column.tolist() for name, column in found.items()} == {
        "row": [1, 0],
        "block": [1, 1],
        "time": [10, 10],
        "signer": [BOB, ALICE],
        "source": [CAROL, ALICE],
        "target": [NOBODY, BOB],
        "amount": [1, 0],
    }


@pytest.mark.parametrize("number", [-1, 2])
def test_a_row_that_is_not_there_is_no_evidence(number: int) -> None:
    rows = log()
    write(rows, (ALICE, ALICE, BOB), (BOB, CAROL, NOBODY))
    with pytest.raises(IndexError, match="not all held"):
        rows.at(np.array([0, number]))


def test_as_of_a_block_no_later_row_is_said_and_no_row_that_was_too_old_then() -> None:
    rows = log(horizon_s=100)
    for block in range(1, 5):
        write(rows, (ALICE, ALICE, BOB), block=block, time=50 * block)
    assert of(rows, ALICE, 3, 150) == [2, 1, 0]
    assert of(rows, ALICE, 4, 200) == [3, 2, 1]
    assert of(rows, ALICE, 2, 100) == [1, 0]


def test_only_so_many_rows_are_walked() -> None:
    rows = log()
    write(rows, *[(ALICE, BOB, CAROL)] * 500)
    assert plain(rows.numbers(BOB, 9, 10, most=3)) == [499, 498, 497]
    assert len(rows.rows(BOB, 9, 10)["row"]) == 200


accounts = st.integers(NOBODY, 6)
pieces = st.lists(st.lists(st.tuples(accounts, accounts, accounts), max_size=6), min_size=1, max_size=8)


@settings(deadline=None)
@given(pieces, st.data())
def test_a_rollback_leaves_the_chains_of_the_rows_that_stay(blocks: list, data: st.DataObject) -> None:  # type: ignore[type-arg]
    rows, told = log(), []
    for block, piece in enumerate(blocks):
        write(rows, *piece, block=block)
        told += [(block, row) for row in piece]
    target = data.draw(st.integers(-1, len(blocks)))
    rows.undo(target)
    stay = [row for block, row in told if block <= target]
    assert rows.count == len(stay)
    write(rows, (0, 1, 2), block=target + 1)
    stay.append((0, 1, 2))
    for account in range(7):
        assert of(rows, account) == [i for i in reversed(range(len(stay))) if account in stay[i]]


def test_old_files_go_and_chains_end_there(tmp_path: Path) -> None:
    rows = log(horizon_s=1000, folder=tmp_path)
    for block in range(50):
        write(rows, *[(ALICE, BOB, block)] * 1000, block=block, time=100 * block)
    before = len(list(tmp_path.iterdir()))
    rows.drop(49, 4900)
    assert 0 < len(list(tmp_path.iterdir())) < before
    assert len(rows.numbers(ALICE, 49, 4900, most=10**6)) == 11_000
    assert of(rows, 5, 49, 4900) == []
    with pytest.raises(IndexError):
        rows.at(np.array([0]))


def test_an_account_beyond_its_room_is_refused() -> None:
    with pytest.raises(MemoryFull, match="no room for account 4,294,967,296"):
        log().reserve(1, 2**32 + 1)
