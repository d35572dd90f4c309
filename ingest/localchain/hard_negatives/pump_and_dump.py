"""Honest bursts: price and volume of a token go up because many want it, and nobody had planned to leave."""

from __future__ import annotations

from ingest.localchain.story_parts.funding import between, fund
from ingest.localchain.story_parts.scene import Scene
from ingest.localchain.story_parts.token_launches import (
    Launch,
    launch,
    market,
    part_of,
    purchases,
    sales,
    trickle,
    withdrawal,
)
from ingest.localchain.world.clock import DAY
from ingest.localchain.world.coins import usual_coin
from ingest.localchain.world.pools import open_pool
from ingest.localchain.world.stage import ETHER, Acts, Outcome, Stage, Story, roles

CATEGORY = "pump-and-dump"
WARM_UP = 22
LONGEST = 30
NIGHTS = 1


def listing_burst(stage: Stage) -> Story:
    """A new listing: many strangers buy within a few blocks, some take profits, most stay."""
    scene, launched = yield from _token(stage)
    yield from trickle(scene, launched, scene.crowd, stage.rng.randint(2, 4))
    yield from market(scene, launched, stage.rng.randint(2, 4))
    return _end(scene, launched, f"{len(scene.crowd)} strangers buy a new listing, some take profits")


def large_buyer(stage: Stage) -> Story:
    """One buyer takes a large position, the price jumps, others follow; the buyer keeps it."""
    scene, launched = yield from _token(stage)
    buyer = scene.crowd[0]
    yield from scene.play(purchases(stage, launched, [buyer], (0.5, 0.9)))
    yield from trickle(scene, launched, scene.crowd[1:], stage.rng.randint(2, 4))
    if stage.rng.random() < 0.5:
        yield from scene.overnight(round(between(stage, DAY, 20 * DAY)))
        yield from scene.play(sales(stage, launched, [buyer], stage.rng.uniform(0.02, 0.1)))
    return _end(scene, launched, "a large buyer whom others follow, and who stays")


def news_and_depth(stage: Stage) -> Story:
    """Good news: people buy, and the project doubles the liquidity so that it does not run away."""
    scene, launched = yield from _token(stage)
    yield from market(scene, launched, 1)
    yield from trickle(scene, launched, scene.crowd, stage.rng.randint(1, 3))
    creator = launched.creator
    tokens = stage.holding(launched.asset, creator)
    wei = stage.spendable(creator, 6_000_000) // 2
    yield from scene.play(open_pool(stage.world, creator, launched.token, tokens, wei))
    yield from market(scene, launched, 2)
    held = stage.holding(launched.liquidity, creator)
    yield from scene.play(withdrawal(stage.world, creator, launched, part_of(held, 0.05)))
    return _end(scene, launched, "purchases on good news, and more liquidity by the project")


VARIANTS = {"listing_burst": listing_burst, "large_buyer": large_buyer, "news_and_depth": news_and_depth}


def _token(stage: Stage) -> Acts:
    """An honest token whose project keeps as much native value again as it puts into the pool."""
    wei, creator = int(between(stage, 4, 100) * ETHER), stage.fresh()
    yield from fund(stage, creator, 2 * wei + ETHER)
    scene = Scene(stage)
    yield from scene.gather(round(between(stage, 5, 16)), between(stage, 150, 5_000))
    launched = yield from launch(scene, creator, usual_coin(stage.rng), stage.rng.uniform(0.5, 0.9), wei)
    return scene, launched


def _end(scene: Scene, launched: Launch, note: str) -> Outcome:
    project = [launched.creator, launched.token, launched.pool]
    return scene.end_honest(roles(intermediaries=scene.crowd, infrastructure=project), note)
