"""Deploys the contracts the actors use: WETH9, Uniswap V2 with filled pools, tokens, a gallery, `protocols/`.

Fixed deployers and fixed nonces put them at the same addresses on every chain, so that a simulation finds
them on a fork of a chain that has them, and deploys them on one that has not.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from typing import Any

from ingest.localchain import protocols
from ingest.localchain.chain import actions, artifacts
from ingest.localchain.chain.actions import Asset
from ingest.localchain.chain.deployment import Deployment, blocks_of
from ingest.localchain.chain.miner import Miner
from ingest.localchain.chain.wallet import address_of
from ingest.localchain.world.world import DEPLOYER, ETH, HOSTILE_SYMBOL, Base, World
from ingest.model.errors import BadInput, NodeMisbehaved

_TOKENS = (
    ("USD Coin", "USDC", 6, 100),
    ("Tether USD", "USDT", 6, 100),
    ("Dai Stablecoin", "DAI", 18, 100),
    ("ChainLink Token", "LINK", 18, 1_500),
    ("Wrapped BTC", "WBTC", 8, 6_000_000),
    (HOSTILE_SYMBOL, HOSTILE_SYMBOL, 18, 50),
    ("Drift", "DRIFT", 18, 10),
)
_WITH_PERMITS = ("USDC", "USDT", "DAI", "WBTC")
_POOL_WEI = 20_000 * 10**18
_DEPLOYER_WEI = 10**9 * 10**18


def world() -> World:
    """The addresses, known before anything is deployed."""
    return _plan()[0]


def ensure_world(miner: Miner) -> World:
    """Deploys the world where it is missing. Raises BadInput where only a part of it is there."""
    here, deployments = _plan()
    for deployment in deployments:
        found = miner.has_code(deployment.contracts)
        if all(found):
            continue
        if any(found) or miner.nonce(deployment.deployer):
            raise BadInput(
                f"{sum(found)} of {len(found)} contracts of the local world are there: use a fresh chain"
            )
        _carry_out(miner, deployment)
    return here


def _carry_out(miner: Miner, deployment: Deployment) -> None:
    miner.give(deployment.deployer, _DEPLOYER_WEI)
    miner.place(deployment.codes)
    for block in blocks_of([*deployment.grants, *deployment.transactions]):
        for mined, transaction in zip(miner.mine(block), block, strict=True):
            if not mined.ok:
                what = transaction.data[:10] if transaction.to else "a contract"
                raise NodeMisbehaved(
                    f"the local world could not be set up ({what} failed, gas {transaction.gas}):"
                    " use a fresh chain"
                )


@cache
def _plan() -> tuple[World, tuple[Deployment, ...]]:
    """Everything there is, and what deploys it: the base first, then each protocol by file name."""
    first = Deployment(DEPLOYER)
    base = _deploy_base(first)
    built: dict[type, Any] = {}
    deployments = [first]
    for name in sorted(module.name for module in pkgutil.iter_modules(protocols.__path__)):
        module = importlib.import_module(f"{protocols.__name__}.{name}")
        deployment = Deployment(address_of(f"undertow: who deploys {name}"))
        built[module.PROTOCOL] = module.PROTOCOL.deploy(base, deployment)
        deployments.append(deployment)
    fields = {name: getattr(base, name) for name in Base.__dataclass_fields__}
    return World(**fields, protocols=built), tuple(deployments)


def _deploy_base(deployment: Deployment) -> Base:
    weth = deployment.deploy(artifacts.WETH9.deployment())
    factory = deployment.deploy(artifacts.FACTORY.deployment(DEPLOYER))
    router = deployment.deploy(artifacts.ROUTER.deployment(factory, weth))
    tokens = [
        Asset(symbol, deployment.deploy(_token_code(name, symbol, decimals)), cents, decimals)
        for name, symbol, decimals, cents in _TOKENS
    ]
    gallery = deployment.deploy(
        artifacts.GALLERY.deployment("Harbour Pictures", "HARBOUR", "ipfs://harbour/")
    )
    base = Base(weth, factory, router, tuple(tokens[:-1]), tokens[-1], gallery)
    for transaction in _pools(base):
        deployment.send(transaction)
    return base


def _token_code(name: str, symbol: str, decimals: int) -> str:
    if symbol in _WITH_PERMITS:
        return artifacts.PERMIT_TOKEN.deployment(name, symbol, decimals)
    return artifacts.TOKEN.deployment(name, symbol)


def _pools(base: Base) -> Iterator[actions.Transaction]:
    """A pool of native value for each token, at its price, and one of USDC and DAI."""
    dollars = ETH.usd(_POOL_WEI)
    for token in (*base.tokens, base.drift):
        assert token.address is not None
        yield actions.mint(token.address, DEPLOYER, DEPLOYER, 3 * token.units(dollars))
        yield actions.approve(token.address, DEPLOYER, base.router)
        yield actions.add_liquidity_eth(base.router, DEPLOYER, token.address, token.units(dollars), _POOL_WEI)
    usdc, dai = base.token("USDC"), base.token("DAI")
    assert usdc.address is not None and dai.address is not None
    pair, amounts = (usdc.address, dai.address), (usdc.units(dollars), dai.units(dollars))
    yield actions.add_liquidity(base.router, DEPLOYER, pair, amounts)
