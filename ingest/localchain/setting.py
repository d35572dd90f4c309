"""Sets the stage: people and what they own, the exchange, traders, the company, and everybody's habits."""

from __future__ import annotations

from random import Random

from ingest.localchain.actions import Asset, Transaction, mint
from ingest.localchain.cast import Cast
from ingest.localchain.exchange import Exchange
from ingest.localchain.honest.airdrops import airdrops
from ingest.localchain.honest.collectors import collectors
from ingest.localchain.honest.customers import customers
from ingest.localchain.honest.employers import employers
from ingest.localchain.honest.newcomers import newcomers
from ingest.localchain.honest.payers import payers
from ingest.localchain.honest.traders import traders
from ingest.localchain.miner import Miner
from ingest.localchain.stage import ETHER, Habit, Stage
from ingest.localchain.wallet import Address
from ingest.localchain.world import World, blocks_of

PEOPLE = 80
MERCHANTS = 10
TRADERS = 12
OTHER_TRAFFIC = 8
"""About how many transactions a block has besides payments: trades, deposits, sweeps, gifts."""

_TREASURY_USD = 300_000_000


def set_stage(rng: Random, miner: Miner, world: World) -> Stage:
    """People and exchange with their first holdings: mined before anybody acts."""
    exchange = Exchange(hot=_address(rng), gas_station=_address(rng))
    stage = Stage(rng, world, Cast(), exchange, miner)
    for address in (exchange.hot, exchange.gas_station):
        miner.give(address, 10**6 * ETHER)
    grants = [grant(world, token, exchange.hot, _TREASURY_USD) for token in world.tokens]
    for number in range(PEOPLE + MERCHANTS):
        person = stage.cast.join(rng, _address(rng), is_merchant=number < MERCHANTS)
        grants += _endow(stage, person.address)
    for block in blocks_of(grants):
        miner.mine(block)
    return stage


def ordinary_habits(stage: Stage, per_block: int) -> list[Habit]:
    """Everything that goes on all the time, for about `per_block` transactions a block."""
    world, miner = stage.world, stage.miner
    company, distributor = _address(stage.rng), _address(stage.rng)
    circle = [_address(stage.rng) for _ in range(TRADERS)]
    grants = [grant(world, world.token("USDC"), company, _TREASURY_USD)]
    grants.append(grant(world, world.drift, distributor, _TREASURY_USD // 10))
    for address in (company, distributor):
        miner.give(address, 1_000 * ETHER)
    for address in circle:
        grants += _endow(stage, address)
        miner.give(address, stage.ether(20, 200))
    for block in blocks_of(grants):
        miner.mine(block)
    return [
        payers(stage, max(3, per_block - OTHER_TRAFFIC)),
        customers(stage),
        traders(stage, circle),
        newcomers(stage),
        airdrops(stage, distributor),
        employers(stage, company),
        collectors(stage, miner.supply(world.gallery)),
    ]


def _address(rng: Random) -> Address:
    return "0x" + rng.randbytes(20).hex()


def grant(world: World, token: Asset, to: Address, usd: float) -> Transaction:
    """Tokens made for `to`; the deployer is their minter."""
    assert token.address is not None
    return mint(token.address, world.deployer, to, token.units(usd))


def _endow(stage: Stage, address: Address) -> list[Transaction]:
    """Old money, log-normal: about 3 ETH, and about 2,500 dollars in each of one to four tokens."""
    rng = stage.rng
    stage.miner.give(address, int(min(2_000.0, 0.2 + rng.lognormvariate(1.1, 1.2)) * ETHER))
    tokens = rng.sample(stage.world.tokens, rng.randint(1, 4))
    return [
        grant(stage.world, token, address, min(400_000.0, 100 + rng.lognormvariate(7.8, 1.2)))
        for token in tokens
    ]
