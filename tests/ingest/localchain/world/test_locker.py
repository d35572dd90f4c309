"""The locker keeps what it is given until the promised day, and gives it back to its owner alone."""

from __future__ import annotations

import pytest

from ingest.localchain.chain.actions import Asset, mint
from ingest.localchain.chain.miner import Miner
from ingest.localchain.play.deploying import ensure_world
from ingest.localchain.protocols.locker import Locker, lock, release
from ingest.localchain.world.coins import plain_coin
from ingest.localchain.world.stage import ETHER
from ingest.localchain.world.world import DEPLOYER

pytestmark = pytest.mark.chain

ALICE = "0x" + "a1" * 20
BOB = "0x" + "b0" * 20


def test_alice_gets_her_tokens_back_on_the_promised_day_and_bob_never(fork_rpc: str) -> None:
    miner = Miner.start(fork_rpc)
    world = ensure_world(miner)
    locker, token = world.of(Locker), world.drift
    for who in (ALICE, BOB):
        miner.give(who, ETHER)
    miner.mine([mint(token.token, DEPLOYER, ALICE, 500)])
    number = locker.next_number(miner)
    miner.mine(lock(locker, ALICE, token.token, 500, miner.time + 1_000))
    assert held(miner, token) == 0

    (early,) = miner.mine([release(locker, ALICE, number)])
    miner.let_pass(1_000)
    (stranger,) = miner.mine([release(locker, BOB, number)])
    assert (early.ok, stranger.ok, held(miner, token)) == (False, False, 0)

    (due,) = miner.mine([release(locker, ALICE, number)])
    assert due.ok and held(miner, token) == 500


def test_a_coin_of_openzeppelin_is_minted_by_its_issuer() -> None:
    coin = plain_coin("Ember Cash", "EMBE", 7)
    (first,) = coin.first_supply("0x" + "c0" * 20, ALICE)
    assert (first.sender, first.to) == (ALICE, "0x" + "c0" * 20)


def held(miner: Miner, token: Asset) -> int:
    return miner.holdings([(token, ALICE)])[0]
