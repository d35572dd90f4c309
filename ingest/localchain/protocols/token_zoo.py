"""Honest tokens that are not like others: one takes a fee, one rebases, some are another chain's or wrapped.

Each has a pool against native value. Their deployer is the treasury, the policy and the bridge behind them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from ingest.localchain.chain import actions
from ingest.localchain.chain.actions import Asset, Transaction
from ingest.localchain.chain.deployment import Deployment
from ingest.localchain.chain.wallet import Address, address_of, call_data
from ingest.localchain.world.coins import BRIDGED_TOKEN, FEE_TOKEN, REBASING_TOKEN
from ingest.localchain.world.pools import open_pool, pair_address
from ingest.localchain.world.world import ETH, Base, World

_POOL_WEI = 2_000 * ETH.one
_FEE_BASIS_POINTS = 200
_GAS = 300_000

_BRIDGED = (
    ("USD Coin", "USDC.e", 6, 100),
    ("USD Coin", "USDC", 6, 100),
    ("Tether USD", "USDT", 6, 100),
    ("Wrapped Ether", "WETH", 18, 250_000),
    ("Wrapped BTC", "WBTC.b", 8, 6_000_000),
    ("Wrapped Dai Stablecoin", "wDAI", 18, 100),
)
"""Name, symbol, decimals, cents. Two bridges brought the same dollar, and one kept its very name."""


@dataclass(frozen=True, slots=True)
class TokenZoo:
    fee_token: Asset
    rebasing: Asset
    bridged: tuple[Asset, ...]
    keeper: Address
    """Treasury of the fee token, policy of the rebasing one, bridge of the others."""
    rebasing_pool: Address

    @classmethod
    def deploy(cls, base: Base, deployment: Deployment) -> Self:
        supply = 10**9 * 10**18
        reflect = FEE_TOKEN.deployment("Maple Reflect", "MAPLE", supply, _FEE_BASIS_POINTS)
        elastic = REBASING_TOKEN.deployment("Tidal Elastic", "TIDE", supply)
        fee_token = Asset("MAPLE", deployment.deploy(reflect), 20)
        rebasing = Asset("TIDE", deployment.deploy(elastic), 120)
        bridged = tuple(_bridged(deployment, *row) for row in _BRIDGED)
        for asset in (fee_token, rebasing, *bridged):
            amount = asset.units(ETH.usd(_POOL_WEI))
            for transaction in open_pool(base, deployment.deployer, asset.token, amount, _POOL_WEI):
                deployment.send(transaction)
        pool = pair_address(base.factory, rebasing.token, base.weth)
        return cls(fee_token, rebasing, bridged, deployment.deployer, pool)

    @property
    def tokens(self) -> tuple[Asset, ...]:
        return (self.fee_token, self.rebasing, *self.bridged)


PROTOCOL = TokenZoo


def listed_tokens(world: World) -> list[Address]:
    """What a list of known tokens holds: the ordinary ones, WETH, and those of the zoo; no hostile name."""
    ordinary = [asset for asset in (*world.tokens, world.drift, world.wrapped) if asset != world.hostile]
    return [asset.token for asset in (*ordinary, *world.of(TokenZoo).tokens)]


def _bridged(deployment: Deployment, name: str, symbol: str, decimals: int, cents: int) -> Asset:
    remote = address_of(f"undertow: {symbol} on the other chain")
    token = deployment.deploy(BRIDGED_TOKEN.deployment(name, symbol, decimals, remote))
    asset = Asset(symbol, token, cents, decimals)
    deployment.send(bridge_in(token, deployment.deployer, deployment.deployer, asset.units(10**9)))
    return asset


def bridge_in(token: Address, keeper: Address, to: Address, amount: int) -> Transaction:
    """What was locked on the other chain arrives here."""
    return actions.mint(token, keeper, to, amount)


def bridge_out(token: Address, owner: Address, amount: int) -> Transaction:
    """Burnt here, to be released on the other chain."""
    return Transaction(owner, token, call_data("withdraw(uint256)", amount))


def rebase(zoo: TokenZoo, basis_points: int) -> Transaction:
    """Every balance grows by hundredths of a percent, or shrinks; the pool is told."""
    data = call_data("rebase(int256,address[])", basis_points, [zoo.rebasing_pool])
    return Transaction(zoo.keeper, zoo.rebasing.token, data, gas=_GAS)
