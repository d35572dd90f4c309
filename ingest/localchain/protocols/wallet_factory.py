"""Contract wallets: a factory makes one for each who wants it (EIP-1167), and its owner pays from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from ingest.localchain.chain.actions import TOKEN_GAS, Asset, Transaction
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.contracts import call
from ingest.localchain.chain.deployment import Deployment
from ingest.localchain.chain.wallet import Address, call_data
from ingest.localchain.world.world import Base

FACTORY = Own("wallets", "WalletFactory")


@dataclass(frozen=True, slots=True)
class WalletFactory:
    factory: Address

    @classmethod
    def deploy(cls, base: Base, deployment: Deployment) -> Self:
        return cls(deployment.deploy(FACTORY.deployment()))


PROTOCOL = WalletFactory


def make(factory: Address, owner: Address) -> Transaction:
    """A wallet for `owner`: it lies where the factory's next contract comes to lie."""
    return call(owner, factory, "make(address)", owner, gas=4 * TOKEN_GAS)


def fill(wallet: Address, sender: Address, wei: int) -> Transaction:
    """Native value to a contract wallet, which takes more gas than to another."""
    return Transaction(sender, wallet, value=wei, gas=TOKEN_GAS)


def pay_from(wallet: Address, owner: Address, asset: Asset, to: Address, amount: int) -> Transaction:
    """The owner has the wallet pay."""
    target, value, data = to, amount, b""
    if asset.address is not None:
        transfer = call_data("transfer(address,uint256)", to, amount)
        target, value, data = asset.address, 0, bytes.fromhex(transfer[2:])
    return call(owner, wallet, "execute(address,uint256,bytes)", target, value, data, gas=3 * TOKEN_GAS)
