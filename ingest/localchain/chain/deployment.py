"""A deployer's transactions in order, so that each contract's address is known before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingest.localchain.chain.actions import DEPLOY_GAS, TOKEN_GAS, Transaction, mint
from ingest.localchain.chain.wallet import Address, call_data, created_address

BLOCK_GAS = 100_000_000
"""Gas limits put into one set-up block: well below what the miner sets as the block's gas limit."""


@dataclass(slots=True)
class Deployment:
    """What `deployer`, whose account is fresh, sends; `codes` is runtime code that is set, not sent."""

    deployer: Address
    transactions: list[Transaction] = field(default_factory=list)
    contracts: list[Address] = field(default_factory=list)
    codes: dict[Address, str] = field(default_factory=dict)
    grants: list[Transaction] = field(default_factory=list)
    """What others give the deployer, before anything is deployed."""

    def receive(self, minter: Address, token: Address, amount: int) -> None:
        """Has so many units of a token made for the deployer; `minter` may make them."""
        self.grants.append(mint(token, minter, self.deployer, amount))

    def deploy(self, data: str, gas: int = DEPLOY_GAS) -> Address:
        """Deploys transaction data of an artifact; returns where the contract comes to lie."""
        address = created_address(self.deployer, len(self.transactions))
        self.transactions.append(Transaction(self.deployer, None, data, gas=gas))
        self.contracts.append(address)
        return address

    def call(
        self, to: Address, signature: str, *arguments: Any, value: int = 0, gas: int = TOKEN_GAS
    ) -> None:
        """Calls a contract, `value` in wei."""
        self.transactions.append(Transaction(self.deployer, to, call_data(signature, *arguments), value, gas))

    def send(self, transaction: Transaction) -> None:
        """Adds a transaction that was made elsewhere; its sender must be the deployer."""
        assert transaction.sender == self.deployer
        self.transactions.append(transaction)

    def place(self, address: Address, code: str) -> None:
        """Sets runtime code (0x-hex) at the address it has on mainnet."""
        self.codes[address] = code
        self.contracts.append(address)


def blocks_of(transactions: Sequence[Transaction]) -> Iterator[list[Transaction]]:
    """`transactions` in order, cut so that each part fits into a block."""
    part: list[Transaction] = []
    for transaction in transactions:
        if part and sum(t.gas for t in part) + transaction.gas > BLOCK_GAS:
            yield part
            part = []
        part.append(transaction)
    if part:
        yield part
