"""Spam tokens: thrown into many wallets unasked, with a name that leads to a page where one pays to claim.

Some pretend to be a listed token: where the symbol reads like that one's, it is token impersonation too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ingest.localchain.chain.actions import DEPLOY_GAS, Asset, Transaction, mint, pay
from ingest.localchain.chain.artifacts import TOKEN, Own
from ingest.localchain.chain.wallet import Address, call_data
from ingest.localchain.protocols.disperse import Disperse, disperse_token
from ingest.localchain.story_parts import spam_names as leaflets
from ingest.localchain.story_parts.accomplices import swindler
from ingest.localchain.story_parts.funding import between
from ingest.localchain.story_parts.scene import Scene
from ingest.localchain.world.clock import DAY, HOUR
from ingest.localchain.world.coins import title
from ingest.localchain.world.stage import ETHER, Acts, Outcome, Stage, Story, roles

CATEGORY = "spam-token"
WARM_UP = 22
LONGEST = 24
NIGHTS = 1

_FLYER = Own("flyer", "Flyer", ("string", "string"))
_FORGED = Own("flyer", "ForgedFlyer", ("string", "string", "address"))
_DESK = Own("flyer", "ClaimDesk")
_TWIN = ("token-impersonation",)
_FALLS_FOR_IT = 0.5
_THROW_FAILS = 0.12
_ENOUGH_GAS = (100_000, 60_000)
_TOO_LITTLE_GAS = (60_000, 1_000)
"""For a throw, and for each recipient: enough for the call data and for no more than one of them."""
_A_THROW = 100
"""Recipients in one transaction, at the most."""


def in_one_call(stage: Stage) -> Story:
    """The token's own function throws it to dozens or hundreds in one call each."""
    scene, sender, crowd = yield from _begin(stage, (30, 300))
    name, symbol = leaflets.claim(stage.rng)
    token = yield from _deploy(scene, sender, _FLYER.deployment(name, symbol))
    yield from _throw(scene, sender, token, crowd)
    return (yield from _claims(scene, sender, token, token, crowd))


def one_by_one(stage: Stage) -> Story:
    """An ordinary token, sent to each in a transaction of its own; a page elsewhere takes the money."""
    scene, sender, crowd = yield from _begin(stage, (6, 40))
    token = yield from _deploy(scene, sender, TOKEN.deployment(*leaflets.claim(stage.rng)))
    desk = yield from _deploy(scene, sender, _DESK.deployment())
    amount = round(between(stage, 1, 10**6)) * ETHER
    yield from scene.play([mint(token, sender, sender, amount * len(crowd))])
    size = stage.rng.randint(3, 12)
    gifts = [pay(Asset("", token, 0), sender, person, amount) for person in crowd]
    for start in range(0, len(gifts), size):
        yield from scene.play(gifts[start : start + size])
    return (yield from _claims(scene, sender, token, desk, crowd))


def dispersed(stage: Stage) -> Story:
    """The contract that honest payrolls and airdrops use distributes it, to few at a time, over days."""
    scene, sender, crowd = yield from _begin(stage, (12, 120))
    token = yield from _deploy(scene, sender, TOKEN.deployment(*leaflets.claim(stage.rng)))
    desk = yield from _deploy(scene, sender, _DESK.deployment())
    disperse, amount = stage.world.of(Disperse), round(between(stage, 1, 10**5)) * ETHER
    allow = call_data("approve(address,uint256)", disperse.contract, 2**256 - 1)
    yield from scene.play(
        [mint(token, sender, sender, amount * len(crowd)), Transaction(sender, token, allow)]
    )
    half = len(crowd) // 2
    yield from scene.play([disperse_token(disperse, token, sender, dict.fromkeys(crowd[:half], amount))])
    yield from scene.overnight(round(between(stage, HOUR, 4 * DAY)))
    yield from scene.play([disperse_token(disperse, token, sender, dict.fromkeys(crowd[half:], amount))])
    return (yield from _claims(scene, sender, token, desk, crowd))


def forged_sender(stage: Stage) -> Story:
    """The events name the exchange as sender, which knows nothing of it."""
    scene, sender, crowd = yield from _begin(stage, (20, 200))
    name, symbol = leaflets.claim(stage.rng)
    token = yield from _deploy(scene, sender, _FORGED.deployment(name, symbol, stage.exchange.hot))
    yield from _throw(scene, sender, token, crowd)
    return (yield from _claims(scene, sender, token, token, crowd))


