"""Permit2 on the local chain is Permit2: its allowances move tokens, end by themselves, and can be ended."""

from __future__ import annotations

import pytest

from ingest.localchain.chain.actions import approve, mint
from ingest.localchain.chain.miner import Miner
from ingest.localchain.play.deploying import world
from ingest.localchain.protocols import permit2
from ingest.localchain.world.world import DEPLOYER

pytestmark = pytest.mark.chain

ALICE, BOB, CAROL = "0x" + "a1" * 20, "0x" + "b0" * 20, "0x" + "ca" * 20
USDC = world().token("USDC")


@pytest.fixture
def miner(fork_rpc: str) -> Miner:
    """On a fork on which Alice has 1,000 USDC and has approved Permit2."""
    miner = Miner.start(fork_rpc)
    for person in (ALICE, BOB):
        miner.give(person, 10**18)
    miner.mine([mint(USDC.token, DEPLOYER, ALICE, USDC.units(1_000))])
    miner.mine([approve(USDC.token, ALICE, permit2.ADDRESS)])
    return miner


def test_bob_takes_what_alice_allowed_and_no_more(miner: Miner) -> None:
    limit = USDC.units(100)
    miner.mine([permit2.allow(ALICE, USDC.token, BOB, miner.time + 3_600, limit)])

    most, more = miner.mine([permit2.take(BOB, ALICE, CAROL, USDC.token, n) for n in (limit, 1)])

    assert (most.ok, more.ok) == (True, False)
    assert miner.holdings([(USDC, ALICE), (USDC, CAROL)]) == [USDC.units(900), limit]


def test_an_allowance_ends_when_its_time_is_over(miner: Miner) -> None:
    miner.mine([permit2.allow(ALICE, USDC.token, BOB, miner.time + 60)])
    miner.let_pass(120)

    (late,) = miner.mine([permit2.take(BOB, ALICE, BOB, USDC.token, 1)])

    assert not late.ok


def test_alice_locks_down_and_bob_comes_too_late(miner: Miner) -> None:
    miner.mine([permit2.allow(ALICE, USDC.token, BOB, miner.time + 3_600)])

    many = [(ALICE, BOB, 1, USDC.token), (ALICE, CAROL, 2, USDC.token)]
    taken, locked, late = miner.mine(
        [
            permit2.take_many(BOB, many),
            permit2.lock_down(ALICE, [(USDC.token, BOB)]),
            permit2.take_many(BOB, many),
        ]
    )

    assert (taken.ok, locked.ok, late.ok) == (True, True, False)
    assert miner.holdings([(USDC, BOB), (USDC, CAROL)]) == [1, 2]
