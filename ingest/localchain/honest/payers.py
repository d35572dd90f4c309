"""People who pay each other and merchants: heavy tails in who pays, and in how much."""

from __future__ import annotations

from random import Random

from ingest.localchain.chain.actions import Asset, Transaction, pay
from ingest.localchain.world.cast import Person
from ingest.localchain.world.endowment import Opening
from ingest.localchain.world.stage import ETHER, Habit, Stage
from ingest.localchain.world.world import ETH

_LEAST_NATIVE = ETHER // 50
_LARGEST_SHARE = 0.15
_FUMBLES = 0.03
"""The share of token payments that promise more than the payer holds, and fail."""


OTHER_TRAFFIC = 8
"""About how many transactions a block has besides payments, at the least: trades, deposits, sweeps, gifts."""


def begin(stage: Stage, per_block: int) -> Opening:
    """Payments are most of the traffic."""
    return Opening([payers(stage, max(3, per_block - OTHER_TRAFFIC))])


def payers(stage: Stage, per_block: int) -> Habit:
    """About `per_block` payments in each block."""
    while True:
        swing = stage.rng.randint(-per_block // 3, per_block // 3)
        yield _payments(stage, per_block + swing)


def _payments(stage: Stage, count: int) -> list[Transaction]:
    people = stage.cast.active(stage.rng, count)
    wishes = [(person, _favourite(stage, person)) for person in people]
    held = stage.miner.holdings((asset, person.address) for person, asset in wishes)
    native = stage.miner.holdings((ETH, person.address) for person, _ in wishes)
    payments = []
    for (person, asset), holding, wei in zip(wishes, held, native, strict=True):
        amount = _amount(stage.rng, asset, holding)
        if amount and wei >= _LEAST_NATIVE:
            person.payments += 1
            payments.append(pay(asset, person.address, stage.cast.friend(stage.rng, person), amount))
    return payments


def _favourite(stage: Stage, person: Person) -> Asset:
    """Native value nearly half of the time; else a token, the first ones of the world most."""
    if stage.rng.random() < 0.45:
        return ETH
    return stage.rng.choices(stage.world.tokens, [8, 5, 3, 2, 1, 2])[0]


def _amount(rng: Random, asset: Asset, holding: int) -> int:
    """A share of the holding, log-normal with its middle at 2 %, written with few digits."""
    if asset.address and holding and rng.random() < _FUMBLES:
        return 2 * holding
    share = min(_LARGEST_SHARE, rng.lognormvariate(-4, 1.2))
    return asset.units(asset.usd(int(holding * share)))