def poisoned_name(stage: Stage) -> Story:
    """The name attacks whoever shows it: markup, direction marks, thousands of characters."""
    scene, sender, crowd = yield from _begin(stage, (10, 120))
    name, symbol = leaflets.hostile(stage.rng)
    token = yield from _deploy(scene, sender, _FLYER.deployment(name, symbol))
    yield from _throw(scene, sender, token, crowd)
    return (yield from _claims(scene, sender, token, token, crowd))


def innocent_name(stage: Stage) -> Story:
    """A name like any project's, no link, to a handful of busy wallets. The page is found anyway."""
    scene, sender, crowd = yield from _begin(stage, (5, 15))
    token = yield from _deploy(scene, sender, _FLYER.deployment(*title(stage.rng)))
    yield from _throw(scene, sender, token, crowd)
    return (yield from _claims(scene, sender, token, token, crowd))


VARIANTS = {
    "in_one_call": in_one_call,
    "one_by_one": one_by_one,
    "dispersed": dispersed,
    "forged_sender": forged_sender,
    "poisoned_name": poisoned_name,
    "innocent_name": innocent_name,
}


def _begin(stage: Stage, recipients: tuple[int, int]) -> Acts:
    """The scene with up to three people who may pay, the sender, and everybody it is thrown to."""
    sender = yield from swindler(stage, stage.ether(0.6, 3))
    scene = Scene(stage)
    if stage.rng.random() < _FALLS_FOR_IT:
        yield from scene.gather(stage.rng.randint(1, 3), between(stage, 150, 4_000))
    count = round(between(stage, *recipients))
    people = [person.address for person in stage.cast.active(stage.rng, count)]
    strangers = [stage.fresh() for _ in range(count - len(people))]
    everybody = list(dict.fromkeys([*scene.crowd, *people, *strangers]))
    stage.rng.shuffle(everybody)
    return scene, sender, everybody


def _deploy(scene: Scene, sender: Address, code: str) -> Acts:
    (deployed,) = yield from scene.play([Transaction(sender, None, code, gas=2 * DEPLOY_GAS)])
    assert deployed.created is not None
    return deployed.created


def _throw(scene: Scene, sender: Address, token: Address, crowd: Sequence[Address]) -> Acts:
    """To everybody, in as many calls as needed, a few blocks apart. At times too little gas is given."""
    amount = round(between(scene.stage, 1, 10**6)) * ETHER
    fails = scene.stage.rng.random() < _THROW_FAILS
    for start in range(0, len(crowd), _A_THROW):
        part = list(crowd[start : start + _A_THROW])
        call, each = _TOO_LITTLE_GAS if fails else _ENOUGH_GAS
        data = call_data("airdrop(address[],uint256)", part, amount)
        yield from scene.play([Transaction(sender, token, data, gas=call + each * len(part))])
        yield from scene.pause(2)


def _claims(scene: Scene, sender: Address, token: Address, desk: Address, crowd: Sequence[Address]) -> Story:
    """Some look at the page that the name leads to, and pay a "fee" to claim what is worth nothing."""
    stage, harm = scene.stage, None
    got = stage.miner.holdings((Asset("", token, 0), person) for person in crowd)
    if not any(got):
        stage.cast.release(scene.crowd)
        return _end(scene, sender, token, desk, (), None)
    yield from scene.pause(3)
    for victim in scene.crowd:
        fee = min(int(between(stage, 0.003, 1) * ETHER), stage.spendable(victim, 300_000) // 2)
        claim = Transaction(victim, desk, call_data("claim()"), fee, 150_000)
        (paid,) = yield from scene.play([claim])
        harm = harm or paid.hash
        yield from scene.pause(1)
    return _end(scene, sender, token, desk, [p for p, n in zip(crowd, got, strict=True) if n], harm)


def _end(
    scene: Scene, sender: Address, token: Address, desk: Address, reached: Sequence[Address], harm: str | None
) -> Outcome:
    """Thrown is done, whether or not somebody paid; it fails where it reached nobody."""
    places = list(dict.fromkeys([token, desk]))
    payers = scene.crowd if harm else []
    note = f"thrown to {len(reached)} wallets, {len(payers)} of them paid to claim"
    also = _TWIN if _reads_like_a_listed_one(scene.stage, token) else ()
    ended = scene.end(roles([sender], payers, infrastructure=places), note, harm, also)
    return replace(ended, succeeded=bool(reached))


def _reads_like_a_listed_one(stage: Stage, token: Address) -> bool:
    answer = stage.miner.ask(token, "symbol()")
    symbol = answer[64 : 64 + int.from_bytes(answer[32:64], "big")].decode()
    return leaflets.trades_on(symbol, [asset.symbol for asset in (*stage.world.tokens, stage.world.wrapped)])
