"""Token impersonation: a token whose name reads like a listed one's, bought or taken for it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from ingest.localchain.chain.actions import Asset, pay
from ingest.localchain.story_parts import lookalike_names as disguises
from ingest.localchain.story_parts.accomplices import cash_out, swindler
from ingest.localchain.story_parts.funding import between
from ingest.localchain.story_parts.scene import Scene
from ingest.localchain.story_parts.token_launches import Launch, issue, launch, sales, trickle, withdrawal
from ingest.localchain.world.clock import DAY, HOUR
from ingest.localchain.world.coins import DECIMAL_TOKEN, FEE_TOKEN, Coin, plain_coin
from ingest.localchain.world.stage import ETHER, Acts, Stage, Story, roles
from ingest.localchain.world.world import ETH

CATEGORY = "token-impersonation"
WARM_UP = 22
LONGEST = 30
NIGHTS = 1

_NOBODY_COMES = 0.15
_FULL_NAMES = {
    "USDC": "USD Coin", "USDT": "Tether USD", "DAI": "Dai Stablecoin", "LINK": "ChainLink Token",
    "WBTC": "Wrapped BTC", "WETH": "Wrapped Ether",
}  # fmt: skip

Disguise = Callable[[Random, str], str]


def foreign_letters(stage: Stage) -> Story:
    """Letters of another script that are drawn alike."""
    return (yield from _sold_in_a_pool(stage, disguises.foreign_letters, "letters of another script"))


def fullwidth(stage: Stage) -> Story:
    """Fullwidth letters."""
    return (yield from _sold_in_a_pool(stage, disguises.fullwidth, "fullwidth letters"))


def invisible(stage: Stage) -> Story:
    """Characters that nobody sees."""
    return (yield from _sold_in_a_pool(stage, disguises.invisible, "zero-width characters"))


def case_tricks(stage: Stage) -> Story:
    """l for I, 0 for O, small letters for capitals."""
    return (yield from _sold_in_a_pool(stage, disguises.case_tricks, "letters that look alike"))


def namesake(stage: Stage) -> Story:
    """The very same name and symbol, at another address."""
    return (yield from _sold_in_a_pool(stage, _unchanged, "the same name and symbol"))


def handed_over(stage: Stage) -> Story:
    """Deals between two: the swindler sends false coins first, and the other pays native value for them."""
    scene, swindling = yield from _begin(stage, stage.ether(0.3, 2))
    disguise = stage.rng.choice((disguises.foreign_letters, disguises.fullwidth, disguises.invisible))
    coin, real = _false_coin(stage, disguise)
    issued = yield from issue(scene, swindling, coin)
    harm = None
    for victim in scene.crowd:
        wei = int(stage.spendable(victim, 200_000) * between(stage, 0.05, 0.7))
        amount = int(real.units(ETH.usd(wei)) * stage.rng.uniform(1, 1.1))
        yield from scene.play([pay(Asset("", issued.token, 0), swindling, victim, amount)])
        yield from scene.pause(1)
        (paid,) = yield from scene.play([scene.payment(ETH, victim, swindling, wei)])
        harm = harm or paid.hash
    return (yield from _end(scene, issued, f"false {real.symbol} handed over for native value", harm))


VARIANTS = {
    "foreign_letters": foreign_letters,
    "fullwidth": fullwidth,
    "invisible": invisible,
    "case_tricks": case_tricks,
    "namesake": namesake,
    "handed_over": handed_over,
}


def _sold_in_a_pool(stage: Stage, disguise: Disguise, how: str) -> Story:
    """A pool of false coins is opened; people buy them for the real ones, and the native value goes out: a
    rug pull too.
    """
    wei = int(between(stage, 0.5, 30) * ETHER)
    scene, swindling = yield from _begin(stage, wei + ETHER)
    coin, real = _false_coin(stage, disguise)
    pooled = stage.rng.uniform(0.2, 0.9)
    launched = yield from launch(scene, swindling, coin, pooled, wei)
    bought = yield from trickle(scene, launched, scene.crowd, stage.rng.randint(1, 5))
    if stage.rng.random() < 0.35:
        yield from scene.overnight(round(between(stage, HOUR, 10 * DAY)))
    if stage.rng.random() < 0.5:
        yield from scene.play(sales(stage, launched, [swindling]))
    held = stage.holding(launched.liquidity, swindling)
    yield from scene.play(withdrawal(stage.world, swindling, launched, held))
    harm = bought[0].hash if bought else None
    note = f"a false {real.symbol} with {how}, bought from a pool"
    return (yield from _end(scene, launched, note, harm, ("rug-pull",)))


def _begin(stage: Stage, wei: int) -> Acts:
    """The scene with those who will be taken in (at times nobody), and the swindler."""
    swindling = yield from swindler(stage, wei)
    scene = Scene(stage)
    if stage.rng.random() >= _NOBODY_COMES:
        yield from scene.gather(round(between(stage, 1.5, 8)), between(stage, 150, 8_000))
    return scene, swindling


def _false_coin(stage: Stage, disguise: Disguise) -> tuple[Coin, Asset]:
    """Symbol, name or both are disguised; the code is any that tokens have."""
    named = [asset for asset in (*stage.world.tokens, stage.world.wrapped) if asset.symbol in _FULL_NAMES]
    real = stage.rng.choice(named)
    symbol, name = disguise(stage.rng, real.symbol), _FULL_NAMES[real.symbol]
    if stage.rng.random() < 0.5:
        name = disguise(stage.rng, name)
    kind = stage.rng.choice(("plain", "decimals", "fee"))
    supply = 10 ** stage.rng.randint(6, 9) * real.one
    if kind == "plain" and real.decimals == 18:
        return plain_coin(name, symbol, supply), real
    if kind == "fee" and real.decimals == 18:
        return Coin(name, symbol, FEE_TOKEN.deployment(name, symbol, supply, 0), supply), real
    code = DECIMAL_TOKEN.deployment(name, symbol, real.decimals)
    return Coin(name, symbol, code, supply, is_minted=True), real


def _unchanged(rng: Random, text: str) -> str:
    return text


def _end(scene: Scene, issued: Launch, note: str, harm: str | None, also: tuple[str, ...] = ()) -> Story:
    if scene.stage.rng.random() < 0.4:
        yield from cash_out(scene.stage, issued.creator)
    named = roles([issued.creator], scene.crowd, infrastructure=[issued.token, issued.pool])
    return scene.end(named, note if harm else f"{note}; nobody fell for it", harm, also)
