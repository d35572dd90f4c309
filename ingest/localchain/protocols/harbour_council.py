"""The council of the local world: a token that votes, a governor, and a timelock that keeps a treasury."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from ingest.localchain.chain.actions import TOKEN_GAS, ZERO, Asset, Transaction, pay
from ingest.localchain.chain.deployment import Deployment
from ingest.localchain.chain.wallet import Address, created_address
from ingest.localchain.world.governance import COUNCIL, SUPPLY, TIMELOCK, VOTE_TOKEN
from ingest.localchain.world.world import ETH, Base

DELAY_BLOCKS, PERIOD_BLOCKS = 2, 16
LOCK_SECONDS = 120

_GOVERNOR_GAS = 9_000_000
_QUORUM_PERCENT = 2
_TREASURY = (("USDC", 3_000_000), ("DAI", 1_000_000))
_TREASURY_WEI = 400 * 10**18


@dataclass(frozen=True, slots=True)
class HarbourCouncil:
    """`founder` has all votes that have not been handed out; what `governor` decides, `keeper` does."""

    votes: Asset
    governor: Address
    keeper: Address
    founder: Address

    @classmethod
    def deploy(cls, base: Base, deployment: Deployment) -> Self:
        token = deployment.deploy(VOTE_TOKEN.deployment("Harbour Vote", "HVOTE", SUPPLY, False))
        governor = created_address(deployment.deployer, len(deployment.transactions) + 1)
        keeper = deployment.deploy(TIMELOCK.deployment(LOCK_SECONDS, [governor], [ZERO], ZERO))
        rules = (DELAY_BLOCKS, PERIOD_BLOCKS, _QUORUM_PERCENT)
        deployment.deploy(COUNCIL.deployment(token, keeper, *rules), gas=_GOVERNOR_GAS)
        for symbol, usd in _TREASURY:
            asset = base.token(symbol)
            deployment.receive(base.deployer, asset.token, asset.units(usd))
            deployment.send(pay(asset, deployment.deployer, keeper, asset.units(usd)))
        deployment.send(Transaction(deployment.deployer, keeper, value=_TREASURY_WEI, gas=TOKEN_GAS))
        return cls(Asset("HVOTE", token, 0), governor, keeper, deployment.deployer)

    def treasury(self, base: Base) -> tuple[Asset, ...]:
        """What the keeper has."""
        return (ETH, *(base.token(symbol) for symbol, _ in _TREASURY))


PROTOCOL = HarbourCouncil
