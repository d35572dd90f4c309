"""A lending market that believes a pool's reserves: it values collateral by what a Uniswap V2 pool holds now.

People use the world's own, which nobody attacks: a story that does so deploys one, or a vault of the same
kind, for itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from ingest.localchain.chain.actions import TOKEN_GAS, Asset, Transaction, approve, wrap
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.deployment import Deployment
from ingest.localchain.chain.wallet import Address, call_data
from ingest.localchain.world.pools import pair_address
from ingest.localchain.world.world import Base

LENDER = Own("spot", "SpotLender", ("address", "address", "uint256", "uint256", "uint256"))
"""Takes the pair, the money that is lent, how far the price may be from what the keeper saw (percent, 0: not
looked at), the loan to value and the liquidation threshold (percent)."""

VAULT = Own("spot", "SpotVault", ("address", "address", "uint256"))
"""Takes the pair, the money in which members come and go, and the tolerance as above."""

LOAN_TO_VALUE, THRESHOLD = 70, 80
SPOT_GAS = 4 * TOKEN_GAS

_SEED_WEI = 600 * 10**18


@dataclass(frozen=True, slots=True)
class SpotLender:
    """A market, the pool it looks at, what it lends, and what it takes as collateral."""

    address: Address
    pair: Address
    money: Asset
    token: Asset

    @classmethod
    def deploy(cls, base: Base, deployment: Deployment) -> Self:
        me, link = deployment.deployer, base.token("LINK")
        pair = pair_address(base.factory, link.token, base.weth)
        lender = deployment.deploy(LENDER.deployment(pair, base.weth, 0, LOAN_TO_VALUE, THRESHOLD))
        deployment.send(wrap(base.weth, me, _SEED_WEI))
        deployment.send(approve(base.weth, me, lender))
        deployment.send(supply(lender, me, _SEED_WEI))
        return cls(lender, pair, base.wrapped, link)


PROTOCOL = SpotLender

Put = Callable[[Address, Address, int], Transaction]
"""How money is put into a market or a vault, by whom, and how much."""


def supply(lender: Address, owner: Address, amount: int) -> Transaction:
    """Money to be lent; the market must be approved."""
    return _call(lender, owner, "supply(uint256)", amount)


def withdraw(lender: Address, owner: Address, amount: int) -> Transaction:
    """Money back, as long as it is not lent out."""
    return _call(lender, owner, "withdraw(uint256)", amount)


def deposit(lender: Address, borrower: Address, amount: int) -> Transaction:
    """Tokens as collateral; the market must be approved."""
    return _call(lender, borrower, "deposit(uint256)", amount)


def release(lender: Address, borrower: Address, amount: int) -> Transaction:
    """Collateral back, as far as the debt allows."""
    return _call(lender, borrower, "release(uint256)", amount)


def borrow(lender: Address, borrower: Address, amount: int) -> Transaction:
    return _call(lender, borrower, "borrow(uint256)", amount)


def repay(lender: Address, borrower: Address, amount: int) -> Transaction:
    return _call(lender, borrower, "repay(uint256)", amount)


def liquidate(lender: Address, liquidator: Address, borrower: Address) -> Transaction:
    """Pays the whole debt of one who is not covered, for collateral with a bonus of 10 %."""
    return _call(lender, liquidator, "liquidate(address)", borrower)


def join(vault: Address, member: Address, amount: int) -> Transaction:
    """Money for shares; the vault must be approved."""
    return _call(vault, member, "join(uint256)", amount)


def leave(vault: Address, member: Address, shares: int) -> Transaction:
    return _call(vault, member, "leave(uint256)", shares)


def _call(to: Address, sender: Address, signature: str, argument: int | Address) -> Transaction:
    return Transaction(sender, to, call_data(signature, argument), gas=SPOT_GAS)
