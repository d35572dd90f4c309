"""Multicall3 on the local chain does several things in one transaction, or nothing."""

from __future__ import annotations

import pytest

from ingest.localchain.chain.miner import Miner
from ingest.localchain.chain.wallet import call_data
from ingest.localchain.play.deploying import world
from ingest.localchain.protocols import multicall3
from ingest.localchain.world.world import ETH

pytestmark = pytest.mark.chain

ALICE, BOB, CAROL = "0x" + "a1" * 20, "0x" + "b0" * 20, "0x" + "ca" * 20


@pytest.fixture
def miner(fork_rpc: str) -> Miner:
    miner = Miner.start(fork_rpc)
    miner.give(ALICE, 10**18)
    miner.mine([])
    return miner


def test_alice_pays_two_people_at_once(miner: Miner) -> None:
    (paid,) = miner.mine([multicall3.pay_all(ALICE, [(BOB, 3), (CAROL, 4)])])

    assert paid.ok
    assert miner.holdings([(ETH, BOB), (ETH, CAROL)]) == [3, 4]


def test_one_call_that_fails_undoes_the_payment_beside_it_unless_it_may(miner: Miner) -> None:
    too_much = call_data("transfer(address,uint256)", BOB, 10**30)
    calls = [(BOB, 5, "0x"), (world().token("LINK").token, 0, too_much)]

    strict, lenient = miner.mine([multicall3.call_all(ALICE, calls, may_fail) for may_fail in (False, True)])

    assert (strict.ok, lenient.ok) == (False, True)
    assert miner.holdings([(ETH, BOB)]) == [5]
