"""Payrolls and bounties that are paid over Disperse: many people in one transaction."""

from __future__ import annotations

from ingest.localchain.chain.actions import Asset, Transaction, approve
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols.disperse import Disperse, disperse_ether, disperse_token
from ingest.localchain.world.endowment import Opening, company
from ingest.localchain.world.stage import ETHER, Habit, Stage, wait
from ingest.localchain.world.world import ETH

_EVERY = (12, 30)
_PEOPLE = (6, 25)


def begin(stage: Stage, per_block: int) -> Opening:
    """Companies that pay in DAI or in native value; more of them where there is more traffic."""
    opening = Opening([])
    for _ in range(max(1, per_block // 25)):
        dai = stage.world.token("DAI")
        payer, grants = company(stage, [dai])
        opening.grants += grants
        opening.habits.append(batch_payouts(stage, payer, dai))
    return opening


def batch_payouts(stage: Stage, payer: Address, token: Asset) -> Habit:
    """A payout every twelve to thirty blocks."""
    yield [approve(token.token, payer, stage.world.of(Disperse).contract)]
    while True:
        yield from wait(stage.rng.randint(*_EVERY))
        yield _payout(stage, payer, token)


def _payout(stage: Stage, payer: Address, token: Asset) -> list[Transaction]:
    disperse = stage.world.of(Disperse)
    people = [person.address for person in stage.cast.active(stage.rng, stage.rng.randint(*_PEOPLE))]
    in_native = stage.rng.random() < 0.3 and stage.holding(ETH, payer) > 50 * ETHER
    asset = ETH if in_native else token
    amounts = {one: asset.units(min(20_000.0, stage.rng.lognormvariate(5.5, 1))) for one in people}
    if not people:
        return []
    if in_native:
        capped = {one: min(wei, ETHER // 2) for one, wei in amounts.items()}
        return [disperse_ether(disperse, payer, capped)]
    return [disperse_token(disperse, token.token, payer, amounts)]
