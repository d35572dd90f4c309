"""Hidden mints: a token's books hold more than its events tell, and the surplus is sold to its buyers.

Where these sales take two thirds or more of the native value out of the pool, it is a rug pull too: who
controls the supply has taken the buyers' side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ingest.localchain.chain.actions import Transaction, pay
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.wallet import Address, call_data
from ingest.localchain.story_parts.accomplices import Ring, cash_out, ring, swindler
from ingest.localchain.story_parts.funding import between
from ingest.localchain.story_parts.scene import Scene
from ingest.localchain.story_parts.token_launches import (
    TRADE_GAS,
    Launch,
    launch,
    part_of,
    sale,
    sales,
    trickle,
)
from ingest.localchain.world.clock import DAY, HOUR
from ingest.localchain.world.coins import Coin, title, usual_supply
from ingest.localchain.world.stage import ETHER, Acts, Stage, Story, roles

CATEGORY = "hidden-mint"
WARM_UP = 22
LONGEST = 30
NIGHTS = 1

_TAKES = ("string", "string", "uint256")
_FAILS = 0.15

MakeMoney = Callable[[Scene, Launch, Address], list[Transaction]]


def silent(stage: Stage) -> Story:
    """A "fee" is set that is a balance; neither an event nor the total supply tells of it."""
    return (yield from _tell(stage, "SilentMint", _by_call("setMarketingFee(address,uint256)"), "no event"))


def growing(stage: Stage) -> Story:
    """A "parameter" is updated: balance and total supply grow, and no transfer from zero is seen."""
    make = _by_call("updateParameters(address,uint256)")
    return (yield from _tell(stage, "GrowingMint", make, "the total supply grew without a mint"))


def bottomless(stage: Stage) -> Story:
    """A wallet made "router" sells more than it ever received, and still holds as much."""
    return (yield from _tell(stage, "BottomlessMint", _make_router, "a wallet spends what it never received"))


def understated(stage: Stage) -> Story:
    """What the owner sends arrives a thousandfold; the event tells the smaller number."""
    return (yield from _tell(stage, "UnderstatedMint", _send_little, "events tell a thousandth"))


VARIANTS = {"silent": silent, "growing": growing, "bottomless": bottomless, "understated": understated}


def _tell(stage: Stage, contract: str, make: MakeMoney, how: str) -> Story:
    """The token is launched and bought; its owner makes more of it out of nothing, and sells that."""
    wei = int(between(stage, 0.8, 60) * ETHER)
    owner = yield from swindler(stage, wei + ETHER // 2)
    scene = Scene(stage)
    yield from scene.gather(round(between(stage, 2, 14)), between(stage, 150, 6_000))
    group = yield from _sellers(stage, owner, needs_another=contract == "UnderstatedMint")
    scene.done += group.done
    name, symbol = title(stage.rng)
    supply = usual_supply(stage.rng)
    coin = Coin(name, symbol, Own("hidden_mint", contract, _TAKES).deployment(name, symbol, supply), supply)
    launched = yield from launch(scene, owner, coin, stage.rng.uniform(0.6, 0.99), wei)
    yield from trickle(scene, launched, scene.crowd, stage.rng.randint(1, 4))
    if stage.rng.random() < 0.4:
        yield from scene.overnight(round(between(stage, HOUR, 30 * DAY)))
    if stage.rng.random() < _FAILS:
        return (yield from _renounced(scene, launched, make, group))
    for wallet in group.wallets:
        yield from scene.play(make(scene, launched, wallet))
    pooled = stage.holding(stage.world.wrapped, launched.pool)
    sold = yield from _sell(scene, launched, group.wallets)
    left = stage.holding(stage.world.wrapped, launched.pool)
    note = f"{how}; {len(group.wallets)} wallets sold the surplus"
    also = ("rug-pull",) if 3 * left <= pooled else ()
    return (yield from _end(scene, launched, group, note, sold[0].hash, also))


def _sellers(stage: Stage, owner: Address, needs_another: bool) -> Acts:
    """Whom the money is made for: the owner, or one to three wallets."""
    if stage.rng.random() < 0.3 and not needs_another:
        return Ring([owner])
    return (yield from ring(stage, stage.rng.randint(1, 3), stage.miner.fee(12 * TRADE_GAS)))


def _by_call(signature: str) -> MakeMoney:
    """A call of the owner's that puts three to a hundred times the supply into the books of a wallet."""

    def make(scene: Scene, launched: Launch, wallet: Address) -> list[Transaction]:
        amount = launched.supply * round(between(scene.stage, 3, 100))
        return [Transaction(launched.creator, launched.token, call_data(signature, wallet, amount))]

    return make


def _make_router(scene: Scene, launched: Launch, wallet: Address) -> list[Transaction]:
    return [Transaction(launched.creator, launched.token, call_data("setRouter(address)", wallet))]


def _send_little(scene: Scene, launched: Launch, wallet: Address) -> list[Transaction]:
    """Half a hundredth of the supply, which arrives as five times the supply."""
    return [pay(launched.asset, launched.creator, wallet, launched.supply // 200)]


def _sell(scene: Scene, launched: Launch, wallets: Sequence[Address]) -> Acts:
    """Into the pool in one to four steps, no more than three times the supply at once; at last nearly all."""
    stage, sold = scene.stage, []
    for left in range(stage.rng.randint(0, 3), -1, -1):
        held = stage.miner.holdings((launched.asset, wallet) for wallet in wallets)
        share = stage.rng.uniform(0.1, 0.5) if left else stage.rng.uniform(0.9, 1)
        amounts = [min(part_of(amount, share), 3 * launched.supply) for amount in held]
        pairs = zip(wallets, amounts, strict=True)
        sold += yield from scene.play([t for w, n in pairs for t in sale(stage.world, w, launched.token, n)])
        yield from scene.pause(1)
    return sold


def _renounced(scene: Scene, launched: Launch, make: MakeMoney, group: Ring) -> Story:
    """The owner had renounced ownership, for trust, and the call fails; buyers can sell as before."""
    stage, owner = scene.stage, launched.creator
    yield from scene.play([Transaction(owner, launched.token, call_data("renounceOwnership()"))])
    yield from scene.play(make(scene, launched, group.wallets[0]))
    yield from scene.play(sales(stage, launched, scene.crowd, stage.rng.uniform(0.3, 1)))
    return (yield from _end(scene, launched, group, "the owner had renounced, and could make nothing", None))


def _end(
    scene: Scene, launched: Launch, group: Ring, note: str, harm: str | None, also: tuple[str, ...] = ()
) -> Story:
    owner = launched.creator
    if scene.stage.rng.random() < 0.4:
        yield from cash_out(scene.stage, owner)
    attackers = list(dict.fromkeys([owner, *group.everybody]))
    victims, others = (scene.crowd, []) if harm else ([], scene.crowd)
    named = roles(attackers, victims, others, infrastructure=[launched.token, launched.pool])
    return scene.end(named, note, harm, also)
