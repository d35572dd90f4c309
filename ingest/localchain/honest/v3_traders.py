"""Traders on Uniswap V3, who approve its router for what they sell, or for good, and take back approvals."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.localchain.chain.actions import UNLIMITED, Asset, Transaction, approve
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols import uniswap_v3
from ingest.localchain.protocols.uniswap_v3 import Pool, UniswapV3
from ingest.localchain.story_parts.random_draws import often
from ingest.localchain.world.endowment import Opening, endow
from ingest.localchain.world.stage import ETHER, Habit, Stage
from ingest.localchain.world.world import ETH

_TOO_LATE = 0.05
"""The share of swaps that ask for a price that is gone, and fail."""


def begin(stage: Stage, per_block: int) -> Opening:
    """A dozen traders or more: a swap in two blocks at twenty transactions a block."""
    wallets = [stage.fresh() for _ in range(max(12, per_block // 2))]
    opening = Opening([v3_traders(stage, wallets, per_block / 45)])
    for wallet in wallets:
        opening.grants += endow(stage, wallet)
        stage.miner.give(wallet, stage.ether(3, 120))
    return opening


def v3_traders(stage: Stage, wallets: Sequence[Address], rate: float) -> Habit:
    """About `rate` swaps in each block."""
    while True:
        acting = stage.rng.sample(wallets, min(often(stage.rng, rate), len(wallets)))
        yield [t for wallet in acting for t in trade(stage, wallet)]


def trade(stage: Stage, wallet: Address) -> list[Transaction]:
    """Buys a token for native value, or sells what there is of one for WETH or another."""
    v3, rng = stage.world.of(UniswapV3), stage.rng
    pool = rng.choice(v3.pools)
    first, second = _assets(stage, pool)
    sold, bought = (first, second) if rng.random() < 0.5 else (second, first)
    least = UNLIMITED if rng.random() < _TOO_LATE else 0
    if sold.token == stage.world.weth:
        wei = int(stage.holding(ETH, wallet) * rng.uniform(0.01, 0.15))
        if wei < ETHER // 100:
            return []
        return [uniswap_v3.buy(v3, wallet, sold.token, bought.token, pool.fee, wei, least)]
    amount = int(stage.holding(sold, wallet) * rng.uniform(0.1, 0.8))
    if sold.usd(amount) < 10:
        return []
    path = (sold.token, bought.token)
    allowed = UNLIMITED if rng.random() < 0.5 else amount
    selling = [
        approve(sold.token, wallet, v3.router, allowed),
        uniswap_v3.swap(v3, wallet, path, pool.fee, amount, least),
    ]
    is_careful = allowed == UNLIMITED and rng.random() < 0.2
    return [*selling, approve(sold.token, wallet, v3.router, 0)] if is_careful else selling


def _assets(stage: Stage, pool: Pool) -> tuple[Asset, Asset]:
    known = {asset.token: asset for asset in (stage.world.wrapped, *stage.world.tokens)}
    return known[pool.token0], known[pool.token1]
