"""Honest doings that look like a rug pull: liquidity leaves a pool, and nobody's tokens become worthless."""

from __future__ import annotations

from ingest.localchain.chain.actions import Transaction, approve, pay, wrap
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols.locker import Locker, lock, release
from ingest.localchain.protocols.uniswap_v3 import (
    MIDDLE_FEE,
    Pool,
    UniswapV3,
    add_position,
    buy,
    create_pool,
    migrate,
    sqrt_price,
)
from ingest.localchain.story_parts.funding import between, fund
from ingest.localchain.story_parts.scene import Scene
from ingest.localchain.story_parts.token_launches import Launch, launch, market, part_of, sale, withdrawal
from ingest.localchain.world.clock import DAY
from ingest.localchain.world.coins import plain_coin, title, usual_coin, usual_supply
from ingest.localchain.world.pools import reserves
from ingest.localchain.world.stage import ETHER, Acts, Outcome, Stage, Story, roles
from ingest.localchain.world.world import ETH

CATEGORY = "rug-pull"
WARM_UP = 22
LONGEST = 30
NIGHTS = 1


def migrator(stage: Stage) -> Story:
    """All liquidity moves to Uniswap V3 in one transaction, through its migrator; trading goes on there."""
    scene, launched = yield from _project(stage, is_plain=True)
    pool, price = _v3_pool(stage, launched)
    v3, creator = stage.world.of(UniswapV3), launched.creator
    yield from scene.play([create_pool(v3, creator, pool, price)])
    held = stage.holding(launched.liquidity, creator)
    yield from scene.play(migrate(v3, creator, launched.pool, held, pool, pool.widest))
    yield from _buy_there(scene, pool, launched)
    return _end(scene, launched, "all liquidity migrated from V2 to V3", v3.address(pool))


def migration_by_hand(stage: Stage) -> Story:
    """Liquidity is taken out, and lies in a V3 position some blocks later."""
    scene, launched = yield from _project(stage, is_plain=True)
    pool, price = _v3_pool(stage, launched)
    world, v3, creator = stage.world, stage.world.of(UniswapV3), launched.creator
    before = stage.miner.holdings([(ETH, creator), (launched.asset, creator)])
    held = stage.holding(launched.liquidity, creator)
    yield from scene.play(withdrawal(world, creator, launched, held))
    after = stage.miner.holdings([(ETH, creator), (launched.asset, creator)])
    yield from scene.pause(4)
    wei, tokens = (got - had for got, had in zip(after, before, strict=True))
    yield from scene.play(_into_v3(stage, launched, pool, price, wei, tokens))
    yield from _buy_there(scene, pool, launched)
    return _end(scene, launched, "liquidity taken out of V2 and put into V3", v3.address(pool))


def partial_withdrawal(stage: Stage) -> Story:
    """The creator takes out a small part of the liquidity, once or twice; the pool goes on."""
    scene, launched = yield from _project(stage)
    taken = [stage.rng.uniform(0.05, 0.2) for _ in range(stage.rng.randint(1, 2))]
    for share in taken:
        held = stage.holding(launched.liquidity, launched.creator)
        yield from scene.play(withdrawal(stage.world, launched.creator, launched, part_of(held, share)))
        yield from market(scene, launched, 2)
    note = f"{sum(taken) * 100:.0f} % of the liquidity taken out, the rest stays"
    return _end(scene, launched, note)


def lock_ended(stage: Stage) -> Story:
    """Locked liquidity comes back to its owner on the promised day, who leaves most of it in the pool."""
    scene, launched = yield from _project(stage)
    locker, creator = stage.world.of(Locker), launched.creator
    held, term = stage.holding(launched.liquidity, creator), round(between(stage, DAY, 90 * DAY))
    number = locker.next_number(stage.miner)
    yield from scene.play(lock(locker, creator, launched.pool, held, stage.now + term))
    yield from scene.overnight(term + 60)
    yield from market(scene, launched, 2)
    yield from scene.play([release(locker, creator, number)])
    if stage.rng.random() < 0.5:
        part = part_of(held, stage.rng.uniform(0.05, 0.3))
        yield from scene.play(withdrawal(stage.world, creator, launched, part))
    yield from market(scene, launched, 1)
    return _end(scene, launched, f"a lock of {term // DAY} days ended, the liquidity stays", locker.contract)


