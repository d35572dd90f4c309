"""What a curve says of a trade is what the pool does, and the best round is the best."""

from __future__ import annotations

import pytest

from ingest.localchain.chain.actions import approve, buy, wrap
from ingest.localchain.chain.miner import Miner
from ingest.localchain.play.deploying import world
from ingest.localchain.protocols import uniswap_v3
from ingest.localchain.protocols.uniswap_v3 import UniswapV3
from ingest.localchain.story_parts import pool_math as curves
from ingest.localchain.story_parts.pool_math import Curve, best_round, joined, round_gain
from ingest.localchain.world import pools

ALICE = "0x" + "a1" * 20
ETHER = 10**18
USDC = world().token("USDC")


@pytest.fixture
def miner(fork_rpc: str) -> Miner:
    """On a fork on which Alice has 1,000 WETH and as much native value."""
    miner = Miner.start(fork_rpc)
    miner.give(ALICE, 2_000 * ETHER)
    miner.mine([wrap(world().weth, ALICE, 1_000 * ETHER)])
    return miner


@pytest.mark.chain
def test_a_v2_pool_moves_as_its_curve_says(miner: Miner) -> None:
    here = world()
    before = curves.v2_curve(miner, here, here.weth, USDC.token)

    miner.mine([buy(here.router, ALICE, [here.weth, USDC.token], 500 * ETHER)])

    assert miner.holdings([(USDC, ALICE)]) == [before.gives(500 * ETHER)]
    assert curves.v2_curve(miner, here, here.weth, USDC.token) == before.after(500 * ETHER)
    assert curves.v2_curve(miner, here, USDC.token, here.weth) == before.after(500 * ETHER).turned()


@pytest.mark.chain
def test_a_v3_pool_moves_as_its_curve_says(miner: Miner) -> None:
    here = world()
    v3 = here.of(UniswapV3)
    pool = v3.pool(here.weth, USDC.token)
    before = curves.v3_curve(miner, here, pool, here.weth)
    path = (here.weth, USDC.token)

    miner.mine(
        [approve(here.weth, ALICE, v3.router), uniswap_v3.swap(v3, ALICE, path, pool.fee, 300 * ETHER)]
    )

    # The pool rounds its root to 96 bits, so that a few units of six decimals may differ.
    assert miner.holdings([(USDC, ALICE)])[0] == pytest.approx(before.gives(300 * ETHER), abs=5)
    after, said = curves.v3_curve(miner, here, pool, here.weth), before.after(300 * ETHER)
    assert (after.paid, after.given) == pytest.approx((said.paid, said.given), rel=1e-9)


def test_the_best_round_gains_more_than_a_bit_more_or_less() -> None:
    cheap, dear = Curve(10**24, 10**24), Curve(10**24, 11 * 10**23, fee=500, keeps_fee=False)

    best = best_round(cheap, dear)

    assert round_gain(cheap, dear, best) > max(round_gain(cheap, dear, best * n // 100) for n in (97, 103))


def test_pools_that_differ_by_less_than_their_fees_leave_nothing_to_gain() -> None:
    # 0.3 % and 0.3 % in fees, 0.5 % between the prices.
    assert best_round(Curve(10**24, 10**24), Curve(10**24, 1_005 * 10**21)) == 0


def test_two_pools_joined_give_what_they_give_one_after_the_other() -> None:
    first, second = Curve(10**24, 2 * 10**24), Curve(7 * 10**23, 5 * 10**23, fee=500)

    for amount in (10**18, 10**21, 10**23):
        assert joined(first, second).gives(amount) == pytest.approx(
            second.gives(first.gives(amount)), rel=1e-9
        )


def test_a_curve_agrees_with_the_library_of_v2() -> None:
    assert Curve(1_000_003, 77_777).gives(4_321) == pools.amount_out(4_321, 1_000_003, 77_777)
