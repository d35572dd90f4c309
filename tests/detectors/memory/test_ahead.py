"""State of a block that may still leave can be saved: it is exact, and none any more once the block left."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors.memory.memory import folder_of
from tests.detectors.memory.killed import story
from tests.detectors.memory.oracle import Block
from tests.detectors.memory.town import Town

FLOOR, HEAD = 20, 40


def at_the_head(state: Path) -> Town:
    """Lives through 41 blocks, of which the first 21 are final; with a cap of five tables forget early."""
    town = Town(state)
    town.live_through(story()[: HEAD + 1])
    town.memory.forget(FLOOR)
    return town


def stands_at(state: Path, number: int) -> None:
    """What is on disk is the state of a block, whatever came after it."""
    town = Town(state)
    assert (town.memory.block, town.memory.floor) == (number, number)
    town.blocks = story()[: number + 1]
    assert town.memory.digest() == town.twin().memory.digest()
    town.says_what(town.oracle())
    town.memory.close()


@pytest.mark.parametrize("at", range(FLOOR, HEAD + 1))
def test_a_snapshot_of_any_block_from_the_last_final_one_on_is_exact(at: int, tmp_path: Path) -> None:
    town = at_the_head(tmp_path)
    town.memory.begin_snapshot({}, at=at)
    town.memory.write(0)
    town.live_through(story()[HEAD + 1 : HEAD + 9])
    town.memory.forget(HEAD)
    town.memory.finish_snapshot()
    assert town.memory.saved == at
    town.memory.close()
    stands_at(tmp_path, at)


def test_a_snapshot_below_what_is_final_is_refused(tmp_path: Path) -> None:
    town = at_the_head(tmp_path)
    for at in (FLOOR - 1, HEAD + 1):
        assert not town.memory.can_save(at)
        with pytest.raises(ValueError, match="nothing to write"):
            town.memory.begin_snapshot({}, at=at)
    town.memory.close()


@pytest.mark.parametrize("written", ["whole", "half"])
@pytest.mark.parametrize("to", [29, 30])
def test_a_rollback_below_it_makes_it_no_state_and_one_above_it_does_not(
    written: str, to: int, tmp_path: Path
) -> None:
    town = at_the_head(tmp_path)
    town.memory.begin_snapshot({}, at=30)
    if written == "whole":
        town.memory.finish_snapshot()
    town.leave(to)
    assert (folder_of(tmp_path, 7) / "head.json").exists() is (written == "whole" and to == 30)
    other = Block(to + 1, town.blocks[-1].time, ())
    town.live(other)
    town.memory.forget(to + 1)
    town.memory.finish_snapshot()
    if town.memory.can_save():
        town.memory.begin_snapshot({})
        town.memory.finish_snapshot()
    town.memory.close()
    again = Town(tmp_path)
    again.blocks = [*story()[: to + 1], other]
    assert again.memory.digest() == again.twin().memory.digest()
    again.memory.close()


def test_memory_that_is_moved_goes_on_in_the_place_of_what_was_there(tmp_path: Path) -> None:
    """Somebody's notes in that folder stay."""
    before = at_the_head(tmp_path / "state")
    before.memory.begin_snapshot({})
    before.memory.finish_snapshot()
    before.memory.close()
    notes = folder_of(tmp_path / "state", 7) / "notes.txt"
    notes.write_text("alice was here")

    town = Town(tmp_path / "rebuild")
    town.live_through(story()[:31])
    town.memory.forget(25)
    town.memory.begin_snapshot({})
    town.memory.finish_snapshot()
    town.memory.move(tmp_path / "state", 7)
    assert not folder_of(tmp_path / "rebuild", 7).exists()
    town.live_through(story()[31:80])
    town.memory.forget(70)
    town.memory.begin_snapshot({})
    town.memory.finish_snapshot()
    assert town.memory.digest() == town.twin().memory.digest()
    town.memory.close()

    assert notes.read_text() == "alice was here"
    stands_at(tmp_path / "state", 70)
