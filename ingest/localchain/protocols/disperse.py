"""Disperse: many payments in one transaction, used by payrolls, airdrops, and those who fund many wallets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from ingest.localchain.chain.actions import Transaction
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.deployment import Deployment
from ingest.localchain.chain.wallet import Address, call_data
from ingest.localchain.world.world import Base

_BASE_GAS = 120_000
_GAS_A_PAYMENT = 60_000


@dataclass(frozen=True, slots=True)
class Disperse:
    contract: Address

    @classmethod
    def deploy(cls, base: Base, deployment: Deployment) -> Self:
        return cls(deployment.deploy(Own("disperse", "Disperse").deployment()))


PROTOCOL = Disperse


def disperse_ether(disperse: Disperse, sender: Address, amounts: Mapping[Address, int]) -> Transaction:
    """Native value in wei to each address."""
    data = call_data("disperseEther(address[],uint256[])", list(amounts), list(amounts.values()))
    return Transaction(sender, disperse.contract, data, sum(amounts.values()), gas_of(len(amounts)))


def disperse_token(
    disperse: Disperse, token: Address, sender: Address, amounts: Mapping[Address, int]
) -> Transaction:
    """Token units to each address. The contract must have been approved for their sum."""
    signature = "disperseToken(address,address[],uint256[])"
    data = call_data(signature, token, list(amounts), list(amounts.values()))
    return Transaction(sender, disperse.contract, data, gas=gas_of(len(amounts)))


def gas_of(payments: int) -> int:
    """The gas limit of so many payments at once."""
    return _BASE_GAS + payments * _GAS_A_PAYMENT
