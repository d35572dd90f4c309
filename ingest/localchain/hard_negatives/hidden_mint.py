"""Honest tokens whose balances do not follow from their transfers, or whose supply grows in the open."""

from __future__ import annotations

from ingest.localchain.chain.actions import Asset, Transaction, mint
from ingest.localchain.chain.wallet import Address, call_data
from ingest.localchain.story_parts.funding import between, fund
from ingest.localchain.story_parts.scene import Scene
from ingest.localchain.story_parts.token_launches import Launch, launch, market, part_of
from ingest.localchain.world.clock import DAY
from ingest.localchain.world.coins import (
    FEE_TOKEN,
    REBASING_TOKEN,
    Coin,
    plain_coin,
    title,
    usual_supply,
)
from ingest.localchain.world.stage import ETHER, Acts, Outcome, Stage, Story, roles

CATEGORY = "hidden-mint"
WARM_UP = 22
LONGEST = 30
NIGHTS = 1

_REBASE_GAS = 300_000


def rebase(stage: Stage) -> Story:
    """Every balance grows or shrinks by one call, now and again; people pay and sell with what they have."""
    (name, symbol), supply = title(stage.rng), usual_supply(stage.rng)
    coin = Coin(name, symbol, REBASING_TOKEN.deployment(name, symbol, supply), supply)
    scene, launched = yield from _project(stage, coin)
    changes = [round(stage.rng.choice((1, 1, -1)) * between(stage, 20, 2_000)) for _ in range(2)]
    yield from scene.play([_rebase(launched, changes[0])])
    yield from market(scene, launched, 1)
    if stage.rng.random() < 0.5:
        yield from scene.overnight(round(between(stage, DAY, 10 * DAY)))
    yield from scene.play([_rebase(launched, changes[1])])
    yield from _give_all(scene, launched.asset)
    yield from market(scene, launched, 1)
    return _end(scene, launched, f"balances changed by {changes[0] / 100} % and {changes[1] / 100} %")


def fee_on_transfer(stage: Stage) -> Story:
    """A part of each transfer goes to the project's treasury; people trade it and pay with it."""
    (name, symbol), supply = title(stage.rng), usual_supply(stage.rng)
    fee = stage.rng.choice((100, 200, 300, 500, 1_000))
    coin = Coin(name, symbol, FEE_TOKEN.deployment(name, symbol, supply, fee), supply)
    scene, launched = yield from _project(stage, coin)
    yield from _give_all(scene, launched.asset)
    yield from market(scene, launched, stage.rng.randint(1, 3))
    return _end(scene, launched, f"a token that takes {fee // 100} % of each transfer")


def announced_mint(stage: Stage) -> Story:
    """The issuer makes a few hundredths more, with the event, for rewards to those who hold."""
    coin = plain_coin(*title(stage.rng), usual_supply(stage.rng))
    scene, launched = yield from _project(stage, coin)
    reward = part_of(coin.supply, between(stage, 0.001, 0.05)) // len(scene.crowd)
    issuer = launched.creator
    yield from scene.play([mint(launched.token, issuer, person, reward) for person in scene.crowd])
    yield from market(scene, launched, 2)
    return _end(scene, launched, f"rewards minted in the open for {len(scene.crowd)} holders")


VARIANTS = {"rebase": rebase, "fee_on_transfer": fee_on_transfer, "announced_mint": announced_mint}


def _project(stage: Stage, coin: Coin) -> Acts:
    wei, creator = int(between(stage, 4, 120) * ETHER), stage.fresh()
    yield from fund(stage, creator, wei + ETHER)
    scene = Scene(stage)
    yield from scene.gather(round(between(stage, 4, 12)), between(stage, 150, 5_000))
    launched = yield from launch(scene, creator, coin, stage.rng.uniform(0.5, 0.95), wei)
    yield from market(scene, launched, stage.rng.randint(2, 4))
    return scene, launched


def _rebase(launched: Launch, basis_points: int) -> Transaction:
    """The pool is told, so that its price follows at once."""
    data = call_data("rebase(int256,address[])", basis_points, [launched.pool])
    return Transaction(launched.creator, launched.token, data, gas=_REBASE_GAS)


def _give_all(scene: Scene, asset: Asset) -> Acts:
    """A few holders send all they have to another of them: more than they ever received, if it has grown."""
    stage = scene.stage
    givers = stage.rng.sample(scene.crowd, min(3, len(scene.crowd) - 1))
    held = stage.miner.holdings((asset, giver) for giver in givers)
    others = [person for person in scene.crowd if person not in givers]
    gifts = [
        scene.payment(asset, g, stage.rng.choice(others), n) for g, n in zip(givers, held, strict=True) if n
    ]
    yield from scene.play(gifts)


def _end(scene: Scene, launched: Launch, note: str) -> Outcome:
    projects: list[Address] = [launched.creator, launched.token, launched.pool]
    return scene.end_honest(roles(intermediaries=scene.crowd, infrastructure=projects), note)
