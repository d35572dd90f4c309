"""The protocols the actors use: WETH9, Uniswap V2 with filled pools, OpenZeppelin tokens, an ERC-721 gallery.

One fixed deployer and fixed nonces put them at the same addresses on every chain, so that a simulation finds
them on a fork of a chain that has them, and deploys them on one that has not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.errors import BadInput, NodeMisbehaved
from ingest.localchain import actions, artifacts
from ingest.localchain.actions import Asset, Transaction
from ingest.localchain.miner import Miner
from ingest.localchain.wallet import Address, address_of, created_address

DEPLOYER = address_of("undertow: who deploys the local world")
ETH = Asset("ETH", None, 250_000)

HOSTILE_SYMBOL = "<img src=x onerror=alert(1)>\u202e"
"""What a token may call itself: markup, and a mark that turns the reading direction."""

_TOKENS = (
    ("USD Coin", "USDC", 100),
    ("Tether USD", "USDT", 100),
    ("Dai Stablecoin", "DAI", 100),
    ("ChainLink Token", "LINK", 1_500),
    (HOSTILE_SYMBOL, HOSTILE_SYMBOL, 50),
    ("Drift", "DRIFT", 10),
)
_FIRST_TOKEN_NONCE = 3
_POOL_WEI = 20_000 * 10**18
_BLOCK_GAS = 24_000_000
"""Gas limits put into one set-up block; anvil's block takes 30 million."""


@dataclass(frozen=True, slots=True)
class World:
    """Where everything is. `tokens`: USDC, USDT, DAI, LINK, the hostile one; `drift` is for airdrops."""

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

    def token(self, symbol: str) -> Asset:
        """Raises StopIteration where no ordinary token is called that."""
        return next(token for token in self.tokens if token.symbol == symbol)


def world() -> World:
    """The addresses, known before anything is deployed."""
    at = [created_address(DEPLOYER, nonce) for nonce in range(_FIRST_TOKEN_NONCE + len(_TOKENS) + 1)]
    tokens = [
        Asset(symbol, address, cents)
        for (_, symbol, cents), address in zip(_TOKENS, at[_FIRST_TOKEN_NONCE:], strict=False)
    ]
    return World(at[0], at[1], at[2], tuple(tokens[:-1]), tokens[-1], at[-1])


def ensure_world(miner: Miner) -> World:
    """Deploys the world where it is missing. Raises BadInput where only a part of it is there."""
    here = world()
    contracts = [here.weth, here.factory, here.router, here.gallery, *_addresses(here)]
    found = miner.has_code(contracts)
    if all(found):
        return here
    if any(found) or miner.nonce(DEPLOYER):
        raise BadInput(
            f"{sum(found)} of {len(found)} contracts of the local world are there: use a fresh chain"
        )
    miner.give(DEPLOYER, 10**9 * 10**18)
    for block in blocks_of([*_deployments(here), *_pools(here)]):
        if not all(mined.ok for mined in miner.mine(block)):
            raise NodeMisbehaved("a contract of the local world could not be set up: use a fresh chain")
    return here


def blocks_of(transactions: Sequence[Transaction]) -> Iterator[list[Transaction]]:
    """`transactions` in order, cut so that each part fits into a block."""
    part: list[Transaction] = []
    for transaction in transactions:
        if part and sum(t.gas for t in part) + transaction.gas > _BLOCK_GAS:
            yield part
            part = []
        part.append(transaction)
    if part:
        yield part


def _addresses(here: World) -> list[Address]:
    return [token.address for token in (*here.tokens, here.drift) if token.address]


def _deployments(here: World) -> list[Transaction]:
    data = [
        artifacts.WETH9.deployment(),
        artifacts.FACTORY.deployment(DEPLOYER),
        artifacts.ROUTER.deployment(here.factory, here.weth),
        *(artifacts.TOKEN.deployment(name, symbol) for name, symbol, _ in _TOKENS),
        artifacts.GALLERY.deployment("Harbour Pictures", "HARBOUR", "ipfs://harbour/"),
    ]
    return [Transaction(DEPLOYER, None, code, gas=actions.DEPLOY_GAS) for code in data]


def _pools(here: World) -> Iterator[Transaction]:
    """A pool of native value for each token, at its price, and one of USDC and DAI."""
    dollars = ETH.usd(_POOL_WEI)
    for token in (*here.tokens, here.drift):
        assert token.address is not None
        yield actions.mint(token.address, DEPLOYER, DEPLOYER, 3 * token.units(dollars))
        yield actions.approve(token.address, DEPLOYER, here.router)
        yield actions.add_liquidity_eth(here.router, DEPLOYER, token.address, token.units(dollars), _POOL_WEI)
    usdc, dai = here.token("USDC"), here.token("DAI")
    assert usdc.address is not None and dai.address is not None
    pair, amounts = (usdc.address, dai.address), (usdc.units(dollars), dai.units(dollars))
    yield actions.add_liquidity(here.router, DEPLOYER, pair, amounts)
