"""Honest gifts of tokens to many, asked for or not: those who get them use them."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.localchain.chain.actions import Asset, Transaction, approve, pay
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols.disperse import Disperse, disperse_token
from ingest.localchain.story_parts.funding import between, fund
from ingest.localchain.story_parts.scene import Scene
from ingest.localchain.story_parts.spam_names import link
from ingest.localchain.story_parts.token_launches import Launch, issue, launch, part_of, sales
from ingest.localchain.world.coins import Coin, plain_coin, title, usual_coin, usual_supply
from ingest.localchain.world.stage import ETHER, Acts, Outcome, Stage, Story, roles

CATEGORY = "spam-token"
WARM_UP = 22
LONGEST = 30


def used_airdrop(stage: Stage) -> Story:
    """A project gives a part of its supply to users; many sell it or pass it on within minutes."""
    scene, launched = yield from _project(stage, usual_coin(stage.rng))
    yield from _give(scene, launched, part_of(launched.supply, stage.rng.uniform(0.02, 0.2)))
    yield from _use(scene, launched)
    return _end(scene, launched, f"an airdrop to {len(scene.crowd)}, most of whom use it")


def link_in_its_name(stage: Stage) -> Story:
    """As before, and the project's name is that of its site: a link alone makes no spam."""
    (_, symbol), site = title(stage.rng), link(stage.rng)
    scene, launched = yield from _project(stage, plain_coin(site, symbol, usual_supply(stage.rng)))
    yield from _give(scene, launched, part_of(launched.supply, stage.rng.uniform(0.02, 0.2)))
    yield from _use(scene, launched)
    return _end(scene, launched, f"an airdrop by {site}, which its recipients use")


def loyalty_points(stage: Stage) -> Story:
    """A shop thanks its customers with points that have no market; they bring them back or share them."""
    shop = stage.fresh()
    yield from fund(stage, shop, stage.ether(1, 3))
    scene = Scene(stage)
    yield from scene.gather(stage.rng.randint(8, 25), 50)
    points = yield from issue(scene, shop, plain_coin(*title(stage.rng), usual_supply(stage.rng)))
    yield from _give(scene, points, part_of(points.supply, stage.rng.uniform(0.05, 0.5)))
    held = stage.miner.holdings((points.asset, person) for person in scene.crowd)
    for person, amount in zip(scene.crowd[::2], held[::2], strict=True):
        to = stage.rng.choice((shop, shop, stage.rng.choice(scene.crowd[1::2])))
        yield from scene.play(
            [scene.payment(points.asset, person, to, part_of(amount, stage.rng.uniform(0.2, 1)))]
        )
    return _end(scene, points, f"points for {len(scene.crowd)} customers, who spend them at the shop")


VARIANTS = {
    "used_airdrop": used_airdrop,
    "link_in_its_name": link_in_its_name,
    "loyalty_points": loyalty_points,
}


def _project(stage: Stage, coin: Coin) -> Acts:
    wei, creator = int(between(stage, 4, 80) * ETHER), stage.fresh()
    yield from fund(stage, creator, wei + 2 * ETHER)
    scene = Scene(stage)
    yield from scene.gather(stage.rng.randint(8, 25), 50)
    launched = yield from launch(scene, creator, coin, stage.rng.uniform(0.4, 0.7), wei)
    return scene, launched


def _give(scene: Scene, launched: Launch, amount: int) -> Acts:
    """An equal part to each: by Disperse, or in transactions of their own over a few blocks."""
    stage, creator = scene.stage, launched.creator
    part = amount // len(scene.crowd)
    if stage.rng.random() < 0.5:
        yield from scene.play(_dispersal(stage, launched.asset, creator, scene.crowd, part))
        return
    for start in range(0, len(scene.crowd), 10):
        receivers = scene.crowd[start : start + 10]
        yield from scene.play([pay(launched.asset, creator, person, part) for person in receivers])


def _dispersal(
    stage: Stage, asset: Asset, creator: Address, crowd: Sequence[Address], part: int
) -> list[Transaction]:
    disperse = stage.world.of(Disperse)
    return [
        approve(asset.token, creator, disperse.contract, part * len(crowd)),
        disperse_token(disperse, asset.token, creator, dict.fromkeys(crowd, part)),
    ]


def _use(scene: Scene, launched: Launch) -> Acts:
    """Two thirds do something with it: half of these sell, half pay a friend who was left out."""
    stage = scene.stage
    active = stage.rng.sample(scene.crowd, len(scene.crowd) * 2 // 3)
    held = dict(zip(active, stage.miner.holdings((launched.asset, p) for p in active), strict=True))
    for start in range(0, len(active), 4):
        sellers, payers = active[start : start + 2], active[start + 2 : start + 4]
        others = [person for person in scene.crowd if person not in active]
        gifts = [scene.payment(launched.asset, p, stage.rng.choice(others), held[p] // 2) for p in payers]
        yield from scene.play([*sales(stage, launched, sellers, stage.rng.uniform(0.3, 1)), *gifts])


def _end(scene: Scene, launched: Launch, note: str) -> Outcome:
    project = [launched.creator, launched.token]
    return scene.end_honest(roles(intermediaries=scene.crowd, infrastructure=project), note)
