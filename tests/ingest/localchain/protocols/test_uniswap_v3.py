"""Uniswap V3 stands, its pools are at the world's prices, and its users get what they were quoted."""

from __future__ import annotations

import pytest

from ingest.localchain.chain.actions import Asset, add_liquidity, approve, mint, wrap
from ingest.localchain.chain.miner import Miner
from ingest.localchain.play.deploying import world
from ingest.localchain.protocols import uniswap_v3
from ingest.localchain.protocols.uniswap_v3 import LOW_FEE, MIDDLE_FEE, SPACING, Pool, UniswapV3
from ingest.localchain.world import pools
from ingest.localchain.world.world import DEPLOYER, ETH, World

pytestmark = pytest.mark.chain

ALICE = "0x" + "a1" * 20
ETHER = 10**18


@pytest.fixture
def miner(fork_rpc: str) -> Miner:
    """On a fork on which Alice has 1,000 ETH, half of it wrapped, and 100,000 USDC."""
    miner, here = Miner.start(fork_rpc), world()
    usdc = here.token("USDC")
    miner.give(ALICE, 1_000 * ETHER)
    miner.mine([wrap(here.weth, ALICE, 500 * ETHER), mint(usdc.token, DEPLOYER, ALICE, usdc.units(100_000))])
    return miner


def v3(here: World) -> UniswapV3:
    return here.of(UniswapV3)


def test_every_pool_lies_where_the_factory_says_and_has_the_worlds_price(fork_rpc: str) -> None:
    miner, here = Miner.start(fork_rpc), world()
    by_address = {asset.token: asset for asset in (here.wrapped, *here.tokens)}

    for pool in v3(here).pools:
        signature = "getPool(address,address,uint24)"
        answer = miner.ask(v3(here).factory, signature, pool.token0, pool.token1, pool.fee)
        assert "0x" + answer[-20:].hex() == v3(here).address(pool)
        sqrt = miner.number(v3(here).address(pool), "slot0()")
        first, second = by_address[pool.token0], by_address[pool.token1]
        one_dollar = (sqrt / 2**96) ** 2 * first.units(1_000) / second.units(1_000)
        assert one_dollar == pytest.approx(1, rel=1e-4)


def test_alice_buys_what_the_quoter_says(miner: Miner) -> None:
    here = world()
    usdc = here.token("USDC")
    signature = "quoteExactInputSingle((address,address,uint256,uint24,uint160))"
    before = miner.holdings([(usdc, ALICE)])[0]
    quoted = miner.number(v3(here).quoter, signature, (here.weth, usdc.token, ETHER, LOW_FEE, 0))

    (bought,) = miner.mine([uniswap_v3.buy(v3(here), ALICE, here.weth, usdc.token, LOW_FEE, ETHER, quoted)])

    assert bought.ok
    assert miner.holdings([(usdc, ALICE)])[0] - before == quoted
    # 2,500 dollars less 0.05 %; the pool is too big for one ETH to move it by more than a hair.
    assert usdc.usd(quoted) == pytest.approx(2_500 * 0.9995, rel=1e-3)


def test_alice_sells_and_asks_for_too_much(miner: Miner) -> None:
    here = world()
    usdc = here.token("USDC")
    path, amount = (usdc.token, here.weth), usdc.units(2_500)
    greedy = uniswap_v3.swap(v3(here), ALICE, path, MIDDLE_FEE, amount, 2 * ETHER)
    fair = uniswap_v3.swap(v3(here), ALICE, path, MIDDLE_FEE, amount, ETHER * 99 // 100)

    mined = miner.mine([approve(usdc.token, ALICE, v3(here).router), greedy, fair])

    assert [one.ok for one in mined] == [True, False, True]


def test_alice_adds_a_position_and_takes_it_out(miner: Miner) -> None:
    here = world()
    usdc, weth = here.token("USDC"), here.wrapped
    pool = v3(here).pool(usdc.token, weth.token)
    wanted = {usdc.token: usdc.units(10_000), weth.token: 4 * ETHER}
    amounts = (wanted[pool.token0], wanted[pool.token1])
    ticks = pool.around(uniswap_v3.sqrt_price(*amounts), 1.2)
    before = miner.holdings([(usdc, ALICE), (weth, ALICE)])

    approvals = [approve(asset.token, ALICE, v3(here).positions) for asset in (usdc, weth)]
    miner.mine([*approvals, uniswap_v3.add_position(v3(here), ALICE, pool, ticks, amounts)])
    number, liquidity = uniswap_v3.positions_of(miner, v3(here), ALICE)[0]
    spent = [b - n for b, n in zip(before, miner.holdings([(usdc, ALICE), (weth, ALICE)]), strict=True)]
    miner.mine(uniswap_v3.remove_position(v3(here), ALICE, number, liquidity))

    assert liquidity > 0 and usdc.usd(spent[0]) > 5_000 and ETH.usd(spent[1]) > 5_000
    after = miner.holdings([(usdc, ALICE), (weth, ALICE)])
    assert [b - a for b, a in zip(before, after, strict=True)] == pytest.approx([0, 0], abs=2)
    assert uniswap_v3.positions_of(miner, v3(here), ALICE) == [(number, 0)]


def test_alice_moves_her_share_of_a_v2_pool_to_v3(miner: Miner) -> None:
    here = world()
    usdc, weth = here.token("USDC"), here.wrapped
    pair = Asset("LP", pools.pair_address(here.factory, usdc.token, weth.token), 0)
    approvals = [approve(asset.token, ALICE, here.router) for asset in (usdc, weth)]
    both = add_liquidity(here.router, ALICE, (usdc.token, weth.token), (usdc.units(25_000), 10 * ETHER))
    miner.mine([*approvals, both])
    (share,) = miner.holdings([(pair, ALICE)])

    pool = v3(here).pool(usdc.token, weth.token)
    moved = miner.mine(uniswap_v3.migrate(v3(here), ALICE, pair.token, share, pool, pool.widest))

    assert share > 0 and [one.ok for one in moved] == [True, True]
    assert miner.holdings([(pair, ALICE)]) == [0]
    assert len(uniswap_v3.positions_of(miner, v3(here), ALICE)) == 1


@pytest.mark.parametrize("fee", SPACING)
def test_ticks_are_those_that_the_pool_allows(fee: int) -> None:
    pool = Pool.of("0x" + "0b" * 20, "0x" + "0a" * 20, fee)
    low, high = pool.around(2**96, 2)

    assert pool.token0 == "0x" + "0a" * 20
    assert [tick % SPACING[fee] for tick in (low, high, *pool.widest)] == [0, 0, 0, 0]
    # 1.0001 ** 6932 = 2.0001; the price of 2**96 is one, its tick zero.
    assert -6_932 - SPACING[fee] < low <= -6_931 and 6_931 < high <= 6_931 + SPACING[fee] + 1
