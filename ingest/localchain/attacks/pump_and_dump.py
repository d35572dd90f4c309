"""Pump and dump: a group drives a token's price up in a burst, others follow, the group leaves."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.localchain.chain.miner import Mined
from ingest.localchain.story_parts.accomplices import Ring, cash_out, ring
from ingest.localchain.story_parts.funding import between, fund
from ingest.localchain.story_parts.scene import Scene
from ingest.localchain.story_parts.token_launches import TRADE_GAS, Launch, launch, purchases, sales, trickle
from ingest.localchain.world.clock import DAY, HOUR
from ingest.localchain.world.coins import plain_coin, title, usual_supply
from ingest.localchain.world.stage import ETHER, Acts, Stage, Story, roles

CATEGORY = "pump-and-dump"
WARM_UP = 22
LONGEST = 30
NIGHTS = 2

_NOBODY_FOLLOWS = 0.15
"""The share of pumps that nobody joins: the group pays the pool's fees for nothing."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a group goes about it. `nights`: hours or days pass before the burst, and before the end."""

    note: str
    wallets: int
    bursts: int
    leaving: int
    nights: bool = False
    washes: int = 0
    """Rounds of purchases and sales among themselves, before, so that the token looks alive."""


def fast(stage: Stage) -> Story:
    """Within minutes: several wallets buy in one to three blocks, and sell as soon as others came."""
    plan = _Plan("pumped within minutes", stage.rng.randint(3, 9), stage.rng.randint(1, 3), 1)
    return (yield from _tell(stage, plan))


def slow(stage: Stage) -> Story:
    """Bought up quietly, pumped days later, and sold over hours while others still buy."""
    plan = _Plan("accumulated and pumped over days", stage.rng.randint(3, 8), 3, 3, nights=True)
    return (yield from _tell(stage, plan))


def alone(stage: Stage) -> Story:
    """One wallet does it all."""
    plan = _Plan("pumped by one wallet", 1, stage.rng.randint(1, 4), stage.rng.randint(1, 2))
    return (yield from _tell(stage, plan))


def washed_first(stage: Stage) -> Story:
    """Volume is faked first: the group sells to the pool what it buys from it, round after round. That is
    wash trading too.
    """
    plan = _Plan("volume was faked first", stage.rng.randint(2, 6), 2, 2, washes=stage.rng.randint(2, 3))
    return (yield from _tell(stage, plan))


VARIANTS = {"fast": fast, "slow": slow, "alone": alone, "washed_first": washed_first}


def _tell(stage: Stage, plan: _Plan) -> Story:
    """Quiet purchases, faked volume, the burst, the followers, the exit; some followers sell too late."""
    scene = Scene(stage)
    if stage.rng.random() >= _NOBODY_FOLLOWS:
        yield from scene.gather(round(between(stage, 3, 16)), between(stage, 150, 8_000))
    wei = int(between(stage, 2, 40) * ETHER)
    launched: Launch = yield from _thin_token(stage, wei)
    stake = int(wei * between(stage, 0.3, 2)) // plan.wallets + stage.miner.fee(12 * TRADE_GAS)
    group: Ring = yield from ring(stage, plan.wallets, stake)
    scene.done += group.done
    yield from scene.play(purchases(stage, launched, group.wallets, (0.1, 0.3)))
    if plan.nights:
        yield from scene.overnight(round(between(stage, 2 * HOUR, 5 * DAY)))
    for _ in range(plan.washes):
        yield from scene.play(sales(stage, launched, group.wallets, 0.5))
        yield from scene.play(purchases(stage, launched, group.wallets, (0.1, 0.3)))
    for left in range(plan.bursts, 0, -1):
        yield from scene.play(purchases(stage, launched, group.wallets, (0.7 / left, 0.95 / left)))
    yield from trickle(scene, launched, scene.crowd, stage.rng.randint(1, 4))
    if plan.nights and stage.rng.random() < 0.5:
        yield from scene.overnight(round(between(stage, HOUR, 12 * HOUR)))
    sold = yield from _leave(scene, launched, group, plan.leaving)
    yield from scene.play(sales(stage, launched, _late(scene), stage.rng.uniform(0.7, 1)))
    also = ("wash-trading",) if plan.washes else ()
    return (yield from _end(scene, launched, group, sold, plan.note, also))


def _thin_token(stage: Stage, wei: int) -> Acts:
    """Somebody else's token with a small pool, which nobody cares for: no part of the attack."""
    creator, elsewhere = stage.fresh(), Scene(stage)
    yield from fund(stage, creator, wei + ETHER)
    coin = plain_coin(*title(stage.rng), usual_supply(stage.rng))
    return (yield from launch(elsewhere, creator, coin, stage.rng.uniform(0.8, 1), wei))


def _leave(scene: Scene, launched: Launch, group: Ring, steps: int) -> Acts:
    """The group sells all it has, in so many steps."""
    sold: list[Mined] = []
    for left in range(steps, 0, -1):
        sold += yield from scene.play(sales(scene.stage, launched, group.wallets, 1 / left))
    return sold


def _late(scene: Scene) -> list[str]:
    """Most followers sell when the price has fallen; the others keep what is left of it."""
    return [person for person in scene.crowd if scene.stage.rng.random() < 0.7]


def _end(
    scene: Scene, launched: Launch, group: Ring, sold: list[Mined], note: str, also: tuple[str, ...]
) -> Story:
    if scene.stage.rng.random() < 0.4:
        yield from cash_out(scene.stage, group.wallets[0])
    harm = sold[0].hash if scene.lost_usd >= 1 else None
    named = roles(group.everybody, scene.crowd, infrastructure=[launched.token, launched.pool])
    return scene.end(named, note if harm else f"{note}; nobody followed", harm, also)
