"""Rug pulls: people buy a new token, then those who made it take the native value out of its pool."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.localchain.chain.actions import Transaction, approve, pay, wrap
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols.uniswap_v3 import (
    HIGH_FEE,
    Pool,
    UniswapV3,
    add_position,
    buy,
    create_pool,
    positions_of,
    remove_position,
    sqrt_price,
)
from ingest.localchain.story_parts.accomplices import Ring, cash_out, ring, swindler
from ingest.localchain.story_parts.funding import between
from ingest.localchain.story_parts.scene import Scene
from ingest.localchain.story_parts.token_launches import (
    TRADE_GAS,
    Launch,
    budgets,
    burn,
    issue,
    launch,
    part_of,
    purchases,
    sales,
    trickle,
    withdrawal,
)
from ingest.localchain.world.clock import DAY, HOUR
from ingest.localchain.world.coins import plain_coin, title, usual_coin, usual_supply
from ingest.localchain.world.stage import ETHER, Acts, Stage, Story, roles

CATEGORY = "rug-pull"
WARM_UP = 22
LONGEST = 30
NIGHTS = 1

_NOBODY_COMES = 0.15
_LIQUIDITY_ETHER = (0.8, 60)
_BUYERS = (2, 15)


def at_once(stage: Stage) -> Story:
    """The creator takes out all liquidity in one transaction, minutes or days after the last purchase."""
    scene, creator, wei = yield from _begin(stage)
    pooled = stage.rng.uniform(0.4, 1)
    launched = yield from launch(scene, creator, usual_coin(stage.rng), pooled, wei)
    yield from trickle(scene, launched, scene.crowd, stage.rng.randint(1, 5))
    yield from _let_time_pass(scene)
    pulled = yield from scene.play(_pull(stage, launched, creator, 1.0))
    return (yield from _end(scene, launched, [creator], pulled, "all liquidity taken out at once"))


def in_parts(stage: Stage) -> Story:
    """The liquidity goes in parts, none of them all of it; a few buyers notice and sell in time."""
    scene, creator, wei = yield from _begin(stage)
    launched = yield from launch(scene, creator, usual_coin(stage.rng), stage.rng.uniform(0.5, 1), wei)
    yield from trickle(scene, launched, scene.crowd, stage.rng.randint(1, 3))
    yield from _let_time_pass(scene)
    parts = stage.rng.randint(3, 5)
    pulled = yield from scene.play(_pull(stage, launched, creator, stage.rng.uniform(0.2, 0.45)))
    quick = scene.crowd[: len(scene.crowd) // 4]
    yield from scene.play(sales(stage, launched, quick))
    for left in range(parts - 1, 0, -1):
        share = 1.0 if left == 1 else stage.rng.uniform(0.3, 0.6)
        pulled += yield from scene.play(_pull(stage, launched, creator, share))
        yield from scene.pause(1)
    note = f"liquidity taken out in {parts} parts, {len(quick)} buyers had sold after the first"
    return (yield from _end(scene, launched, [creator], pulled, note))


def premine_sold(stage: Stage) -> Story:
    """What was never pooled is sold into the pool, whose liquidity had often been burnt to look safe."""
    scene, creator, wei = yield from _begin(stage)
    group = yield from _sellers(stage, creator)
    scene.done += group.done
    is_burnt = stage.rng.random() < 0.5
    pooled = stage.rng.uniform(0.01, 0.06 if is_burnt else 0.4)
    launched = yield from launch(scene, creator, usual_coin(stage.rng), pooled, wei)
    if group.wallets != [creator]:
        part = stage.holding(launched.asset, creator) // len(group.wallets)
        yield from scene.play([pay(launched.asset, creator, wallet, part) for wallet in group.wallets])
    if is_burnt:
        held = stage.holding(launched.liquidity, creator)
        yield from scene.play([burn(launched, creator, held)])
    yield from trickle(scene, launched, scene.crowd, stage.rng.randint(1, 3))
    yield from _let_time_pass(scene)
    sold = yield from scene.play(sales(stage, launched, group.wallets, stage.rng.uniform(0.3, 1)))
    sold += yield from scene.play(sales(stage, launched, group.wallets))
    if not is_burnt:
        sold += yield from scene.play(_pull(stage, launched, creator, 1.0))
    note = f"a pre-mine of {100 - pooled * 100:.0f} % sold into the pool from {len(group.wallets)} wallets"
    everybody = list(dict.fromkeys([creator, *group.everybody]))
    return (yield from _end(scene, launched, everybody, sold, note))


def insiders(stage: Stage) -> Story:
    """A group buys before everybody else and sells after them; then the creator takes what is left.

    Where the group drives the price up by a fifth or more, it is a pump and dump too.
    """
    scene, creator, wei = yield from _begin(stage)
    stake = int(wei * between(stage, 0.03, 0.5))
    group = yield from ring(stage, stage.rng.randint(2, 7), stake + stage.miner.fee(5 * TRADE_GAS))
    scene.done += group.done
    launched = yield from launch(scene, creator, usual_coin(stage.rng), 1.0, wei)
    first = purchases(stage, launched, group.wallets, (0.8, 0.99))
    yield from scene.play(first)
    yield from trickle(scene, launched, scene.crowd, stage.rng.randint(1, 3))
    yield from _let_time_pass(scene)
    half = len(group.wallets) // 2
    sold = yield from scene.play(sales(stage, launched, group.wallets[:half]))
    sold += yield from scene.play(sales(stage, launched, group.wallets[half:]))
    sold += yield from scene.play(_pull(stage, launched, creator, stage.rng.uniform(0.85, 1)))
    note = f"{len(group.wallets)} insiders bought first and sold on the others"
    # The price goes with the square of what is in the pool.
    is_pumped = 5 * (wei + sum(one.value for one in first)) ** 2 >= 6 * wei**2
    also = ("pump-and-dump",) if is_pumped else ()
    return (yield from _end(scene, launched, [creator, *group.everybody], sold, note, also))


def handed_over(stage: Stage) -> Story:
    """The liquidity goes to another wallet, which nobody connects with the token, and that one pulls."""
    scene, creator, wei = yield from _begin(stage)
    puller = yield from swindler(stage, stage.miner.fee(10 * TRADE_GAS))
    launched = yield from launch(scene, creator, usual_coin(stage.rng), stage.rng.uniform(0.6, 1), wei)
    yield from trickle(scene, launched, scene.crowd, stage.rng.randint(1, 4))
    held = stage.holding(launched.liquidity, creator)
    yield from scene.play([pay(launched.liquidity, creator, puller, held)])
    yield from _let_time_pass(scene)
    pulled = yield from scene.play(_pull(stage, launched, puller, 1.0))
    note = "liquidity handed to another wallet, which took it out"
    return (yield from _end(scene, launched, [creator, puller], pulled, note))


def v3_position(stage: Stage) -> Story:
    """The pool is one of Uniswap V3, and the creator's only position goes out of it."""
    scene, creator, wei = yield from _begin(stage)
    coin = plain_coin(*title(stage.rng), usual_supply(stage.rng))
    issued = yield from issue(scene, creator, coin)
    v3, weth = stage.world.of(UniswapV3), stage.world.weth
    pool = Pool.of(issued.token, weth, HIGH_FEE)
    yield from scene.play(_open_v3(stage, creator, pool, issued, wei))
    for part in (scene.crowd[::2], scene.crowd[1::2]):
        wishes = budgets(stage, part, (0.03, 0.6))
        yield from scene.play([buy(v3, b, weth, issued.token, pool.fee, n) for b, n in wishes.items()])
        yield from scene.pause(1)
    yield from _let_time_pass(scene)
    ((number, liquidity),) = positions_of(stage.miner, v3, creator)
    pulled = yield from scene.play(remove_position(v3, creator, number, liquidity))
    there = Launch(issued.token, v3.address(pool), creator, issued.supply)
    return (yield from _end(scene, there, [creator], pulled, "the only V3 position taken out"))


