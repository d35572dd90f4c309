"""What is said about a pool beforehand is what happens in it."""

from __future__ import annotations

import pytest

from ingest.localchain.chain.actions import Asset, approve, buy, mint
from ingest.localchain.chain.miner import Miner
from ingest.localchain.play.deploying import world
from ingest.localchain.world import pools
from ingest.localchain.world.world import DEPLOYER, ETH, World

ALICE = "0x" + "a1" * 20
ETHER = 10**18


@pytest.mark.chain
def test_the_pool_of_the_world_lies_where_its_factory_says(fork_rpc: str) -> None:
    miner, here = Miner.start(fork_rpc), world()
    usdc = here.token("USDC").token

    answer = miner.ask(here.factory, "getPair(address,address)", usdc, here.weth)

    assert pools.pair_address(here.factory, usdc, here.weth) == "0x" + answer[-20:].hex()
    assert pools.pair_address(here.factory, here.weth, usdc) == "0x" + answer[-20:].hex()


def test_a_mainnet_pool_lies_where_it_is_known_to() -> None:
    # USDC/WETH of the real factory, as everybody's explorer shows it.
    factory = "0x5c69bee701ef814a2b6a3edd4b1652cb9cc5aa6f"
    usdc, weth = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48", "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"

    assert pools.pair_address(factory, usdc, weth) == "0xb4e16d0168e52d35cacd2c6185b44281ec28c9dc"


@pytest.mark.chain
def test_a_swap_gives_what_was_quoted(fork_rpc: str) -> None:
    miner, here = _rich_alice(fork_rpc)
    usdc = here.token("USDC")
    wei_there, usdc_there = pools.reserves(miner, here.factory, here.weth, usdc.token)

    (bought,) = miner.mine([buy(here.router, ALICE, [here.weth, usdc.token], 3 * ETHER)])

    assert bought.ok
    quoted = pools.amount_out(3 * ETHER, wei_there, usdc_there)
    assert miner.holdings([(usdc, ALICE)]) == [quoted]
    # With x * y = k and the fee, what must be paid in for that much is what was paid, to a rounding.
    assert pools.amount_in(quoted, wei_there, usdc_there) == pytest.approx(3 * ETHER, rel=1e-9)


@pytest.mark.chain
def test_a_push_by_half_makes_the_token_half_dearer(fork_rpc: str) -> None:
    miner, here = _rich_alice(fork_rpc)
    drift = here.drift
    before = pools.reserves(miner, here.factory, here.weth, drift.token)

    wei = pools.amount_to_push(before[0], 50)
    miner.mine([buy(here.router, ALICE, [here.weth, drift.token], wei)])

    after = pools.reserves(miner, here.factory, here.weth, drift.token)
    # The fee stays in the pool and buys nothing: 0.3 % of a push of 22 % of the reserve.
    assert (after[0] / after[1]) / (before[0] / before[1]) == pytest.approx(1.5, rel=0.002)


@pytest.mark.chain
def test_alice_opens_a_pool_swaps_in_it_and_takes_everything_out(fork_rpc: str) -> None:
    miner, here = _rich_alice(fork_rpc)
    link, usdc = here.token("LINK"), here.token("USDC")
    miner.mine([mint(here.drift.token, DEPLOYER, ALICE, 10**24), mint(link.token, DEPLOYER, ALICE, 10**20)])
    dear = miner.mine(pools.open_pool(here, ALICE, here.drift.token, 10**24, ETHER))
    pair = Asset("LP", pools.pair_address(here.factory, here.drift.token, here.weth), 0)
    (liquidity,) = miner.holdings([(pair, ALICE)])
    path = [link.token, here.weth, usdc.token]
    swapped = miner.mine(
        [approve(link.token, ALICE, here.router), pools.swap(here, ALICE, path, 10**20, to=DEPLOYER)]
    )
    taken = miner.mine(pools.close_pool(here, ALICE, here.drift.token, liquidity))

    assert all(one.ok for one in [*dear, *swapped, *taken])
    assert liquidity > 0
    assert miner.holdings([(pair, ALICE), (link, ALICE), (usdc, ALICE)]) == [0, 0, 0]


@pytest.mark.chain
def test_there_is_nothing_in_a_pool_that_is_not_there(fork_rpc: str) -> None:
    miner, here = Miner.start(fork_rpc), world()

    assert pools.reserves(miner, here.factory, here.token("LINK").token, here.drift.token) == (0, 0)


def _rich_alice(rpc: str) -> tuple[Miner, World]:
    miner = Miner.start(rpc)
    miner.give(ALICE, 10**6 * ETHER)
    miner.mine([])
    assert miner.holdings([(ETH, ALICE)]) == [10**6 * ETHER]
    return miner, world()
