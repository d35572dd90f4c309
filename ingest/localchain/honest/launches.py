"""Honest launches: somebody issues a token with a pool, people trade both ways, the liquidity stays."""

from __future__ import annotations

from ingest.localchain.chain.actions import Transaction
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols.locker import Locker, lock
from ingest.localchain.story_parts.funding import between, fund
from ingest.localchain.story_parts.scene import Scene
from ingest.localchain.story_parts.token_launches import (
    Launch,
    burn,
    launch,
    part_of,
    purchases,
    sales,
    withdrawal,
)
from ingest.localchain.world.clock import DAY
from ingest.localchain.world.coins import usual_coin
from ingest.localchain.world.endowment import Opening
from ingest.localchain.world.stage import ETHER, Acts, Habit, Stage, wait

_LIFE = (60, 160)
"""Blocks in which people trade a token before the next one is in fashion."""
_CIRCLE = (8, 24)


def begin(stage: Stage, per_block: int) -> Opening:
    """One launch after another, several side by side where there is more traffic."""
    return Opening([launches(stage, min(1.0, per_block / 30)) for _ in range(max(1, per_block // 40))])


def launches(stage: Stage, chance: float) -> Habit:
    """A token is issued, then somebody trades it with this chance in each block, until fashion moves on."""
    yield from wait(stage.rng.randint(2, 10))
    while True:
        launched = yield from _launch(stage)
        circle = [p.address for p in stage.cast.active(stage.rng, stage.rng.randint(*_CIRCLE))]
        for block in range(stage.rng.randint(*_LIFE)):
            burst = 3 if block < 5 else 1
            trades: list[Transaction] = []
            for _ in range(burst):
                trades += _trade(stage, launched, circle) if stage.rng.random() < chance else []
            yield trades
        yield _afterwards(stage, launched)


def _launch(stage: Stage) -> Acts:
    """The creator shows good will in the usual ways: burns or locks the liquidity, or does neither."""
    wei, creator = int(between(stage, 3, 150) * ETHER), stage.fresh()
    yield from fund(stage, creator, wei + ETHER)
    launched: Launch = yield from launch(
        Scene(stage), creator, usual_coin(stage.rng), stage.rng.uniform(0.4, 0.98), wei
    )
    held, way = stage.holding(launched.liquidity, creator), stage.rng.random()
    if way < 0.25:
        yield [burn(launched, creator, held)]
    elif way < 0.5:
        until = stage.now + round(between(stage, 20 * DAY, 400 * DAY))
        yield lock(stage.world.of(Locker), creator, launched.pool, held, until)
    return launched


def _trade(stage: Stage, launched: Launch, circle: list[Address]) -> list[Transaction]:
    """One of the circle, or a newcomer to it, buys or sells a part."""
    if stage.rng.random() < 0.2:
        circle += [person.address for person in stage.cast.active(stage.rng, 1)]
    who = stage.rng.choice(circle)
    if who not in stage.cast.people or who in stage.cast.reserved:
        return []
    if stage.rng.random() < 0.4:
        return sales(stage, launched, [who], stage.rng.choice((0.25, 0.5, 1.0)))
    return purchases(stage, launched, [who], (0.005, 0.1))


def _afterwards(stage: Stage, launched: Launch) -> list[Transaction]:
    """Now and then the creator takes a small part of the liquidity out, or sells a little of the supply."""
    if stage.rng.random() < 0.3:
        held = part_of(stage.holding(launched.liquidity, launched.creator), stage.rng.uniform(0.02, 0.15))
        return withdrawal(stage.world, launched.creator, launched, held) if held else []
    if stage.rng.random() < 0.3:
        return sales(stage, launched, [launched.creator], stage.rng.uniform(0.005, 0.03))
    return []
