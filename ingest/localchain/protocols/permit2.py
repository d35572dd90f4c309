"""Permit2 at its address on every chain: one approval of a token, then allowances that end by themselves.

Here owners allow spenders by transaction; those who sign instead are in `signing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from ingest.localchain.chain import artifacts
from ingest.localchain.chain.actions import TOKEN_GAS, Transaction
from ingest.localchain.chain.deployment import Deployment
from ingest.localchain.chain.wallet import Address, call_data
from ingest.localchain.world.world import Base

ADDRESS = "0x000000000022d473030f116ddee9f6b43ac78ba3"
MOST = 2**160 - 1
"""The largest allowance, which is never used up."""


@dataclass(frozen=True, slots=True)
class Permit2:
    address: Address

    @classmethod
    def deploy(cls, base: Base, deployment: Deployment) -> Self:
        code = artifacts.published_code("@1inch/solidity-utils", "dist/src/permit2.json")
        deployment.place(ADDRESS, code)
        return cls(ADDRESS)


PROTOCOL = Permit2


def allow(owner: Address, token: Address, spender: Address, until: int, amount: int = MOST) -> Transaction:
    """`spender` may take so many units until that second UTC, once `owner` has approved Permit2 itself."""
    data = call_data("approve(address,address,uint160,uint48)", token, spender, amount, until)
    return Transaction(owner, ADDRESS, data)


def take(spender: Address, owner: Address, to: Address, token: Address, amount: int) -> Transaction:
    """`spender` uses the allowance it has from `owner`."""
    data = call_data("transferFrom(address,address,uint160,address)", owner, to, amount, token)
    return Transaction(spender, ADDRESS, data, gas=2 * TOKEN_GAS)


def take_many(spender: Address, takings: Sequence[tuple[Address, Address, int, Address]]) -> Transaction:
    """As `take`, for several (owner, to, amount, token) at once."""
    data = call_data("transferFrom((address,address,uint160,address)[])", list(takings))
    return Transaction(spender, ADDRESS, data, gas=(1 + len(takings)) * TOKEN_GAS)


def lock_down(owner: Address, allowances: Sequence[tuple[Address, Address]]) -> Transaction:
    """Ends these allowances (token, spender) of `owner`."""
    return Transaction(owner, ADDRESS, call_data("lockdown((address,address)[])", list(allowances)))
