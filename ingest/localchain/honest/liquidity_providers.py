"""Liquidity providers: they enter Uniswap V2 and V3, leave in part or wholly, and migrate from V2 to V3."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.localchain.chain.actions import Asset, Transaction, add_liquidity_eth, approve, wrap
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols import uniswap_v3
from ingest.localchain.protocols.uniswap_v3 import MIDDLE_FEE, UniswapV3
from ingest.localchain.story_parts.random_draws import often
from ingest.localchain.world import pools
from ingest.localchain.world.endowment import Opening, grant
from ingest.localchain.world.stage import ETHER, Habit, Stage

_SYMBOLS = ("USDC", "USDT", "DAI", "LINK", "WBTC")
_RANGES = (1.05, 1.2, 1.5, 3)
"""How far from the price a position reaches on V3."""

Provider = tuple[Address, Asset]
"""A wallet and the token it provides beside native value."""


def begin(stage: Stage, per_block: int) -> Opening:
    """A dozen providers or more; an act in about eight blocks at twenty transactions a block."""
    providers = [
        (stage.fresh(), stage.world.token(stage.rng.choice(_SYMBOLS))) for _ in range(max(8, per_block // 3))
    ]
    opening = Opening([liquidity_providers(stage, providers, per_block / 160)])
    for wallet, token in providers:
        usd = min(500_000.0, 2_000 + stage.rng.lognormvariate(9.5, 1.2))
        stage.miner.give(wallet, int(usd / 2_500 * ETHER) + 2 * ETHER)
        opening.grants.append(grant(stage.world, token, wallet, usd))
    return opening


def liquidity_providers(stage: Stage, providers: Sequence[Provider], rate: float) -> Habit:
    """About `rate` of them act in each block."""
    while True:
        acting = stage.rng.sample(providers, min(often(stage.rng, rate), len(providers)))
        yield [t for wallet, token in acting for t in act(stage, wallet, token)]


def act(stage: Stage, wallet: Address, token: Asset) -> list[Transaction]:
    """Leaves or migrates where something is provided, mostly; else enters V2 or V3."""
    v3, share = stage.world.of(UniswapV3), _share(stage, token)
    there = stage.holding(share, wallet)
    open_positions = [p for p in uniswap_v3.positions_of(stage.miner, v3, wallet) if p[1]]
    dice = stage.rng.random()
    if there and dice < 0.3:
        pool = v3.pool(stage.world.weth, token.token, MIDDLE_FEE)
        return uniswap_v3.migrate(v3, wallet, share.token, there, pool, _ticks(stage, token))
    if there and dice < 0.65:
        percent = stage.rng.choice((100, 100, 50, stage.rng.randint(10, 90)))
        return pools.close_pool(stage.world, wallet, token.token, there * percent // 100)
    if open_positions and dice < 0.6:
        number, liquidity = open_positions[0]
        percent = stage.rng.choice((100, 100, stage.rng.randint(20, 80)))
        return uniswap_v3.remove_position(v3, wallet, number, liquidity * percent // 100)
    return _enter(stage, wallet, token, stage.rng.random() < 0.5)


def _enter(stage: Stage, wallet: Address, token: Asset, is_v3: bool) -> list[Transaction]:
    """As much as both sides allow, or a part of it."""
    wei = stage.spendable(wallet, *[2_000_000] * 4) - ETHER // 2
    usd = min(stage.world.wrapped.usd(max(0, wei)), token.usd(stage.holding(token, wallet)))
    usd *= stage.rng.uniform(0.2, 0.9)
    if usd < 100:
        return []
    weth, amount = stage.world.wrapped.units(usd), token.units(usd)
    if not is_v3:
        router = stage.world.router
        return [
            approve(token.token, wallet, router, amount),
            add_liquidity_eth(router, wallet, token.token, amount, weth),
        ]
    v3, world = stage.world.of(UniswapV3), stage.world
    pool = v3.pool(world.weth, token.token, MIDDLE_FEE)
    wanted = {world.weth: weth, token.token: amount}
    return [
        wrap(world.weth, wallet, weth),
        approve(world.weth, wallet, v3.positions, weth),
        approve(token.token, wallet, v3.positions, amount),
        uniswap_v3.add_position(
            v3, wallet, pool, _ticks(stage, token), (wanted[pool.token0], wanted[pool.token1])
        ),
    ]


def _share(stage: Stage, token: Asset) -> Asset:
    """The pair's own token: what stands for a part of it."""
    return Asset("LP", pools.pair_address(stage.world.factory, token.token, stage.world.weth), 0)


def _ticks(stage: Stage, token: Asset) -> tuple[int, int]:
    v3 = stage.world.of(UniswapV3)
    pool = v3.pool(stage.world.weth, token.token, MIDDLE_FEE)
    return pool.around(uniswap_v3.price(stage.miner, v3, pool), stage.rng.choice(_RANGES))
