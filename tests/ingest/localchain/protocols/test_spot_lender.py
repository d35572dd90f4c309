"""The market that believes a pool lends at the pool's price, liquidates at it, and can be made careful."""

from __future__ import annotations

import pytest

from ingest.localchain.chain.actions import DEPLOY_GAS, Transaction, approve, buy, mint, wrap
from ingest.localchain.chain.miner import Miner
from ingest.localchain.chain.wallet import Address
from ingest.localchain.play.deploying import world
from ingest.localchain.protocols import spot_lender
from ingest.localchain.protocols.spot_lender import LENDER, VAULT, SpotLender
from ingest.localchain.world import pools
from ingest.localchain.world.world import DEPLOYER

pytestmark = pytest.mark.chain

ALICE, BOB = "0x" + "a1" * 20, "0x" + "b0" * 20
ETHER = 10**18
LINK, WETH = world().token("LINK"), world().wrapped


@pytest.fixture
def miner(fork_rpc: str) -> Miner:
    """On a fork on which Alice has 1,000 LINK, worth 6 ETH in the pool, and Bob 20,000 ETH."""
    miner = Miner.start(fork_rpc)
    miner.give(ALICE, ETHER)
    miner.give(BOB, 20_000 * ETHER)
    miner.mine([mint(LINK.token, DEPLOYER, ALICE, LINK.units(15_000)), wrap(WETH.token, BOB, 5_000 * ETHER)])
    return miner


def push_up(percent: int, miner: Miner) -> Transaction:
    """Bob makes LINK dearer in the pool."""
    here = world()
    (reserve, _) = pools.reserves(miner, here.factory, WETH.token, LINK.token)
    return buy(here.router, BOB, [WETH.token, LINK.token], pools.amount_to_push(reserve, percent))


def test_alice_borrows_what_her_collateral_is_worth_and_gets_it_back(miner: Miner) -> None:
    lender = world().of(SpotLender).address
    # 1,000 LINK at 15 dollars are 6 ETH, of which 70 % can be borrowed: 4.2 ETH.
    too_much = spot_lender.borrow(lender, ALICE, ETHER * 43 // 10)
    fitting = spot_lender.borrow(lender, ALICE, ETHER * 41 // 10)
    pledge = [approve(LINK.token, ALICE, lender), spot_lender.deposit(lender, ALICE, LINK.units(15_000))]

    mined = miner.mine([*pledge, too_much, fitting])
    back = miner.mine(
        [
            spot_lender.release(lender, ALICE, LINK.units(15_000)),
            approve(WETH.token, ALICE, lender),
            spot_lender.repay(lender, ALICE, ETHER * 41 // 10),
            spot_lender.release(lender, ALICE, LINK.units(15_000)),
        ]
    )

    assert [one.ok for one in mined] == [True, True, False, True]
    assert [one.ok for one in back] == [False, True, True, True]
    assert miner.holdings([(LINK, ALICE), (WETH, ALICE)]) == [LINK.units(15_000), 0]


def test_a_pushed_pool_lets_alice_borrow_more_than_her_tokens_are_worth(miner: Miner) -> None:
    lender = world().of(SpotLender).address
    pledge = [approve(LINK.token, ALICE, lender), spot_lender.deposit(lender, ALICE, LINK.units(15_000))]

    # Twice the price: 12 ETH, of which 8.4 can be borrowed; the collateral is worth 6.
    mined = miner.mine([*pledge, push_up(100, miner), spot_lender.borrow(lender, ALICE, 8 * ETHER)])

    assert all(one.ok for one in mined)
    assert miner.holdings([(WETH, ALICE)]) == [8 * ETHER]


def test_a_careful_market_refuses_a_price_that_has_moved(miner: Miner) -> None:
    here = world()
    pair = pools.pair_address(here.factory, LINK.token, WETH.token)
    (made,) = miner.mine(
        [Transaction(BOB, None, LENDER.deployment(pair, WETH.token, 10, 70, 80), gas=DEPLOY_GAS)]
    )
    lender = _created(made.created)
    funded = [approve(WETH.token, BOB, lender), spot_lender.supply(lender, BOB, 100 * ETHER)]
    pledge = [approve(LINK.token, ALICE, lender), spot_lender.deposit(lender, ALICE, LINK.units(15_000))]
    miner.mine([*funded, *pledge])

    pushed, refused = miner.mine([push_up(20, miner), spot_lender.borrow(lender, ALICE, ETHER)])

    assert (pushed.ok, refused.ok) == (True, False)


def test_bob_liquidates_when_the_pool_falls_and_not_before(miner: Miner) -> None:
    here, lender = world(), world().of(SpotLender).address
    pledge = [approve(LINK.token, ALICE, lender), spot_lender.deposit(lender, ALICE, LINK.units(15_000))]
    ready = [mint(LINK.token, DEPLOYER, BOB, 10**24), approve(WETH.token, BOB, lender)]
    approved = approve(LINK.token, BOB, here.router)
    miner.mine([*pledge, spot_lender.borrow(lender, ALICE, 4 * ETHER), *ready, approved])
    (reserve, _) = pools.reserves(miner, here.factory, LINK.token, WETH.token)
    fall = pools.swap(here, BOB, [LINK.token, WETH.token], pools.amount_to_push(reserve, 40))

    early, fell, late = miner.mine(
        [spot_lender.liquidate(lender, BOB, ALICE), fall, spot_lender.liquidate(lender, BOB, ALICE)]
    )

    # WETH dearer by 40 %: the collateral of 6 ETH is worth 4.29, and 4 are more than 80 % of that. The bonus
    # would make it 4.4, so Bob gets all of it.
    assert (early.ok, fell.ok, late.ok) == (False, True, True)
    assert miner.number(lender, "deposited(address)", ALICE) == 0


def test_members_of_a_vault_get_their_part_of_what_it_holds(miner: Miner) -> None:
    here = world()
    pair = pools.pair_address(here.factory, LINK.token, WETH.token)
    (made,) = miner.mine([Transaction(BOB, None, VAULT.deployment(pair, WETH.token, 0), gas=DEPLOY_GAS)])
    vault = _created(made.created)
    miner.mine([approve(WETH.token, BOB, vault), spot_lender.join(vault, BOB, 10 * ETHER)])
    shares = miner.number(vault, "sharesOf(address)", BOB)

    before = miner.holdings([(WETH, BOB)])[0]
    miner.mine([spot_lender.leave(vault, BOB, shares // 2)])

    assert miner.holdings([(WETH, BOB)])[0] - before == 5 * ETHER
    assert miner.holdings([(WETH, vault)]) == [5 * ETHER]


def _created(address: Address | None) -> Address:
    assert address is not None
    return address
