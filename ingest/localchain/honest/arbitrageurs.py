"""Arbitrage: bots that even out Uniswap V2 and V3, go round three pools, or trade against the world's prices.

The last is why pools stay near those prices over months, whatever one-sided trades there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ingest.localchain.chain.actions import Asset, Transaction, approve, pay, unwrap, wrap
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.contracts import call, create, created
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols.uniswap_v3 import UniswapV3
from ingest.localchain.story_parts import pool_math as curves
from ingest.localchain.story_parts.flash_loans import FLASH_GAS
from ingest.localchain.story_parts.pool_math import Curve
from ingest.localchain.world import pools
from ingest.localchain.world.endowment import Opening, grant
from ingest.localchain.world.stage import ETHER, Acts, Habit, Stage, wait
from ingest.localchain.world.world import ETH

ARBITRAGE = Own("broker", "Arbitrage", ("address", "address"))

_CAPITAL_WEI = 3_000 * ETHER
_LEAST_GAIN_WEI = ETHER // 200
_DESK_USD = 5_000_000
_DESK_EVERY = (3, 9)
_CORRECTS_BEYOND = 0.006
"""How far a pool may be off before a desk trades: twice what the pool takes."""

_TRADE = "trade((address,uint24,bool),uint256,uint256)"
_ROUND = "round(address[3],address,address,uint256,uint256)"


@dataclass(frozen=True, slots=True)
class Bot:
    """The contract that trades with its own money, and who calls it."""

    owner: Address
    contract: Address


def begin(stage: Stage, per_block: int) -> Opening:
    """A bot between V2 and V3, one that goes round, and a desk for each ten transactions a block."""
    owners = [stage.fresh(), stage.fresh()]
    desks = [stage.fresh() for _ in range(max(1, per_block // 10))]
    for address in (*owners, *desks):
        stage.miner.give(address, _CAPITAL_WEI + 100 * ETHER)
    habits = [between_versions(stage, owners[0]), around(stage, owners[1]), *(desk(stage, d) for d in desks)]
    assets = (*stage.world.tokens, stage.world.drift)
    return Opening(habits, [grant(stage.world, asset, d, _DESK_USD) for d in desks for asset in assets])


def between_versions(stage: Stage, owner: Address) -> Habit:
    """Looks at one pair a block."""
    bot: Bot = yield from _set_up(stage, owner)
    v3 = stage.world.of(UniswapV3)
    there = [pool for pool in v3.pools if stage.world.weth in (pool.token0, pool.token1)]
    while True:
        pool = stage.rng.choice(there)
        token = pool.token1 if pool.token0 == stage.world.weth else pool.token0
        v2 = curves.v2_curve(stage.miner, stage.world, stage.world.weth, token)
        other = curves.v3_curve(stage.miner, stage.world, pool, stage.world.weth)
        pair = pools.pair_address(stage.world.factory, stage.world.weth, token)
        ways = ((True, v2, other.turned()), (False, other, v2.turned()))
        yield [
            call(
                bot.owner,
                bot.contract,
                _TRADE,
                (pair, pool.fee, v2_first),
                amount,
                _least(gain),
                gas=FLASH_GAS,
            )
            for v2_first, first, second in ways
            for amount, gain in _worth_it(first, second)
        ]


def around(stage: Stage, owner: Address) -> Habit:
    """Ether, one dollar, another dollar, ether: every few blocks, where the three pools allow it."""
    bot: Bot = yield from _set_up(stage, owner)
    world, weth = stage.world, stage.world.weth
    dollars = (world.token("USDC").token, world.token("DAI").token)
    while True:
        yield from wait(stage.rng.randint(1, 4))
        block: list[Transaction] = []
        for one, other in (dollars, dollars[::-1]):
            first = curves.v2_curve(stage.miner, world, weth, one)
            middle = curves.v2_curve(stage.miner, world, one, other)
            last = curves.v2_curve(stage.miner, world, other, weth)
            amount = curves.best_round(curves.joined(first, middle), last)
            gain = last.gives(middle.gives(first.gives(amount))) - amount
            if gain >= _LEAST_GAIN_WEI and amount <= _CAPITAL_WEI:
                steps = ((weth, one), (one, other), (other, weth))
                pairs = [pools.pair_address(world.factory, *step) for step in steps]
                arguments = (pairs, one, other, amount, _least(gain))
                block.append(call(bot.owner, bot.contract, _ROUND, *arguments, gas=FLASH_GAS))
        yield block


def desk(stage: Stage, wallet: Address) -> Habit:
    """Knows what a token costs elsewhere, and trades when a pool is off; settles with the exchange."""
    world, miner = stage.world, stage.miner
    tokens = (*world.tokens, world.drift)
    yield [
        wrap(world.weth, wallet, _CAPITAL_WEI),
        *(approve(asset.token, wallet, world.router) for asset in (*tokens, world.wrapped)),
    ]
    while True:
        yield from wait(stage.rng.randint(*_DESK_EVERY))
        token = stage.rng.choice(tokens)
        curve = curves.v2_curve(miner, world, world.weth, token.token)
        trade = _correction(stage, wallet, token, curve)
        yield trade or _settle(stage, wallet, token)
        yield from _settle_ether(stage, wallet)


def _set_up(stage: Stage, owner: Address) -> Acts:
    """Deploys the contract and gives it its money."""
    world = stage.world
    (made,) = yield [create(owner, ARBITRAGE, world.of(UniswapV3).router, world.weth)]
    bot = Bot(owner, created(made))
    yield [
        wrap(world.weth, owner, _CAPITAL_WEI),
        pay(world.wrapped, owner, bot.contract, _CAPITAL_WEI),
    ]
    return bot


def _worth_it(first: Curve, second: Curve) -> Iterator[tuple[int, int]]:
    """What to trade and what it gains, where that is more than it costs."""
    amount = min(curves.best_round(first, second), _CAPITAL_WEI)
    gain = curves.round_gain(first, second, amount)
    if gain >= _LEAST_GAIN_WEI:
        yield amount, gain


def _least(gain: int) -> int:
    """What is asked for: half, as others trade before it in the same block."""
    return gain // 2


def _correction(stage: Stage, wallet: Address, token: Asset, curve: Curve) -> list[Transaction]:
    """Sells what is dear in the pool, for half to all of what brings it to the world's price."""
    world = stage.world
    off = world.wrapped.usd(curve.paid) / token.usd(curve.given) - 1
    if abs(off) < _CORRECTS_BEYOND:
        return []
    share = stage.rng.uniform(0.5, 1)
    if off > 0:  # the token is dear
        sold, bought, there = token, world.wrapped, curve.given
    else:
        sold, bought, there = world.wrapped, token, curve.paid
    percent = max(1, round(100 * abs(off) * share))
    amount = min(pools.amount_to_push(there, percent), stage.holding(sold, wallet))
    return [pools.swap(world, wallet, [sold.token, bought.token], amount)] if amount else []


def _settle(stage: Stage, wallet: Address, token: Asset) -> list[Transaction]:
    """What has piled up goes to the exchange, what is short comes from there."""
    if token == stage.world.drift:
        return []
    held = stage.holding(token, wallet)
    surplus = held - token.units(_DESK_USD)
    if token.usd(abs(surplus)) < _DESK_USD / 4:
        return []
    if surplus > 0:
        return [pay(token, wallet, stage.exchange.hot, surplus)]
    return [pay(token, stage.exchange.hot, wallet, -surplus)]


def _settle_ether(stage: Stage, wallet: Address) -> Acts:
    """The same for WETH, which the exchange does not take: it is wrapped and unwrapped on the way."""
    weth, hot = stage.world.wrapped, stage.exchange.hot
    held = stage.holding(weth, wallet)
    if held < _CAPITAL_WEI // 3:
        yield [pay(ETH, hot, wallet, _CAPITAL_WEI - held)]
        yield [wrap(weth.token, wallet, _CAPITAL_WEI - held)]
    elif held > 2 * _CAPITAL_WEI:
        yield [unwrap(weth.token, wallet, held - _CAPITAL_WEI)]
        yield [pay(ETH, wallet, hot, held - _CAPITAL_WEI)]
