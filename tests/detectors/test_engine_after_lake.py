"""After the blocks of a lake the engine goes on with the log: what it can save, and how far it goes back."""

from __future__ import annotations

import pytest

from detectors.engine.engine import IN_LAKE, Engine
from ingest.model.errors import RollbackTooDeep
from tests.detectors.test_engine import back_to, engine, fed, payday
from tests.fixtures.frames import ChainBuilder

SEAM = 12
OFFSET = 500
"""Where the log goes on after block 12."""


def after_lake(chain: ChainBuilder, head: int) -> Engine:
    """Blocks 1 to 12 from a lake, by threes, and those up to `head` from the log, one by one."""
    made = engine()
    for first in range(1, SEAM, 3):
        made.take(chain.batch(first, first + 2), IN_LAKE)
    made.goes_on_at(OFFSET)
    for number in range(SEAM + 1, head + 1):
        made.take(chain.batch(number, number), OFFSET + number - SEAM)
    return made


def resumed(made: Engine, chain: ChainBuilder) -> Engine:
    """Another engine, from what was on disk, at the head of `chain` again."""
    again, saved = engine(), made.base()
    assert saved is not None
    again.resume(saved)
    for number in range(saved.state.number + 1, chain.head + 1):
        again.take(chain.batch(number, number), OFFSET + number - SEAM)
    return again


@pytest.mark.parametrize("head", range(SEAM, 30))
def test_at_any_head_it_can_be_saved_where_the_log_goes_on(head: int) -> None:
    chain = payday(head)
    made = after_lake(chain, head)
    saved = made.base()
    assert saved is not None
    # Finality is 8: from block 20 on, blocks of the log become final.
    assert (saved.state.number == SEAM) is (head < 22)
    assert saved.offset == OFFSET + saved.state.number - SEAM
    assert resumed(made, chain).standing() == fed(chain).standing()


def test_blocks_of_the_lake_that_leave_are_undone_and_it_can_be_saved_there() -> None:
    chain = payday(15)
    made = after_lake(chain, 15)
    made.take(back_to(chain, 9), 600)
    saved = made.base()
    assert saved is not None
    assert (saved.state.number, saved.offset) == (9, 600)
    other = chain.fork(9).blocks(6)
    made.take(other.batch(10, 15), 601)
    assert made.standing() == fed(other).standing()


def test_a_rollback_below_what_is_kept_of_the_lake_names_the_way_out() -> None:
    chain = payday(15)
    with pytest.raises(RollbackTooDeep, match=r"block 2 .*--rebuild"):
        after_lake(chain, 15).take(back_to(chain, 2), 600)
    with pytest.raises(RollbackTooDeep, match=r"block 0 .*--rebuild"):
        after_lake(chain, 15).take(back_to(chain, 0), 600)


def test_after_a_restart_a_rollback_below_the_log_names_the_way_out() -> None:
    chain = payday(15)
    with pytest.raises(RollbackTooDeep, match=r"block 11 .*--rebuild"):
        resumed(after_lake(chain, 15), chain).take(back_to(chain, 11), 600)
