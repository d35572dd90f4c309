"""A snapshot is of one final block, whatever happens to the rows while it is written, a slice at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from detectors.memory import segments, snapshot
from tests.detectors.memory.oracle import ALICE, BOB, DAVE, Block, Payment
from tests.detectors.memory.town import PEOPLE, Town

EVERYBODY = tuple(Payment(who, BOB, who) for who in PEOPLE)
SIGNING = tuple(Payment(who, BOB, who, signed=True) for who in PEOPLE)


@pytest.fixture
def saving(town: Town) -> Iterator[Town]:
    """A town that is being saved as of block 1, one row a slice."""
    with patch.object(snapshot, "PIECE_CELLS", 1):
        town.live(Block(1, 0, EVERYBODY))
        town.memory.forget(1)
        town.memory.begin_snapshot({})
        yield town


def is_saved_as_it_was(saving: Town, state: Path) -> None:
    """The snapshot ends, and a restart finds block 1, whatever came after it."""
    saving.memory.finish_snapshot()
    saving.memory.close()
    again = Town(state)
    again.blocks = saving.blocks[:1]
    assert again.memory.digest() == again.twin().memory.digest()
    again.memory.close()


def test_rows_that_change_while_a_snapshot_is_written_are_in_it_as_they_were(
    saving: Town, state: Path
) -> None:
    for number in (2, 3, 4):
        saving.memory.write(0)
        saving.live(Block(number, number, SIGNING))
    saving.leave(3)

    is_saved_as_it_was(saving, state)


def test_rows_that_change_after_a_rollback_are_too(saving: Town, state: Path) -> None:
    """Alice's payment was noted and left; Dave's stands in its place in the journal."""
    saving.live(Block(2, 2, (Payment(ALICE, BOB, 1), Payment(BOB, ALICE, 1))))
    saving.memory.write(0)
    saving.leave(1)
    saving.live(Block(2, 2, (Payment(DAVE, BOB, 1),)))

    is_saved_as_it_was(saving, state)


def test_what_becomes_final_before_the_next_slice_is_noted_too(saving: Town, state: Path) -> None:
    saving.live(Block(2, 2, EVERYBODY))
    saving.memory.forget(2)

    is_saved_as_it_was(saving, state)


def test_what_a_new_generation_leaves_behind_is_noted_too(saving: Town, state: Path) -> None:
    saving.live(Block(2, 2, EVERYBODY))
    saving.live(Block(5, 200, EVERYBODY))

    is_saved_as_it_was(saving, state)


def test_what_a_final_generation_left_behind_is_noted_too(saving: Town, state: Path) -> None:
    saving.live(Block(2, 2, EVERYBODY))
    saving.live(Block(5, 200, EVERYBODY))
    saving.memory.forget(5)

    is_saved_as_it_was(saving, state)


def test_a_rollback_behind_the_begin_of_a_generation_is_noted_too(saving: Town, state: Path) -> None:
    saving.live(Block(2, 2, EVERYBODY))
    saving.live(Block(5, 200, EVERYBODY))
    saving.memory.write(0)
    saving.leave(2)
    saving.live(Block(3, 3, EVERYBODY))

    is_saved_as_it_was(saving, state)


def test_a_snapshot_begins_in_the_generation_of_its_block(town: Town, state: Path) -> None:
    """Block 5 began another one, may still leave, and counted an early ageing that block 1 does not know."""
    town.live(Block(1, 0, EVERYBODY))
    town.live(Block(5, 20, EVERYBODY))
    town.memory.forget(1)
    town.memory.begin_snapshot({})
    town.memory.finish_snapshot()
    town.memory.close()
    again = Town(state)
    again.blocks = town.blocks[:1]
    assert (town.payers.early_ageings, again.payers.early_ageings) == (1, 0)
    assert again.memory.digest() == again.twin().memory.digest()
    again.memory.close()


def test_a_head_names_no_file_that_is_deleted_once_it_is_in_place(state: Path) -> None:
    """Files hold 512 rows here, a block has 200, and rows are said for ten blocks. What becomes too old while
    the snapshot is written is still in files that its head names.
    """
    with patch.object(segments, "LEAST", 1), patch.object(segments, "MOST", 1):
        town, deleted = Town(state), 0
        for number in range(60):
            town.live(Block(number, 20 * number, tuple(Payment(1 + i % 8, BOB, i) for i in range(200))))
            town.memory.forget(number - 7)
            if number % 13 == 6 and town.memory.can_save():
                town.memory.begin_snapshot({})
            if number % 13 == 12 and number > 13:
                town.memory.finish_snapshot()
                deleted = max(deleted, town.rows.segments.first)
                blocks = town.blocks
                town.memory.close()
                town = Town(state)
                town.blocks = [block for block in blocks if block.number <= town.memory.block]
                assert town.memory.digest() == town.twin().memory.digest()
                town.says_what(town.oracle())
                if town.rows.segments.first:
                    with pytest.raises(ValueError, match="too late"):
                        town.rows.numbers(1, 0, 0)
                town.live_through(blocks[len(town.blocks) :])
        assert deleted > 4 * 512
        town.memory.close()


def test_rows_that_are_all_too_old_leave_the_file_behind_which_the_next_one_begins(state: Path) -> None:
    """One file is full; the next one was begun by a block that left."""
    with patch.object(segments, "LEAST", 1), patch.object(segments, "MOST", 1):
        town = Town(state)
        town.live(Block(0, 0, tuple(Payment(1 + i % 8, BOB, i) for i in range(512))))
        town.live(Block(1, 1, (Payment(ALICE, BOB, 1),)))
        town.leave(0)
        town.live(Block(5, 1000, ()))
        town.memory.forget(5)
        town.memory.begin_snapshot({})
        town.memory.finish_snapshot()
        blocks = town.blocks
        town.memory.close()
        town = Town(state)
        town.blocks = blocks
        town.live(Block(6, 1001, EVERYBODY))
        assert (town.rows.segments.first, town.rows.count) == (0, 520)
        assert town.memory.digest() == town.twin().memory.digest()
        town.memory.close()


def test_files_are_dropped_by_a_snapshot_that_takes_longer_than_horizons_are_looked_at(state: Path) -> None:
    """It is of block 28, horizons were looked at in block 25: the rows of 15 blocks were too old by then,
    which fill five files; until the snapshot was written, horizons were looked at again.
    """
    with patch.object(segments, "LEAST", 1), patch.object(segments, "MOST", 1):
        town = Town(state)
        for number in range(40):
            town.live(Block(number, 20 * number, tuple(Payment(1 + i % 8, BOB, i) for i in range(200))))
            town.memory.forget(number - 2)
            if number == 30:
                town.memory.begin_snapshot({})
        town.memory.finish_snapshot()
        assert town.rows.segments.first == 5 * 512
        town.memory.close()
