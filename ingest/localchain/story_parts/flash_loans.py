"""Who lends in a flash, without collateral and for one transaction, and how much: Aave, Uniswap, ERC-3156."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from ingest.localchain.chain.actions import Asset, approve
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.contracts import call, create, created
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols.aave_v3 import AaveV3
from ingest.localchain.protocols.uniswap_v3 import UniswapV3
from ingest.localchain.story_parts.spot_price_protocols import bring
from ingest.localchain.world.pools import pair_address
from ingest.localchain.world.stage import Acts, Stage

FLASH_LENDER = Own("lender", "FlashLender")
FLASH_GAS = 4_000_000

_AT_MOST = 70
"""Percent of what a source holds that is borrowed: others use it too."""


class Kind(IntEnum):
    """The sources, as `Source` in flash.sol counts them."""

    AAVE = 0
    UNISWAP_V2 = 1
    UNISWAP_V3 = 2
    ERC3156 = 3


@dataclass(frozen=True, slots=True)
class Source:
    """`lender` lends up to `most` units of `asset`."""

    kind: Kind
    lender: Address
    asset: Asset
    most: int


def source(stage: Stage, kind: Kind, asset: Asset, avoid: Address = "") -> Acts:
    """One of this kind for WETH, USDC or DAI; no pool at `avoid`, which is locked while it lends."""
    if kind == Kind.ERC3156:
        return (yield from _own_lender(stage, asset))
    lender, purse = _lender(stage, kind, asset, avoid)
    return Source(kind, lender, asset, stage.holding(asset, purse) * _AT_MOST // 100)


def _lender(stage: Stage, kind: Kind, asset: Asset, avoid: Address) -> tuple[Address, Address]:
    """Whom to ask, and who holds the money."""
    world = stage.world
    if kind == Kind.AAVE:
        aave = world.of(AaveV3)
        return aave.pool, aave.reserve(asset.token).supplied.token
    if kind == Kind.UNISWAP_V3:
        v3 = world.of(UniswapV3)
        found = [v3.address(pool) for pool in v3.pools if asset.token in (pool.token0, pool.token1)]
    else:
        others = world.tokens[:3] if asset.token == world.weth else (world.wrapped,)
        found = [pair_address(world.factory, asset.token, other.token) for other in others]
    lender = stage.rng.choice([address for address in found if address != avoid])
    return lender, lender


def _own_lender(stage: Stage, asset: Asset) -> Acts:
    """A small ERC-3156 lender that somebody has opened, with 2 to 20 million dollars in it."""
    owner, amount = stage.dormant(stage.ether(1, 3)), asset.units(stage.rng.uniform(2e6, 2e7))
    yield []
    (made,) = yield [create(owner, FLASH_LENDER)]
    yield from bring(stage, asset, [(owner, amount)])
    lender = created(made)
    put = call(owner, lender, "supply(address,uint256)", asset.token, amount)
    yield [approve(asset.token, owner, lender), put]
    return Source(Kind.ERC3156, lender, asset, amount)
