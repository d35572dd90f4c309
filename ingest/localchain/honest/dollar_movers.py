"""Institutions that change one dollar coin into the other where it is quickest: large one-sided swaps."""

from __future__ import annotations

from ingest.localchain.chain.actions import Asset, approve
from ingest.localchain.chain.wallet import Address
from ingest.localchain.story_parts.funding import between
from ingest.localchain.world import pools
from ingest.localchain.world.endowment import Opening, company
from ingest.localchain.world.stage import Habit, Stage, wait

_TREASURY_USD = 40_000_000
_EVERY = (20, 90)


def begin(stage: Stage, per_block: int) -> Opening:
    """Two of them."""
    opening = Opening([])
    for _ in range(2):
        wallet, grants = company(stage, _dollars(stage), _TREASURY_USD)
        opening.grants += grants
        opening.habits.append(dollar_mover(stage, wallet))
    return opening


def dollar_mover(stage: Stage, wallet: Address) -> Habit:
    """A swap of 50,000 to 2,000,000 dollars, mostly of what there is more of."""
    dollars = _dollars(stage)
    yield [approve(asset.token, wallet, stage.world.router) for asset in dollars]
    while True:
        yield from wait(stage.rng.randint(*_EVERY))
        held = [asset.usd(stage.holding(asset, wallet)) for asset in dollars]
        sold = stage.rng.choices(dollars, held)[0]
        bought = next(asset for asset in dollars if asset != sold)
        amount = min(sold.units(between(stage, 50_000, 2_000_000)), stage.holding(sold, wallet))
        yield [pools.swap(stage.world, wallet, [sold.token, bought.token], amount)]


def _dollars(stage: Stage) -> list[Asset]:
    return [stage.world.token("USDC"), stage.world.token("DAI")]
