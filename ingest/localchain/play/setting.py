"""Sets the stage: who is there with what, and the habits of `honest/`, which go on as long as the run."""

from __future__ import annotations

import importlib
import pkgutil
from random import Random

from ingest.localchain import honest
from ingest.localchain.chain.deployment import blocks_of
from ingest.localchain.chain.miner import Miner
from ingest.localchain.chain.wallet import Address
from ingest.localchain.world.cast import Cast
from ingest.localchain.world.clock import Clock
from ingest.localchain.world.endowment import TREASURY_USD, Opening, endow, grant
from ingest.localchain.world.exchange import Exchange
from ingest.localchain.world.stage import ETHER, Habit, Stage
from ingest.localchain.world.world import World

MERCHANTS = 10
LEAST_PEOPLE = 80
PEOPLE_A_TRANSACTION = 4
"""A world with more traffic a block has more people in it: so many for each transaction."""

SANCTIONED = 60


def set_stage(rng: Random, miner: Miner, world: World, per_block: int) -> Stage:
    """People and exchange with their first holdings: mined before anybody acts."""
    exchange = Exchange(hot=_address(rng), gas_station=_address(rng))
    listed = tuple(_address(rng) for _ in range(SANCTIONED))
    people = max(LEAST_PEOPLE, PEOPLE_A_TRANSACTION * per_block)
    stage = Stage(rng, world, Cast(most=3 * people), exchange, miner, Clock(miner), listed)
    for address in (exchange.hot, exchange.gas_station):
        miner.give(address, 10**6 * ETHER)
    grants = [grant(world, token, exchange.hot, TREASURY_USD) for token in world.tokens]
    for number in range(people + MERCHANTS):
        person = stage.cast.join(rng, _address(rng), is_merchant=number < MERCHANTS)
        grants += endow(stage, person.address)
    for block in blocks_of(grants):
        miner.mine(block)
    return stage


def ordinary_habits(stage: Stage, per_block: int) -> list[Habit]:
    """Everything that goes on all the time, for about `per_block` transactions a block, by file name."""
    names = sorted(module.name for module in pkgutil.iter_modules(honest.__path__))
    modules = [importlib.import_module(f"{honest.__name__}.{name}") for name in names]
    openings: list[Opening] = [module.begin(stage, per_block) for module in modules]
    for block in blocks_of([transaction for opening in openings for transaction in opening.grants]):
        stage.miner.mine(block)
    return [habit for opening in openings for habit in opening.habits]


def _address(rng: Random) -> Address:
    return "0x" + rng.randbytes(20).hex()