VARIANTS = {
    "at_once": at_once,
    "in_parts": in_parts,
    "premine_sold": premine_sold,
    "insiders": insiders,
    "handed_over": handed_over,
    "v3_position": v3_position,
}


def _begin(stage: Stage) -> Acts:
    """The scene with those who will buy (at times nobody), the creator, and the wei for the pool."""
    wei = int(between(stage, *_LIQUIDITY_ETHER) * ETHER)
    creator = yield from swindler(stage, wei + ETHER // 2)
    scene = Scene(stage)
    if stage.rng.random() >= _NOBODY_COMES:
        yield from scene.gather(round(between(stage, *_BUYERS)), between(stage, 150, 6_000))
    return scene, creator, wei


def _let_time_pass(scene: Scene) -> Acts:
    """A few blocks; at times hours or days."""
    if scene.stage.rng.random() < 0.4:
        yield from scene.overnight(round(between(scene.stage, HOUR, 20 * DAY)))
    else:
        yield from scene.pause(3)


def _sellers(stage: Stage, creator: Address) -> Acts:
    """Who will sell the pre-mine: one to four wallets, or the creator."""
    if stage.rng.random() < 0.3:
        return Ring([creator])
    return (yield from ring(stage, stage.rng.randint(1, 4), stage.miner.fee(6 * TRADE_GAS)))


def _pull(stage: Stage, launched: Launch, owner: Address, share: float) -> list[Transaction]:
    held = stage.holding(launched.liquidity, owner)
    return withdrawal(stage.world, owner, launched, part_of(held, share))


def _open_v3(stage: Stage, creator: Address, pool: Pool, issued: Launch, wei: int) -> list[Transaction]:
    v3, weth = stage.world.of(UniswapV3), stage.world.weth
    amounts = (wei, issued.supply) if pool.token0 == weth else (issued.supply, wei)
    return [
        wrap(weth, creator, wei),
        approve(weth, creator, v3.positions),
        approve(issued.token, creator, v3.positions),
        create_pool(v3, creator, pool, sqrt_price(*amounts)),
        add_position(v3, creator, pool, pool.widest, amounts),
    ]


def _end(
    scene: Scene,
    launched: Launch,
    group: Sequence[Address],
    taken: list[Mined],
    note: str,
    also: tuple[str, ...] = (),
) -> Story:
    """The loot may go to the exchange. Without buyers nothing was won by it."""
    if scene.stage.rng.random() < 0.4:
        yield from cash_out(scene.stage, launched.creator)
    harm = taken[0].hash if scene.lost_usd >= 1 else None
    named = roles(group, scene.crowd, infrastructure=[launched.token, launched.pool])
    return scene.end(named, note if harm else f"{note}; nobody had bought", harm, also)
