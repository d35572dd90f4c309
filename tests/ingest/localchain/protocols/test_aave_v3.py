"""Aave V3 on the local chain lends, takes back, liquidates at the oracle's price, and lends in a flash."""

from __future__ import annotations

import pytest

from ingest.localchain.chain.actions import approve, mint, wrap
from ingest.localchain.chain.miner import Miner
from ingest.localchain.play.deploying import world
from ingest.localchain.protocols import aave_v3
from ingest.localchain.protocols.aave_v3 import AaveV3
from ingest.localchain.world.world import DEPLOYER

pytestmark = pytest.mark.chain

ALICE, BOB = "0x" + "a1" * 20, "0x" + "b0" * 20
ETHER = 10**18
USDC, WETH = world().token("USDC"), world().wrapped


@pytest.fixture
def miner(fork_rpc: str) -> Miner:
    """On a fork on which Alice has 10 WETH, Bob 50,000 USDC, and both have approved Aave for both."""
    miner = Miner.start(fork_rpc)
    for person in (ALICE, BOB):
        miner.give(person, 11 * ETHER)
    pool = aave().pool
    miner.mine([wrap(WETH.token, ALICE, 10 * ETHER), mint(USDC.token, DEPLOYER, BOB, USDC.units(50_000))])
    miner.mine([approve(asset.token, who, pool) for asset in (USDC, WETH) for who in (ALICE, BOB)])
    return miner


def aave() -> AaveV3:
    return world().of(AaveV3)


def test_every_reserve_has_the_worlds_price_and_something_to_lend(fork_rpc: str) -> None:
    miner = Miner.start(fork_rpc)

    for reserve in aave().reserves:
        assert miner.number(aave().oracle, "getAssetPrice(address)", reserve.asset.token) == (
            reserve.asset.cents * 10**6
        )
        (there,) = miner.holdings([(reserve.asset, reserve.supplied.token)])
        assert reserve.asset.usd(there) == pytest.approx(reserve.terms.seed_usd, rel=1e-6)


def test_alice_borrows_up_to_her_limit_pays_back_and_leaves(miner: Miner) -> None:
    # 10 ETH at 2,500 dollars with 80 % loan to value: 20,000 dollars can be borrowed.
    owed = aave().reserve(USDC.token).owed
    too_much, fitting = (aave_v3.borrow(aave(), ALICE, USDC, USDC.units(n)) for n in (20_001, 19_999))

    supplied = miner.mine([aave_v3.supply(aave(), ALICE, WETH, 10 * ETHER)])
    assert aave_v3.borrowable(miner, aave(), ALICE, USDC) == USDC.units(20_000)
    mined = miner.mine([too_much, fitting])

    assert [one.ok for one in [*supplied, *mined]] == [True, False, True]
    assert miner.holdings([(USDC, ALICE), (owed, ALICE)]) == [USDC.units(19_999)] * 2
    # 25,000 at a threshold of 82.5 % over 19,999.
    assert aave_v3.health(miner, aave(), ALICE) == pytest.approx(25_000 * 0.825 / 19_999, rel=1e-4)
    interest = mint(USDC.token, DEPLOYER, ALICE, USDC.units(1))
    back = miner.mine([interest, aave_v3.repay(aave(), ALICE, USDC), aave_v3.withdraw(aave(), ALICE, WETH)])
    assert [one.ok for one in back] == [True, True, True]
    assert miner.holdings([(owed, ALICE)]) == [0]
    assert miner.holdings([(WETH, ALICE)])[0] >= 10 * ETHER


def test_bob_liquidates_alice_when_the_oracle_says_that_ether_fell(miner: Miner) -> None:
    miner.mine(
        [
            aave_v3.supply(aave(), ALICE, WETH, 10 * ETHER),
            aave_v3.borrow(aave(), ALICE, USDC, USDC.units(19_000)),
        ]
    )
    part = USDC.units(4_000)
    liquidate = aave_v3.liquidate(aave(), BOB, ALICE, WETH, USDC, part)
    (early,) = miner.mine([liquidate])
    # At 2,000 dollars: 20,000 * 0.825 = 16,500 against 19,000.
    mined = miner.mine([aave_v3.set_price(aave(), DEPLOYER, WETH, 2_000 * 10**8), liquidate])

    assert not early.ok and [one.ok for one in mined] == [True, True]
    # 4,000 dollars at 2,000 are 2 ETH, and 5 % more.
    assert miner.holdings([(WETH, BOB)])[0] == pytest.approx(2.1 * ETHER, rel=1e-3)
