"""A lender of flash loans (ERC-3156) of any token that somebody has supplied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from ingest.localchain.chain.actions import TOKEN_GAS, Transaction, approve
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.contracts import call
from ingest.localchain.chain.deployment import Deployment
from ingest.localchain.chain.wallet import Address
from ingest.localchain.world.world import Base

FEE_BASIS_POINTS = 5

_SUPPLY_USD = 5_000_000


@dataclass(frozen=True, slots=True)
class FlashLender:
    """`lender` has five million dollars' worth of each ordinary token to lend."""

    lender: Address

    @classmethod
    def deploy(cls, base: Base, deployment: Deployment) -> Self:
        lender = deployment.deploy(Own("lender", "FlashLender").deployment())
        for token in base.tokens:
            amount = token.units(_SUPPLY_USD)
            deployment.receive(base.deployer, token.token, amount)
            for transaction in supply(lender, token.token, deployment.deployer, amount):
                deployment.send(transaction)
        return cls(lender)


PROTOCOL = FlashLender


def supply(lender: Address, token: Address, owner: Address, amount: int) -> list[Transaction]:
    """So many token units for others to borrow."""
    signature = "supply(address,uint256)"
    return [
        approve(token, owner, lender, amount),
        call(owner, lender, signature, token, amount, gas=2 * TOKEN_GAS),
    ]


def take_back(lender: Address, token: Address, owner: Address, amount: int) -> Transaction:
    """So many token units of what `owner` had supplied."""
    return call(owner, lender, "takeBack(address,uint256)", token, amount, gas=2 * TOKEN_GAS)
