"""Large trades and loans of honest people: prices move, and nobody uses that against anybody."""

from __future__ import annotations

from ingest.localchain.chain.actions import Transaction, approve, buy, sell
from ingest.localchain.chain.miner import Mined
from ingest.localchain.protocols import spot_lender
from ingest.localchain.protocols.spot_lender import SpotLender
from ingest.localchain.story_parts.funding import between
from ingest.localchain.story_parts.random_draws import naps, rest, split
from ingest.localchain.story_parts.spot_price_protocols import bring
from ingest.localchain.world import pools
from ingest.localchain.world.clock import HOUR
from ingest.localchain.world.stage import ETHER, Outcome, Stage, Story, hashes, roles, wait

CATEGORY = "price-manipulation"
WARM_UP = 20
LONGEST = 20
NIGHTS = 1


def large_swap(stage: Stage) -> Story:
    """Somebody rich buys one to six percent of a pool and keeps what was bought."""
    world = stage.world
    token = stage.rng.choice(world.tokens[2:])
    wei = int(20_000 * ETHER * between(stage, 0.01, 0.06))
    rich = stage.dormant(wei + ETHER)
    yield []
    parts = split(stage.rng, wei, stage.rng.randint(1, 3))
    done: list[Mined] = []
    for part in parts:
        done += yield [buy(world.router, rich, [world.weth, token.token], part)]
        yield from wait(stage.rng.randint(0, 1))
    note = f"{wei // ETHER} ether for {token.symbol} in {len(parts)} swaps"
    return Outcome(hashes(done), roles(intermediaries=[rich], infrastructure=[world.router]), note)


def sliced_sale(stage: Stage) -> Story:
    """A treasury sells a large position in equal slices over blocks and a night, to move the price little."""
    world = stage.world
    token = world.token(stage.rng.choice(("LINK", "WBTC")))
    seller = stage.dormant(2 * ETHER)
    amount = token.units(between(stage, 200_000, 3_000_000))
    yield []
    yield from bring(stage, token, [(seller, amount)])
    slices = stage.rng.randint(5, 9)
    asleep = naps(stage, slices, NIGHTS, 12 * HOUR)
    done: list[Mined] = yield [approve(token.token, seller, world.router)]
    for number in range(slices):
        done += yield [sell(world.router, seller, [token.token, world.weth], amount // slices)]
        yield from rest(stage, asleep.get(number, 0), blocks=0)
    note = f"{token.usd(amount):,.0f} dollars of {token.symbol} in {slices} slices"
    return Outcome(hashes(done), roles(intermediaries=[seller], infrastructure=[world.router]), note)


def leverage(stage: Stage) -> Story:
    """Somebody buys, borrows on what was bought at the pool's fair price, buys again; and undoes it later."""
    world, market = stage.world, stage.world.of(SpotLender)
    lender, token, weth = market.address, market.token, world.wrapped
    wei = ETHER * stage.rng.randint(2, 60)
    owner = stage.dormant(wei + 2 * ETHER)
    yield []
    path = [weth.token, token.token]
    done: list[Mined] = yield [buy(world.router, owner, path, wei)]
    bought = stage.holding(token, owner)
    loan = wei * stage.rng.randint(20, 55) // 100
    done += yield [
        approve(token.token, owner, lender),
        spot_lender.deposit(lender, owner, bought),
        spot_lender.borrow(lender, owner, loan),
        approve(weth.token, owner, world.router),
        pools.swap(world, owner, path, loan),
    ]
    yield from wait(stage.rng.randint(1, 4))
    again = stage.holding(token, owner)
    yield from bring(stage, weth, [(owner, loan // 20)])
    back: list[Transaction] = [
        approve(token.token, owner, world.router),
        pools.swap(world, owner, [token.token, weth.token], again),
        approve(weth.token, owner, lender),
        spot_lender.repay(lender, owner, loan),
        spot_lender.release(lender, owner, bought),
    ]
    done += yield back
    note = f"{wei // ETHER} ether with a lever of {100 + loan * 100 // wei} %"
    return Outcome(hashes(done), roles(intermediaries=[owner], infrastructure=[lender, market.pair]), note)


VARIANTS = {"large_swap": large_swap, "sliced_sale": sliced_sale, "leverage": leverage}
