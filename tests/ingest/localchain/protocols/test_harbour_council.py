"""The council's treasury moves by vote, through the timelock, and in no other way."""

from __future__ import annotations

import pytest

from ingest.localchain.chain.miner import Miner
from ingest.localchain.play.deploying import ensure_world
from ingest.localchain.protocols.harbour_council import (
    DELAY_BLOCKS,
    LOCK_SECONDS,
    PERIOD_BLOCKS,
    HarbourCouncil,
)
from ingest.localchain.story_parts.governors import AGAINST, FOR, Motion, delegate, give, motion, vote
from ingest.localchain.world.governance import SUPPLY
from ingest.localchain.world.world import World
from tests.ingest.localchain.protocols.conftest import ALICE, BOB

pytestmark = pytest.mark.chain

CAROL = "0x" + "ca" * 20
GRANT = 5_000


@pytest.fixture
def world(miner: Miner) -> World:
    """Alice has a tenth of all votes, Bob a twentieth."""
    world = ensure_world(miner)
    council = world.of(HarbourCouncil)
    founder, token = council.founder, council.votes.token
    miner.mine([give(council.votes, founder, a, SUPPLY // n) for a, n in ((ALICE, 10), (BOB, 20))])
    miner.mine([delegate(token, ALICE, ALICE), delegate(token, BOB, BOB)])
    return world


def proposed(miner: Miner, world: World, sides: dict[str, int]) -> Motion:
    """A grant for Carol, proposed by Bob and voted on until the end."""
    usdc, council = world.token("USDC"), world.of(HarbourCouncil)
    grant = motion(council.governor, [(usdc, CAROL, usdc.units(GRANT))], "For Carol's work")
    miner.mine([grant.propose(BOB)])
    for _ in range(DELAY_BLOCKS):
        miner.mine([])
    number = grant.id(miner)
    cast = miner.mine([vote(council.governor, who, number, side) for who, side in sides.items()])
    assert all(one.ok for one in cast)
    for _ in range(PERIOD_BLOCKS):
        miner.mine([])
    return grant


def test_what_most_votes_are_for_is_paid_after_the_timelock(miner: Miner, world: World) -> None:
    grant = proposed(miner, world, {ALICE: FOR, BOB: AGAINST})

    queued, early = miner.mine([grant.queue(BOB), grant.execute(BOB)])
    miner.let_pass(LOCK_SECONDS)
    (executed,) = miner.mine([grant.execute(BOB)])

    assert (queued.ok, early.ok, executed.ok) == (True, False, True)
    assert world.token("USDC").usd(miner.holdings([(world.token("USDC"), CAROL)])[0]) == GRANT


def test_what_most_votes_are_against_is_not_paid(miner: Miner, world: World) -> None:
    grant = proposed(miner, world, {ALICE: AGAINST, BOB: FOR})

    (queued,) = miner.mine([grant.queue(BOB)])

    assert not queued.ok
    assert miner.holdings([(world.token("USDC"), CAROL)]) == [0]


def test_votes_that_nobody_delegated_do_not_count(miner: Miner, world: World) -> None:
    council = world.of(HarbourCouncil)
    miner.give(CAROL, 10**18)
    miner.mine([give(council.votes, council.founder, CAROL, SUPPLY // 2)])
    grant = proposed(miner, world, {CAROL: AGAINST, ALICE: FOR})

    (queued,) = miner.mine([grant.queue(BOB)])

    assert queued.ok
