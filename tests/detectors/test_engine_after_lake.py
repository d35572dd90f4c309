"""After the blocks of a lake the engine goes on with the log: what it can save, and how far it goes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors.engine import checkpoint
from detectors.engine.engine import Engine
from detectors.engine.kept import IN_LAKE
from ingest.model.errors import RollbackTooDeep
from tests.detectors.test_engine import SETTINGS, LargePayments, back_to, fed, payday
from tests.fixtures.frames import ChainBuilder
from tests.fixtures.restarts import begun, restarted

SEAM = 12
OFFSET = 500
"""Where the log goes on after block 12."""


def after_lake(folder: Path, chain: ChainBuilder, head: int) -> Engine:
    """Blocks 1 to 12 from a lake, by threes, and those up to `head` from the log, one by one."""
    made = begun(Engine(1, [LargePayments()], SETTINGS, folder=folder / "first"))
    for first in range(1, SEAM, 3):
        made.take(chain.batch(first, first + 2), IN_LAKE)
    made.goes_on_at(OFFSET)
    for number in range(SEAM + 1, head + 1):
        made.take(chain.batch(number, number), OFFSET + number - SEAM)
    return made


def resumed(made: Engine, chain: ChainBuilder, folder: Path) -> Engine:
    """Another engine, from what was on disk, at the head of `chain` again."""
    again, offset = restarted(made, folder / "again")
    assert offset == OFFSET + again.state.number - SEAM
    for number in range(again.state.number + 1, chain.head + 1):
        again.take(chain.batch(number, number), OFFSET + number - SEAM)
    return again


def saved(made: Engine) -> tuple[int, int]:
    """Block and offset of what can be saved."""
    base = made.base()
    assert base is not None
    return base.moment.number, base.offset


@pytest.mark.parametrize("head", range(SEAM, 30))
def test_at_any_head_it_can_be_saved_where_the_log_goes_on(head: int, tmp_path: Path) -> None:
    chain = payday(head)
    made = after_lake(tmp_path, chain, head)
    number, offset = saved(made)
    # Finality is 8: from block 20 on, blocks of the log become final.
    assert number == max(SEAM, head - 8)
    assert offset == OFFSET + number - SEAM
    assert resumed(made, chain, tmp_path).standing() == fed(chain).standing()


def test_blocks_of_the_lake_that_leave_are_undone_and_it_can_be_saved_there(tmp_path: Path) -> None:
    chain = payday(15)
    made = after_lake(tmp_path, chain, 15)
    made.take(back_to(chain, 9), 600)
    assert saved(made) == (9, 600)
    other = chain.fork(9).blocks(6)
    made.take(other.batch(10, 15), 601)
    assert made.standing() == fed(other).standing()


@pytest.mark.parametrize("written", ["whole", "half", "not"])
def test_what_was_saved_of_blocks_that_leave_is_no_state_any_more(tmp_path: Path, written: str) -> None:
    chain = payday(15)
    made = after_lake(tmp_path, chain, 15)
    if written != "not":
        assert checkpoint.save(made) if written == "whole" else checkpoint.begin(made)
    made.take(back_to(chain, 9), 600)
    assert restarted(made, tmp_path / "killed", save=False)[1] is None
    other = chain.fork(9).blocks(6)
    again, offset = restarted(made, tmp_path / "again")
    assert (again.state.number, offset) == (9, 600)
    again.take(other.batch(10, 15), 601)
    assert again.standing() == fed(other).standing()
    assert again.state.memory.digest() == fed(other).state.memory.digest()


def test_a_rollback_below_what_is_kept_of_the_lake_names_the_way_out(tmp_path: Path) -> None:
    chain = payday(15)
    made = after_lake(tmp_path, chain, 15)
    with pytest.raises(RollbackTooDeep, match=r"block 2 .*--rebuild"):
        made.take(back_to(chain, 2), 600)
    with pytest.raises(RollbackTooDeep, match=r"block 0 .*--rebuild"):
        made.take(back_to(chain, 0), 600)


def test_after_a_restart_a_rollback_below_the_log_names_the_way_out(tmp_path: Path) -> None:
    chain = payday(15)
    with pytest.raises(RollbackTooDeep, match=r"block 11 .*--rebuild"):
        resumed(after_lake(tmp_path, chain, 15), chain, tmp_path).take(back_to(chain, 11), 600)
