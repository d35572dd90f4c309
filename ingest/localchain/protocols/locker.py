"""A locker: projects put their pool's liquidity there until a day that they promised, in the open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from ingest.localchain.chain.actions import Transaction, approve
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.deployment import Deployment
from ingest.localchain.chain.miner import Miner
from ingest.localchain.chain.wallet import Address, call_data
from ingest.localchain.world.world import Base

_LOCK_GAS = 300_000


@dataclass(frozen=True, slots=True)
class Locker:
    contract: Address

    @classmethod
    def deploy(cls, base: Base, deployment: Deployment) -> Self:
        return cls(deployment.deploy(Own("locker", "Locker").deployment()))

    def next_number(self, miner: Miner) -> int:
        """What the next lock will be called."""
        return miner.number(self.contract, "count()")


PROTOCOL = Locker


def lock(locker: Locker, owner: Address, token: Address, amount: int, until: int) -> list[Transaction]:
    """Locks token units until a time in seconds UTC."""
    data = call_data("lock(address,uint256,uint256)", token, amount, until)
    return [
        approve(token, owner, locker.contract, amount),
        Transaction(owner, locker.contract, data, gas=_LOCK_GAS),
    ]


def release(locker: Locker, owner: Address, number: int) -> Transaction:
    """Reverts before the promised time."""
    return Transaction(owner, locker.contract, call_data("release(uint256)", number), gas=_LOCK_GAS)
