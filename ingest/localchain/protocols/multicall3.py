"""Multicall3 at its address on every chain: several calls in one transaction, of which it is the sender."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from ingest.localchain.chain import artifacts
from ingest.localchain.chain.actions import TOKEN_GAS, Transaction
from ingest.localchain.chain.deployment import Deployment
from ingest.localchain.chain.wallet import Address, call_data
from ingest.localchain.world.world import Base

ADDRESS = "0xca11bde05977b3631167028862be2a173976ca11"

_CONSTRUCTOR_END = "f3fe"
"""RETURN, INVALID: between a constructor without arguments and the runtime code that it returns."""


@dataclass(frozen=True, slots=True)
class Multicall3:
    address: Address

    @classmethod
    def deploy(cls, base: Base, deployment: Deployment) -> Self:
        creation = artifacts.published_constant("viem", "_cjs/constants/contracts.js", "multicall3Bytecode")
        deployment.place(ADDRESS, "0x" + creation.partition(_CONSTRUCTOR_END)[2])
        return cls(ADDRESS)


PROTOCOL = Multicall3


def call_all(
    sender: Address, calls: Sequence[tuple[Address, int, str]], may_fail: bool = False
) -> Transaction:
    """Calls each (contract, wei, call data as 0x-hex) in order; one that fails undoes all of them, unless
    `may_fail`.
    """
    parts = [(to, may_fail, wei, bytes.fromhex(data[2:])) for to, wei, data in calls]
    data = call_data("aggregate3Value((address,bool,uint256,bytes)[])", parts)
    value = sum(wei for _, wei, _ in calls)
    return Transaction(sender, ADDRESS, data, value, (1 + len(calls)) * 3 * TOKEN_GAS)


def pay_all(sender: Address, payments: Sequence[tuple[Address, int]]) -> Transaction:
    """Native value to several in one transaction."""
    return call_all(sender, [(to, wei, "0x") for to, wei in payments])