def vested_sale(stage: Stage) -> Story:
    """A team sells a little of what it was given for its work, from time to time."""
    scene, launched = yield from _project(stage)
    member = stage.fresh()
    yield from fund(stage, member, ETHER // 2)
    share = part_of(stage.holding(launched.asset, launched.creator), stage.rng.uniform(0.1, 0.5))
    yield from scene.play([pay(launched.asset, launched.creator, member, share)])
    for _ in range(stage.rng.randint(2, 4)):
        depth = reserves(stage.miner, stage.world.factory, launched.token, stage.world.weth)[0]
        amount = min(stage.holding(launched.asset, member), depth // stage.rng.randint(80, 300))
        yield from scene.play(sale(stage.world, member, launched.token, amount))
        yield from market(scene, launched, 1)
    return _end(scene, launched, "a team member sells about a hundredth of the pool at a time", member)


VARIANTS = {
    "migrator": migrator,
    "migration_by_hand": migration_by_hand,
    "partial_withdrawal": partial_withdrawal,
    "lock_ended": lock_ended,
    "vested_sale": vested_sale,
}


def _project(stage: Stage, is_plain: bool = False) -> Acts:
    """An honest token with its pool and buyers; `is_plain`: without a fee, which V3 does not take."""
    wei, creator = int(between(stage, 4, 150) * ETHER), stage.fresh()
    yield from fund(stage, creator, wei + ETHER)
    scene = Scene(stage)
    yield from scene.gather(round(between(stage, 3, 12)), between(stage, 150, 5_000))
    plain = plain_coin(*title(stage.rng), usual_supply(stage.rng))
    coin = plain if is_plain else usual_coin(stage.rng)
    launched = yield from launch(scene, creator, coin, stage.rng.uniform(0.5, 0.95), wei)
    yield from market(scene, launched, stage.rng.randint(2, 4))
    return scene, launched


def _v3_pool(stage: Stage, launched: Launch) -> tuple[Pool, int]:
    """The token's pool on V3, and the price that it has on V2."""
    weth = stage.world.weth
    pool = Pool.of(launched.token, weth, MIDDLE_FEE)
    amounts = reserves(stage.miner, stage.world.factory, pool.token0, pool.token1)
    return pool, sqrt_price(*amounts)


def _into_v3(
    stage: Stage, launched: Launch, pool: Pool, price: int, wei: int, tokens: int
) -> list[Transaction]:
    world, v3, creator = stage.world, stage.world.of(UniswapV3), launched.creator
    amounts = (wei, tokens) if pool.token0 == world.weth else (tokens, wei)
    return [
        wrap(world.weth, creator, wei),
        approve(world.weth, creator, v3.positions),
        approve(launched.token, creator, v3.positions),
        create_pool(v3, creator, pool, price),
        add_position(v3, creator, pool, pool.widest, amounts),
    ]


def _buy_there(scene: Scene, pool: Pool, launched: Launch) -> Acts:
    stage = scene.stage
    buyers = scene.crowd[: stage.rng.randint(1, 3)]
    v3, weth = stage.world.of(UniswapV3), stage.world.weth
    room = {buyer: stage.spendable(buyer, 900_000) // stage.rng.randint(4, 20) for buyer in buyers}
    yield from scene.play([buy(v3, b, weth, launched.token, pool.fee, wei) for b, wei in room.items() if wei])


def _end(scene: Scene, launched: Launch, note: str, *others: Address) -> Outcome:
    named = roles(
        intermediaries=scene.crowd,
        infrastructure=[launched.creator, launched.token, launched.pool, *others],
    )
    return scene.end_honest(named, note)
