"""Treasurers: companies whose money lies in contracts, which two of three signers or one owner pay from."""

from __future__ import annotations

from ingest.localchain.chain.actions import Asset
from ingest.localchain.chain.contracts import create, created
from ingest.localchain.chain.wallet import Address
from ingest.localchain.story_parts.funding import between
from ingest.localchain.story_parts.treasuries import (
    SHARED_WALLET,
    TREASURY,
    fill_treasury,
    pay_out,
    shared_payment,
)
from ingest.localchain.world.endowment import Opening
from ingest.localchain.world.stage import ETHER, Habit, Stage, wait

_LEAST_USD = 100
_SUPPLIERS = 8


def begin(stage: Stage, per_block: int) -> Opening:
    """Two companies at twenty transactions a block, more where there is more traffic."""
    pairs = max(1, per_block // 20)
    kinds = [habit for _ in range(pairs) for habit in (shared_treasurers, sole_treasurer)]
    return Opening([habit(stage) for habit in kinds])


def shared_treasurers(stage: Stage) -> Habit:
    """One of three signers submits a payment, and a second one confirms it some blocks later."""
    signers = [stage.dormant(2 * ETHER) for _ in range(3)]
    yield from wait(stage.rng.randint(1, 10))
    made = yield [create(signers[0], SHARED_WALLET, signers, 2)]
    if not made[0].ok:
        return
    wallet, suppliers = created(made[0]), [stage.fresh() for _ in range(_SUPPLIERS)]
    assets = yield from fill_treasury(stage, wallet, between(stage, 50_000, 3_000_000))
    number = 0
    while True:
        yield from wait(stage.rng.randint(8, 30))
        asset, amount = _due(stage, wallet, assets)
        if not amount:
            assets = yield from fill_treasury(stage, wallet, between(stage, 50_000, 3_000_000))
            continue
        two = stage.rng.sample(signers, 2)
        supplier = stage.rng.choice(suppliers)
        submitted, confirmed = shared_payment(wallet, two, number, asset, supplier, amount)
        number += 1
        yield [submitted]
        yield from wait(stage.rng.randint(0, 4))
        yield [confirmed]


def sole_treasurer(stage: Stage) -> Habit:
    """One owner pays; now and then several bills at once."""
    owner = stage.dormant(4 * ETHER)
    yield from wait(stage.rng.randint(1, 10))
    made = yield [create(owner, TREASURY, False)]
    if not made[0].ok:
        return
    treasury = created(made[0])
    assets = yield from fill_treasury(stage, treasury, between(stage, 50_000, 3_000_000))
    while True:
        yield from wait(stage.rng.randint(8, 30))
        bills = [_due(stage, treasury, assets) for _ in range(stage.rng.choice((1, 1, 1, 3)))]
        if not all(amount for _, amount in bills):
            assets = yield from fill_treasury(stage, treasury, between(stage, 50_000, 3_000_000))
            continue
        payees = [person.address for person in stage.rng.sample(stage.cast.free(), len(bills))]
        yield [
            pay_out(treasury, owner, asset, payee, amount)
            for (asset, amount), payee in zip(bills, payees, strict=True)
        ]


def _due(stage: Stage, treasury: Address, assets: list[Asset]) -> tuple[Asset, int]:
    """What is to be paid: up to a tenth of an asset, nothing where little is left."""
    asset = stage.rng.choice(assets)
    amount = stage.holding(asset, treasury) * stage.rng.randint(1, 100) // 1_000
    return asset, amount if asset.usd(amount) >= _LEAST_USD else 0
