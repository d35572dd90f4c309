"""Time on the local chain: it passes for those who sleep, when nobody is in the middle of something."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ingest.localchain.chain.miner import BLOCK_SECONDS, Miner
from ingest.localchain.world.clock import DAY, PATIENCE, Clock

pytestmark = pytest.mark.chain


@pytest.fixture
def clock(fork_rpc: str) -> Clock:
    return Clock(Miner.start(fork_rpc))


def next_block(clock: Clock, *actors: Iterator[object], awake: int = 0) -> int:
    """Seconds that pass while each actor is asked once and a block is mined; `awake` others are on stage."""
    before = clock.miner.time
    alive = [next(actor, None) is not None for actor in actors]
    clock.tick(sum(alive) - clock.sleepers + awake)
    clock.miner.mine([])
    return clock.miner.time - before


def test_with_nobody_asleep_a_block_takes_twelve_seconds(clock: Clock) -> None:
    assert [next_block(clock) for _ in range(3)] == [BLOCK_SECONDS] * 3


def test_a_night_passes_when_everybody_on_stage_sleeps(clock: Clock) -> None:
    alice, bob = clock.sleep(3 * DAY), clock.sleep(DAY)

    assert next_block(clock, alice, bob) == 3 * DAY  # bob, who asked for less, sleeps longer
    assert next_block(clock, alice, bob) == BLOCK_SECONDS
    assert clock.sleepers == 0


def test_nobody_sleeps_through_the_middle_of_another_story(clock: Clock) -> None:
    alice = clock.sleep(3 * DAY)

    assert [next_block(clock, alice, awake=1) for _ in range(4)] == [BLOCK_SECONDS] * 4
    assert next_block(clock, alice) >= 3 * DAY - 4 * BLOCK_SECONDS


def test_the_door_is_shut_when_somebody_has_slept_for_long(clock: Clock) -> None:
    alice = clock.sleep(DAY)

    for _ in range(PATIENCE):
        assert not clock.is_door_shut
        next_block(clock, alice, awake=1)
    assert clock.is_door_shut
    next_block(clock, alice)
    next_block(clock, alice)
    assert not clock.is_door_shut


def test_after_a_reorganisation_the_night_comes_again(clock: Clock) -> None:
    miner = clock.miner
    miner.mine([])
    began = miner.time
    miner.let_pass(DAY)
    miner.mine([])
    miner.reorganise(1)

    miner.mine([])
    assert miner.time >= began + DAY
