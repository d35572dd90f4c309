"""Tokens that are not like others do what they are there for: take a fee, rebase, come over a bridge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from ingest.localchain.chain.actions import Asset, pay
from ingest.localchain.chain.miner import Miner
from ingest.localchain.chain.wallet import Address
from ingest.localchain.play.deploying import ensure_world
from ingest.localchain.protocols.token_zoo import TokenZoo, bridge_in, bridge_out, rebase
from ingest.localchain.world.pools import reserves
from ingest.localchain.world.stage import ETHER
from ingest.localchain.world.world import World
from tests.ingest.localchain.reading import moved_by

pytestmark = pytest.mark.chain

ALICE = "0x" + "a1" * 20
BOB = "0x" + "b0" * 20


@dataclass(frozen=True)
class Town:
    """Alice and Bob, with native value for fees, in a world with its zoo of tokens."""

    miner: Miner
    world: World
    zoo: TokenZoo

    def held(self, asset: Asset, address: Address) -> int:
        return self.miner.holdings([(asset, address)])[0]


@pytest.fixture
def town(fork_rpc: str) -> Iterator[Town]:
    miner = Miner.start(fork_rpc)
    world = ensure_world(miner)
    for who in (ALICE, BOB):
        miner.give(who, ETHER)
    yield Town(miner, world, world.of(TokenZoo))


def test_bob_receives_two_percent_less_than_alice_sends_and_the_treasury_has_it(town: Town) -> None:
    token, keeper = town.zoo.fee_token, town.zoo.keeper
    town.miner.mine([pay(token, keeper, ALICE, 1_000)])
    assert town.held(token, ALICE) == 1_000, "the treasury's own payments are free"
    before = town.held(token, keeper)

    town.miner.mine([pay(token, ALICE, BOB, 1_000)])

    assert town.held(token, BOB) == 980
    assert town.held(token, keeper) - before == 20


def test_a_rebase_changes_everybodys_balance_without_a_transfer(town: Town) -> None:
    token, amount = town.zoo.rebasing, 10**20
    town.miner.mine([pay(token, town.zoo.keeper, ALICE, amount)])
    supply = town.miner.supply(token.token)

    (rebased,) = town.miner.mine([rebase(town.zoo, 500)])

    assert town.held(token, ALICE) == pytest.approx(amount * 105 // 100, rel=1e-9)
    assert town.miner.supply(token.token) == supply * 105 // 100
    assert moved_by(town.miner.wallet, [rebased.hash]) == []


def test_a_pool_knows_of_a_rebase_at_once(town: Town) -> None:
    token, world = town.zoo.rebasing, town.world
    town.miner.mine([rebase(town.zoo, -300)])

    booked, _ = reserves(town.miner, world.factory, token.token, world.weth)
    assert booked == town.held(token, town.zoo.rebasing_pool)


def test_only_the_policy_rebases(town: Town) -> None:
    stranger = rebase(town.zoo, 500)
    (refused,) = town.miner.mine([type(stranger)(BOB, stranger.to, stranger.data, gas=stranger.gas)])
    assert not refused.ok


def test_what_comes_over_the_bridge_is_minted_and_what_goes_back_is_burnt(town: Town) -> None:
    for token in town.zoo.bridged:
        supply = town.miner.supply(token.token)
        town.miner.mine([bridge_in(token.token, town.zoo.keeper, ALICE, 700)])
        assert (town.held(token, ALICE), town.miner.supply(token.token)) == (700, supply + 700)

        (refused, burnt) = town.miner.mine(
            [bridge_in(token.token, BOB, BOB, 1), bridge_out(token.token, ALICE, 300)]
        )
        assert (refused.ok, burnt.ok) == (False, True)
        assert (town.held(token, ALICE), town.miner.supply(token.token)) == (400, supply + 400)
