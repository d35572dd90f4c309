"""A history: rows by key, newest first, as of any block, and never a word from later."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from detectors.memory import chains
from detectors.memory.compiled import njit
from detectors.memory.errors import MemoryFull
from detectors.memory.history import History
from detectors.memory.layout import Array, Layout
from detectors.memory.rows import NONE
from detectors.memory.segments import Segments
from tests.detectors.memory.oracle import ALICE, BOB, plain

GRANTS = Layout(ints=("spender",), floats=("share",), words=("allowance",))
(SPENDER,) = (chains.FIRST + each for each in GRANTS.at("spender"))


def grants(horizon_s: int | None = 100, folder: Path | None = None, cap: int = 1000) -> History:
    made = History(GRANTS, horizon_s=horizon_s, cap=cap, folder=folder, name="grants")
    made.keep_journal(True)
    made.age(0, 0)
    return made


def spenders(of: History, owner: int, as_of: int, now: int) -> list[int]:
    return plain(of.rows(owner, as_of, now)["spender"])


def test_a_row_has_its_columns_and_comes_newest_first() -> None:
    history = grants()
    history.add(ALICE, 1, 10, spender=7, share=0.5, allowance=[1, 2, 3, 2**64 - 1])
    history.add(BOB, 1, 10, spender=8)
    history.add(ALICE, 2, 20, spender=9)
    rows = history.rows(ALICE, 2, 20)
    assert {name: column.tolist() for name, column in rows.items()} == {
        "row": [2, 0],
        "block": [2, 1],
        "time": [20, 10],
        "spender": [9, 7],
        "share": [0.0, 0.5],
        "allowance": [[0, 0, 0, 0], [1, 2, 3, 2**64 - 1]],
    }


def test_nothing_above_a_block_is_said_as_of_it() -> None:
    history = grants()
    for block in range(1, 6):
        history.add(ALICE, block, block, spender=block)
    assert [spenders(history, ALICE, block, block) for block in (0, 1, 3)] == [[], [1], [3, 2, 1]]


def test_of_many_keys_at_once_it_says_which_have_a_row_by_the_block_beside_each() -> None:
    """Alice's first row is of block 2 and too old at time 121; bob has none at all."""
    history = grants(horizon_s=100)
    history.add(ALICE, 2, 20, spender=7)
    keys, blocks = np.array([ALICE, ALICE, ALICE, BOB]), np.array([1, 2, 3, 3])
    found = history.has(keys, blocks, np.array([10, 20, 121, 121]))
    assert found.tolist() == [False, True, False, False]
    each = zip(keys.tolist(), blocks.tolist(), (10, 20, 121, 121), strict=True)
    assert found.tolist() == [history.numbers(*one).size > 0 for one in each]
    assert history.has(keys[:0], blocks[:0], blocks[:0]).tolist() == []


def test_of_many_keys_it_says_nothing_as_of_a_block_whose_rows_may_be_gone() -> None:
    history = grants()
    history.add(ALICE, 2, 20, spender=7)
    history.deleted_at = 5
    with pytest.raises(ValueError, match="as of block 4, too late"):
        history.has(np.array([ALICE, ALICE]), np.array([6, 4]), np.array([60, 40]))


def test_a_later_row_does_not_take_an_earlier_one_away_as_of_a_block_between() -> None:
    """Alice's row of time 10 is too old at 150, but was not at 101: a batch that went on to 150 still says
    it as of 101.
    """
    history = grants(horizon_s=100)
    history.add(ALICE, 1, 10, spender=7)
    history.age(2, 101)
    history.add(ALICE, 3, 150, spender=8)
    assert spenders(history, ALICE, 2, 101) == [7]
    assert spenders(history, ALICE, 3, 150) == [8]


def test_a_row_is_said_for_its_horizon_to_the_second() -> None:
    history = grants(horizon_s=100)
    history.add(ALICE, 1, 10, spender=7)
    assert (spenders(history, ALICE, 9, 110), spenders(history, ALICE, 9, 111)) == ([7], [])
    for_ever = grants(horizon_s=None)
    for_ever.add(ALICE, 1, 10, spender=7)
    assert spenders(for_ever, ALICE, 9, 10**9) == [7]


def test_a_rollback_cuts_rows_off_and_their_keys_have_the_rows_before() -> None:
    history = grants()
    for block in range(1, 6):
        history.add(ALICE, block, block, spender=block)
    history.add(BOB, 5, 5, spender=5)
    history.undo(3)
    assert (history.count, spenders(history, ALICE, 9, 9), spenders(history, BOB, 9, 9)) == (3, [3, 2, 1], [])
    history.add(BOB, 4, 4, spender=44)
    assert spenders(history, BOB, 9, 9) == [44]


@njit
def _spenders(cells, control, current, previous, owner, as_of, now, out):  # type: ignore[no-untyped-def]
    """How a detector's kernel walks."""
    found, row = 0, chains.newest(cells, control, current, previous, owner, as_of, now)
    while row != NONE:
        out[found] = cells[row, SPENDER]
        found += 1
        row = chains.said(cells, control, cells[row, chains.PREVIOUS], as_of, now)
    return found


def test_a_kernel_walks_the_same_rows() -> None:
    history = grants()
    for block in range(1, 9):
        history.add(1 + block % 2, block, 20 * block, spender=block)
    out: Array = np.zeros(10, np.int64)
    for as_of in range(9):
        for owner in (ALICE, BOB):
            found = _spenders(*history.arrays()[:4], owner, as_of, 20 * as_of, out)
            assert out[:found].tolist() == spenders(history, owner, as_of, 20 * as_of)


def test_files_whose_rows_are_all_too_old_are_deleted_and_the_rest_is_still_said(tmp_path: Path) -> None:
    history = grants(horizon_s=1000, folder=tmp_path)
    for i in range(50_000):
        history.add(i % 10, i // 100, i // 10, spender=i)
    files = sorted(path.name for path in tmp_path.iterdir())
    now = 49_999 // 10
    kept = {key: spenders(history, key, 10**6, now) for key in range(10)}
    history.drop(499, now)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert 0 < len(left) < len(files)
    assert left == files[-len(left) :]
    assert {key: spenders(history, key, 10**6, now) for key in range(10)} == kept
    history.undo(499)
    assert history.count == 50_000


def test_more_keys_than_its_cap_stop_a_history_for_ever() -> None:
    history = grants(horizon_s=None, cap=2)
    for owner in (1, 2, 3):
        history.add(owner, 1, 1)
    with pytest.raises(MemoryFull, match="raise the cap"):
        history.age(2, 2)


def test_a_disk_without_room_says_which_file_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int, at: int, size: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full)
    with pytest.raises(MemoryFull, match=r"grants\.000000000000 cannot be given 1 MiB \(No space left"):
        grants(folder=tmp_path).add(ALICE, 1, 1)


def test_a_history_that_outgrows_its_addresses_says_so() -> None:
    rows = Segments(None, "grants", np.int64, 8, room=1 << 20)
    with pytest.raises(MemoryFull, match="grants has outgrown its 1 MiB"):
        rows.reserve(1 << 20)
