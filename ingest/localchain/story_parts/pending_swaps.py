"""Purchases that wait to be mined in one pool, each with the least it accepts; and what comes before them.

Amounts paid in are in wei, amounts bought in token units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.localchain.chain import actions
from ingest.localchain.chain.actions import Asset, Transaction, approve
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols import uniswap_v3
from ingest.localchain.protocols.uniswap_v3 import LOW_FEE, Pool, UniswapV3
from ingest.localchain.story_parts import pool_math as curves
from ingest.localchain.story_parts.pool_math import Curve
from ingest.localchain.story_parts.spot_price_protocols import own_place
from ingest.localchain.world import pools
from ingest.localchain.world.stage import Acts, Stage

_SHARED = ("LINK", "WBTC", "DRIFT", "USDC")


@dataclass(frozen=True, slots=True)
class Order:
    """`buyer` pays `wei` and wants `least` at least, or nothing."""

    buyer: Address
    wei: int
    least: int


@dataclass(frozen=True, slots=True)
class Venue:
    """A pool against native value at `address`: of V3 where `v3` says which, else of V2."""

    address: Address
    token: Asset
    v3: Pool | None = None

    @property
    def is_small(self) -> bool:
        """Whether it is a new token's own: nobody else trades there."""
        return self.token.cents == 0

    def curve(self, stage: Stage) -> Curve:
        """The pool at the head, for those who buy."""
        world = stage.world
        if self.v3 is None:
            return curves.v2_curve(stage.miner, world, world.weth, self.token.token)
        return curves.v3_curve(stage.miner, world, self.v3, world.weth)

    def buy(self, stage: Stage, order: Order, to: Address = "") -> Transaction:
        """For the buyer; on V2 also for somebody else."""
        world, token = stage.world, self.token.token
        if self.v3 is None:
            path = [world.weth, token]
            return actions.buy(world.router, order.buyer, path, order.wei, to or order.buyer, order.least)
        v3 = world.of(UniswapV3)
        return uniswap_v3.buy(v3, order.buyer, world.weth, token, self.v3.fee, order.wei, order.least)

    def approve(self, stage: Stage, seller: Address) -> Transaction:
        """Lets the router take the token."""
        router = stage.world.router if self.v3 is None else stage.world.of(UniswapV3).router
        return approve(self.token.token, seller, router)

    def sell(self, stage: Stage, seller: Address, amount: int) -> Transaction:
        """For WETH; the router must be approved."""
        world, token = stage.world, self.token.token
        if self.v3 is None:
            return pools.swap(world, seller, [token, world.weth], amount)
        return uniswap_v3.swap(world.of(UniswapV3), seller, (token, world.weth), self.v3.fee, amount)


def great_venue(stage: Stage) -> Venue:
    """One of the world's V2 pools, in which many trade."""
    token = stage.rng.choice([asset for asset in stage.world.assets if asset.symbol in _SHARED])
    return Venue(pools.pair_address(stage.world.factory, stage.world.weth, token.token), token)


def v3_venue(stage: Stage) -> Venue:
    """The V3 pool with the low fee."""
    world, usdc = stage.world, stage.world.token("USDC")
    pool = world.of(UniswapV3).pool(world.weth, usdc.token, LOW_FEE)
    return Venue(world.of(UniswapV3).address(pool), usdc, pool)


def small_venue(stage: Stage, least_usd: float) -> Acts:
    """A new token's V2 pool, with so many dollars or more on each side."""
    place = yield from own_place(stage, moneys=("WETH",), least_usd=least_usd)
    return Venue(place.pair, place.token)


def bought(curve: Curve, amounts: Sequence[int]) -> list[int]:
    """What each gets who pays in, one after the other."""
    out = []
    for amount in amounts:
        out.append(curve.gives(amount))
        curve = curve.after(amount)
    return out


def most_before(curve: Curve, orders: Sequence[Order]) -> int:
    """The most that can be paid in just before `orders` so that all of them still get their least."""
    low, high = 0, curve.paid
    while high - low > high // 10**6 + 1:
        middle = (low + high) // 2
        got = bought(curve.after(middle), [order.wei for order in orders])
        fits = all(n >= order.least for n, order in zip(got, orders, strict=True))
        low, high = (middle, high) if fits else (low, middle)
    return low


def gain_around(curve: Curve, orders: Sequence[Order], wei: int) -> int:
    """What buying for `wei` just before `orders` and selling just after brings; negative where it costs."""
    here = curve.after(wei)
    for order in orders:
        here = here.after(order.wei)
    return here.turned().gives(curve.gives(wei)) - wei
