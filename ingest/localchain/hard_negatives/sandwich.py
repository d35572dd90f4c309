"""Busy blocks: people buy and sell around each other without knowing of each other."""

from __future__ import annotations

from ingest.localchain.chain.actions import buy, pay
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.contracts import call, create, created
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols.uniswap_v3 import UniswapV3
from ingest.localchain.story_parts import pool_math as curves
from ingest.localchain.story_parts.flash_loans import FLASH_GAS
from ingest.localchain.story_parts.funding import between, fund
from ingest.localchain.story_parts.pending_swaps import Order, great_venue
from ingest.localchain.story_parts.spot_price_protocols import bring
from ingest.localchain.world.pools import pair_address
from ingest.localchain.world.stage import ETHER, Bundle, Outcome, Stage, Story, hashes, roles, wait

CATEGORY = "sandwich"
WARM_UP = 20
LONGEST = 20

ARBITRAGE = Own("broker", "Arbitrage", ("address", "address"))


def busy_block(stage: Stage) -> Story:
    """Strangers buy, and one who has held the token for long sells last: by chance in this order."""
    venue, rng = great_venue(stage), stage.rng
    buyers = [stage.dormant(250 * ETHER) for _ in range(rng.randint(2, 4))]
    seller = stage.dormant(2 * ETHER)
    yield []
    yield from bring(stage, venue.token, [(seller, venue.token.units(between(stage, 5_000, 400_000)))])
    held = stage.holding(venue.token, seller)
    done: list[Mined] = yield [venue.approve(stage, seller)]
    yield from wait(rng.randint(0, 2))
    orders = [Order(one, int(between(stage, 2, 200) * ETHER), 0) for one in buyers]
    done += yield [*(venue.buy(stage, one) for one in orders), venue.sell(stage, seller, held)]
    named = roles(intermediaries=[*buyers, seller], infrastructure=[venue.address])
    note = f"{len(buyers)} strangers buy {venue.token.symbol} and one sells in one block"
    return Outcome(hashes(done), named, note)


def change_of_mind(stage: Stage) -> Story:
    """Somebody buys, others buy too, and a block or more later the first sells again, at a loss or a gain."""
    venue, rng = great_venue(stage), stage.rng
    wei = int(between(stage, 5, 150) * ETHER)
    fickle = stage.dormant(wei + 2 * ETHER)
    others = [stage.dormant(120 * ETHER) for _ in range(rng.randint(1, 3))]
    yield []
    orders = [Order(one, int(between(stage, 2, 100) * ETHER), 0) for one in others]
    done: list[Mined] = yield [
        venue.buy(stage, Order(fickle, wei, 0)),
        *(venue.buy(stage, o) for o in orders),
    ]
    yield from wait(rng.randint(0, 4))
    held = stage.holding(venue.token, fickle)
    done += yield [venue.approve(stage, fickle), venue.sell(stage, fickle, held)]
    named = roles(intermediaries=[fickle, *others], infrastructure=[venue.address])
    note = f"bought {venue.token.symbol} for {wei // ETHER} ether with others and sold it later"
    return Outcome(hashes(done), named, note)


def backrun(stage: Stage) -> Story:
    """A bot comes after a large purchase, never before: it evens out V2 and V3, at no cost to the buyer."""
    world, miner = stage.world, stage.miner
    token = world.token(stage.rng.choice(("LINK", "WBTC", "USDC")))
    pool = world.of(UniswapV3).pool(world.weth, token.token)
    spent = stage.ether(100, 900)
    whale, bot = stage.dormant(spent + ETHER), stage.fresh()
    yield from fund(stage, bot, stage.ether(0.5, 2))
    (made,) = yield [create(bot, ARBITRAGE, world.of(UniswapV3).router, world.weth)]
    contract: Address = created(made)
    yield from bring(stage, world.wrapped, [(bot, spent)])
    done: list[Mined] = [made]
    done += yield [pay(world.wrapped, bot, contract, spent)]
    dear = curves.v2_curve(miner, world, world.weth, token.token).after(spent).turned()
    amount = min(spent, curves.best_round(curves.v3_curve(miner, world, pool, world.weth), dear))
    pair = pair_address(world.factory, world.weth, token.token)
    trade = "trade((address,uint24,bool),uint256,uint256)"
    both = [
        buy(world.router, whale, [world.weth, token.token], spent),
        call(bot, contract, trade, (pair, pool.fee, False), amount, 1, gas=FLASH_GAS),
    ]
    done += yield Bundle(both)
    done += yield [call(bot, contract, "collect()")]
    named = roles(intermediaries=[bot, contract, whale], infrastructure=[pair])
    note = f"a bot comes right after a purchase of {spent // ETHER} ether of {token.symbol}"
    return Outcome(hashes(done), named, note)


VARIANTS = {"busy_block": busy_block, "change_of_mind": change_of_mind, "backrun": backrun}
