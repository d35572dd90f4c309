"""Tokens that may be called like a listed one, or nearly so: bridged and wrapped versions, similar brands."""

from __future__ import annotations

from ingest.localchain.chain.actions import Asset, Transaction, unwrap, wrap
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols.token_zoo import TokenZoo, bridge_in, bridge_out
from ingest.localchain.story_parts.funding import between, fund
from ingest.localchain.story_parts.scene import Scene
from ingest.localchain.story_parts.token_launches import TRADE_GAS, launch, market, purchase, sale
from ingest.localchain.world.coins import Coin, plain_coin, usual_supply
from ingest.localchain.world.stage import ETHER, Acts, Stage, Story, roles

CATEGORY = "token-impersonation"
WARM_UP = 22
LONGEST = 24

_SIMILAR = (
    ("USD Digital", "USDD"), ("Savings Dai", "sDAI"), ("LinkPool", "LINKA"), ("Wrapped Bitcoin Cash", "WBCH"),
    ("USDT Gold", "XAUT"), ("Daily", "DAILY"), ("Welsh Ether", "WELSH"), ("USD Carbon", "USDX"),
)  # fmt: skip


def bridged(stage: Stage) -> Story:
    """A listed dollar's version from another chain, under the same name: bought, paid with, bridged back."""
    zoo = stage.world.of(TokenZoo)
    scene, asset = Scene(stage), stage.rng.choice(zoo.bridged)
    yield from scene.gather(stage.rng.randint(4, 9), between(stage, 200, 4_000))
    half = len(scene.crowd) // 2
    arriving = [(person, asset.units(between(stage, 50, 5_000))) for person in scene.crowd[:half]]
    yield from scene.play([bridge_in(asset.token, zoo.keeper, p, amount) for p, amount in arriving])
    yield from scene.play([_purchase(stage, person, asset) for person in scene.crowd[half:]])
    yield from _pay_each_other(scene, asset)
    leaving = stage.rng.sample(scene.crowd, half)
    held = stage.miner.holdings((asset, person) for person in leaving)
    back = [(p, n // 2) for p, n in zip(leaving, held, strict=True) if n > 1]
    yield from scene.play([bridge_out(asset.token, person, amount) for person, amount in back])
    yield from scene.play([t for p, n in back[:2] for t in sale(stage.world, p, asset.token, n // 2)])
    named = roles(intermediaries=scene.crowd, infrastructure=[zoo.keeper, asset.token])
    return scene.end_honest(named, f"a bridged {asset.symbol}, listed as such, in everyday use")


def wrapped(stage: Stage) -> Story:
    """Native value is wrapped, paid with and unwrapped; the token is called nearly like it."""
    scene, weth = Scene(stage), stage.world.weth
    yield from scene.gather(stage.rng.randint(3, 8), between(stage, 200, 4_000))
    room = {p: int(stage.spendable(p, 4 * TRADE_GAS) * between(stage, 0.02, 0.5)) for p in scene.crowd}
    yield from scene.play([wrap(weth, person, wei) for person, wei in room.items() if wei > 0])
    yield from scene.pause(2)
    yield from _pay_each_other(scene, stage.world.wrapped)
    yield from scene.pause(2)
    held = stage.miner.holdings((stage.world.wrapped, person) for person in scene.crowd)
    yield from scene.play([unwrap(weth, p, n) for p, n in zip(scene.crowd, held, strict=True) if n])
    named = roles(intermediaries=scene.crowd, infrastructure=[weth])
    return scene.end_honest(named, f"{len(scene.crowd)} people wrap and unwrap native value")


def similar_brand(stage: Stage) -> Story:
    """An honest project whose name shares letters with a listed token's, and is another word."""
    name, symbol = stage.rng.choice(_SIMILAR)
    coin: Coin = plain_coin(name, symbol, usual_supply(stage.rng))
    wei, creator = int(between(stage, 4, 100) * ETHER), stage.fresh()
    yield from fund(stage, creator, wei + ETHER)
    scene = Scene(stage)
    yield from scene.gather(stage.rng.randint(3, 9), between(stage, 200, 4_000))
    launched = yield from launch(scene, creator, coin, stage.rng.uniform(0.5, 0.9), wei)
    yield from market(scene, launched, stage.rng.randint(2, 4))
    named = roles(intermediaries=scene.crowd, infrastructure=[creator, launched.token, launched.pool])
    return scene.end_honest(named, f"an honest token called {symbol}")


VARIANTS = {"bridged": bridged, "wrapped": wrapped, "similar_brand": similar_brand}


def _purchase(stage: Stage, buyer: Address, asset: Asset) -> Transaction:
    wei = int(stage.spendable(buyer, 4 * TRADE_GAS) * between(stage, 0.05, 0.6))
    return purchase(stage.world, buyer, asset.token, wei)


def _pay_each_other(scene: Scene, asset: Asset) -> Acts:
    """Each of the crowd who holds some pays a part of it to the next one."""
    stage = scene.stage
    held = stage.miner.holdings((asset, person) for person in scene.crowd)
    nexts = [*scene.crowd[1:], scene.crowd[0]]
    rows = zip(scene.crowd, nexts, held, strict=True)
    parts = [(a, b, n // stage.rng.randint(2, 9)) for a, b, n in rows]
    yield from scene.play([scene.payment(asset, a, b, n) for a, b, n in parts if n])
