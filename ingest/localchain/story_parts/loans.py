"""Loans of Aave as people take them: collateral in, another asset out."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.localchain.chain.actions import Asset, approve
from ingest.localchain.chain.wallet import Address, address_of
from ingest.localchain.protocols import aave_v3
from ingest.localchain.protocols.aave_v3 import AaveV3, Reserve
from ingest.localchain.story_parts.spot_price_protocols import bring
from ingest.localchain.world.stage import ETHER, Acts, Stage

_TRIES = 3

REPORTER = address_of("undertow: who reports prices to Aave")


@dataclass(frozen=True, slots=True)
class Loan:
    """`owner` has supplied `amount` of `collateral` and owes `owed` of `debt`."""

    owner: Address
    collateral: Reserve
    debt: Reserve
    amount: int
    owed: int


def open_loan(stage: Stage, collateral: Asset, debt: Asset, usd: float, share: float) -> Acts:
    """Somebody new supplies so many dollars and borrows `share` of what Aave lends against them today."""
    aave, miner = stage.world.of(AaveV3), stage.miner
    first, second = aave.reserve(collateral.token), aave.reserve(debt.token)
    owner, amount = stage.dormant(2 * ETHER), collateral.units(usd)
    yield []
    yield from bring(stage, collateral, [(owner, amount)])
    yield [
        approve(collateral.token, owner, aave.pool),
        aave_v3.supply(aave, owner, collateral, amount),
    ]
    for _ in range(_TRIES):
        owed = int(aave_v3.borrowable(miner, aave, owner, debt) * share)
        (borrowed,) = yield [aave_v3.borrow(aave, owner, debt, owed)]
        if borrowed.ok:  # else prices have moved in this very block
            break
    return Loan(owner, first, second, amount, owed)
