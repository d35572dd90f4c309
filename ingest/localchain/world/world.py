"""The contracts the actors use, by address: WETH9, Uniswap V2, tokens, a gallery, and all `protocols/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ingest.localchain.chain.actions import Asset
from ingest.localchain.chain.wallet import Address, address_of

P = TypeVar("P")

DEPLOYER = address_of("undertow: who deploys the local world")
ETH = Asset("ETH", None, 250_000)

HOSTILE_SYMBOL = "<img src=x onerror=alert(1)>\u202e"
"""What a token may call itself: markup, and a mark that turns the reading direction."""


@dataclass(frozen=True, slots=True)
class Base:
    """What every protocol can build on. `tokens`: USDC, USDT, DAI, LINK, WBTC, the hostile one.

    `drift` is for airdrops.
    """

    weth: Address
    factory: Address
    router: Address
    tokens: tuple[Asset, ...]
    drift: Asset
    gallery: Address
    deployer: Address = DEPLOYER

    @property
    def assets(self) -> tuple[Asset, ...]:
        """Everything ordinary people hold, native value first."""
        return (ETH, *self.tokens, self.drift)

    @property
    def hostile(self) -> Asset:
        return next(token for token in self.tokens if token.symbol == HOSTILE_SYMBOL)

    @property
    def wrapped(self) -> Asset:
        """WETH as an asset."""
        return Asset("WETH", self.weth, ETH.cents)

    def token(self, symbol: str) -> Asset:
        """Raises StopIteration where no ordinary token is called that."""
        return next(token for token in self.tokens if token.symbol == symbol)


@dataclass(frozen=True, slots=True)
class World(Base):
    """Where everything is."""

    protocols: Mapping[type, Any] = field(default_factory=dict)

    def of(self, kind: type[P]) -> P:
        """The protocol whose addresses `kind` holds, such as `world.of(AaveV3).pool`."""
        found: P = self.protocols[kind]
        return found
