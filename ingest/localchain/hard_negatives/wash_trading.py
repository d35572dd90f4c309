"""Honest trade on both sides of a market: who earns the spread carries risk, who resells found a buyer."""

from __future__ import annotations

from ingest.localchain.chain.actions import Transaction, approve, buy, pay, wrap
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.honest.market_makers import Maker, equip, quote
from ingest.localchain.honest.nft_traders import Shelf, buy_piece, mint_one, offer_piece
from ingest.localchain.story_parts.funding import between, fund
from ingest.localchain.world.pools import swap
from ingest.localchain.world.stage import ETHER, Outcome, Stage, Story, hashes, roles, wait
from ingest.localchain.world.world import ETH

CATEGORY = "wash-trading"
WARM_UP = 25
LONGEST = 30


def market_maker(stage: Stage) -> Story:
    """Buys and sells one token in nearly every block; what is left over on one side is its own risk."""
    token = stage.rng.choice(stage.world.tokens)
    maker = Maker(stage.dormant(stage.ether(60, 300)), token, between(stage, 20_000, 500_000))
    yield equip(stage, maker)
    done: list[Mined] = yield [approve(token.token, maker.wallet, stage.world.router)]
    for _ in range(stage.rng.randint(8, 18)):
        done += yield quote(stage, maker)
    note = f"a market maker in {token.symbol if token != stage.world.hostile else 'a token'}"
    named = roles(intermediaries=[maker.wallet], infrastructure=[stage.world.router])
    return Outcome(hashes(done), named, note)


def arbitrage_bot(stage: Stage) -> Story:
    """Evens out pools: WETH goes round through two dollar tokens in single transactions, both ways."""
    world, bot = stage.world, stage.fresh()
    wei = int(between(stage, 1, 60) * ETHER)
    yield from fund(stage, bot, wei + ETHER)
    done: list[Mined] = yield [wrap(world.weth, bot, wei), approve(world.weth, bot, world.router)]
    for _ in range(stage.rng.randint(4, 10)):
        middle = stage.rng.sample([world.token("USDC").token, world.token("DAI").token], 2)
        amount = int(stage.holding(world.wrapped, bot) * stage.rng.uniform(0.3, 1))
        done += yield [swap(world, bot, [world.weth, *middle, world.weth], amount)]
    note = f"an arbitrage bot goes round {len(done) - 2} times"
    return Outcome(hashes(done), roles(intermediaries=[bot], infrastructure=[world.router]), note)


def aggregator(stage: Stage) -> Story:
    """One operator swaps for many customers, both ways in the same pool, and sends each what was bought."""
    operator, token = stage.dormant(stage.ether(50, 200)), stage.world.token("USDC")
    done: list[Mined] = yield [approve(token.token, operator, stage.world.router)]
    for _ in range(stage.rng.randint(5, 10)):
        customers = stage.holders(stage.cast.active(stage.rng, 6), ETH, 1_000)[:3]
        orders = {one.address: stage.ether(0.02, 0.1) for one in customers}
        done += yield [pay(ETH, one, operator, wei) for one, wei in orders.items()]
        done += yield [_for_another(stage, operator, token.token, one, wei) for one, wei in orders.items()]
    note = f"an aggregator swaps for customers in {len(done) - 1} transactions"
    named = roles(infrastructure=[operator, stage.world.router])
    return Outcome(hashes(done), named, note)


def resold_picture(stage: Stage) -> Story:
    """A picture is minted, sold, kept for a while and sold on, each time to somebody else."""
    shelf = Shelf()
    done: list[Mined] = yield mint_one(stage, shelf)
    if not done:
        return (yield from market_maker(stage))
    (piece,) = shelf.owners
    owners = [shelf.owners[piece]]
    stage.cast.engage(owners)
    for _ in range(stage.rng.randint(2, 4)):
        done += yield offer_piece(stage, shelf, piece, ETH.units(between(stage, 20, 900)))
        yield from wait(stage.rng.randint(0, 2))
        buyers = [one for one in stage.cast.active(stage.rng, 12) if one.address not in owners]
        if piece in shelf.offers:
            done += yield buy_piece(stage, shelf, piece, buyers)
        owners = list(dict.fromkeys([*owners, shelf.owners[piece]]))
        stage.cast.engage(owners)
    stage.cast.release(owners)
    note = f"a picture passes through the hands of {len(owners)} people"
    return Outcome(hashes(done), roles(intermediaries=owners), note)


VARIANTS = {
    "market_maker": market_maker,
    "arbitrage_bot": arbitrage_bot,
    "aggregator": aggregator,
    "resold_picture": resold_picture,
}


def _for_another(stage: Stage, operator: Address, token: Address, customer: Address, wei: int) -> Transaction:
    """What is bought for 99.7 % of an order goes straight to the customer."""
    kept = wei * 997 // 1_000
    return buy(stage.world.router, operator, [stage.world.weth, token], kept, to=customer)
