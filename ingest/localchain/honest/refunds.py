"""Merchants send cents back: somebody paid a little too much, or wants a receipt."""

from __future__ import annotations

from ingest.localchain.chain.actions import Transaction, pay
from ingest.localchain.world.endowment import Opening
from ingest.localchain.world.stage import ETHER, Habit, Stage, wait
from ingest.localchain.world.world import ETH

_EVERY = (5, 14)


def begin(stage: Stage, per_block: int) -> Opening:
    """More refunds where more is paid."""
    return Opening([refunds(stage) for _ in range(max(1, per_block // 25))])


def refunds(stage: Stage) -> Habit:
    """One every ten blocks or so, to somebody who has really paid the merchant."""
    while True:
        yield from wait(stage.rng.randint(*_EVERY))
        yield _refund(stage)


def _refund(stage: Stage) -> list[Transaction]:
    shops = {person.address for person in stage.cast.free() if person.is_merchant}
    for customer in stage.cast.active(stage.rng, 8):
        paid = [shop for shop in customer.contacts if shop in customer.paid and shop in shops]
        if not paid or customer.is_merchant:
            continue
        shop, asset = paid[0], stage.rng.choice((ETH, stage.world.token("USDC")))
        cents = asset.units(stage.rng.uniform(0.005, 0.6))
        held, native = stage.miner.holdings([(asset, shop), (ETH, shop)])
        if held >= 2 * cents and native >= ETHER // 20:
            return [pay(asset, shop, customer.address, cents)]
    return []
