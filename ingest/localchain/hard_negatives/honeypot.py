"""Honest tokens that look like honeypots: few have sold yet, or sales fail for a while and then work."""

from __future__ import annotations

from ingest.localchain.chain.actions import Transaction
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.wallet import call_data
from ingest.localchain.story_parts.funding import between, fund
from ingest.localchain.story_parts.scene import Scene
from ingest.localchain.story_parts.token_launches import Launch, launch, market, part_of, sales, trickle
from ingest.localchain.world.clock import DAY, HOUR
from ingest.localchain.world.coins import Coin, plain_coin, title, usual_coin, usual_supply
from ingest.localchain.world.stage import ETHER, Acts, Outcome, Stage, Story, roles

CATEGORY = "honeypot"
WARM_UP = 22
LONGEST = 30
NIGHTS = 1


def few_sellers(stage: Stage) -> Story:
    """People buy a new token and keep it; only the founders have sold a little so far."""
    scene, launched = yield from _project(stage, usual_coin(stage.rng))
    yield from trickle(scene, launched, scene.crowd, stage.rng.randint(2, 6))
    yield from scene.play(sales(stage, launched, [launched.creator], stage.rng.uniform(0.005, 0.03)))
    if stage.rng.random() < 0.4:
        yield from scene.play(sales(stage, launched, scene.crowd[:1], stage.rng.uniform(0.05, 0.3)))
    return _end(scene, launched, f"{len(scene.crowd)} have bought, hardly anybody has sold yet")


def paused(stage: Stage) -> Story:
    """The token is paused for a while, sales fail meanwhile; then it goes on and they work."""
    coin = plain_coin(*title(stage.rng), usual_supply(stage.rng))
    scene, launched = yield from _project(stage, coin)
    yield from market(scene, launched, stage.rng.randint(2, 4))
    yield from scene.play([_order(launched, "pause()")])
    impatient = scene.crowd[: stage.rng.randint(1, 4)]
    yield from scene.play(sales(stage, launched, impatient, 0.5))
    if stage.rng.random() < 0.5:
        yield from scene.overnight(round(between(stage, HOUR, 4 * DAY)))
    yield from scene.play([_order(launched, "unpause()")])
    yield from scene.play(sales(stage, launched, impatient, 0.5))
    yield from market(scene, launched, 1)
    return _end(scene, launched, "paused for an incident, then open again; holders sold afterwards")


def launch_limit(stage: Stage) -> Story:
    """In its first minutes nobody may sell much at once, against machines; then the limit is lifted."""
    (name, symbol), supply = title(stage.rng), usual_supply(stage.rng)
    limit = part_of(supply, between(stage, 0.0005, 0.01))
    own = Own("trap", "LimitTrap", ("string", "string", "uint256", "uint256"))
    coin = Coin(name, symbol, own.deployment(name, symbol, supply, limit), supply)
    scene, launched = yield from _project(stage, coin)
    opening = call_data("openTrading(address,address[])", launched.pool, [])
    yield from scene.play([Transaction(launched.creator, launched.token, opening)])
    yield from trickle(scene, launched, scene.crowd, stage.rng.randint(1, 4))
    yield from scene.play(sales(stage, launched, scene.crowd[:3]))
    yield from scene.play([_order(launched, "setMaxTransaction(uint256)", supply)])
    yield from scene.play(sales(stage, launched, scene.crowd[:3], stage.rng.uniform(0.3, 1)))
    yield from market(scene, launched, 2)
    return _end(scene, launched, "a limit on sales in the first minutes, then lifted")


VARIANTS = {"few_sellers": few_sellers, "paused": paused, "launch_limit": launch_limit}


def _project(stage: Stage, coin: Coin) -> Acts:
    wei, creator = int(between(stage, 4, 120) * ETHER), stage.fresh()
    yield from fund(stage, creator, wei + ETHER)
    scene = Scene(stage)
    yield from scene.gather(round(between(stage, 4, 14)), between(stage, 150, 5_000))
    launched = yield from launch(scene, creator, coin, stage.rng.uniform(0.5, 0.95), wei)
    return scene, launched


def _order(launched: Launch, signature: str, *arguments: object) -> Transaction:
    return Transaction(launched.creator, launched.token, call_data(signature, *arguments))


def _end(scene: Scene, launched: Launch, note: str) -> Outcome:
    project = [launched.creator, launched.token, launched.pool]
    return scene.end_honest(roles(intermediaries=scene.crowd, infrastructure=project), note)
