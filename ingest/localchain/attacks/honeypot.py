"""Honeypots: a token that anybody can buy and, from some moment on, only those who made it can sell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ingest.localchain.chain.actions import Transaction
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import call_data
from ingest.localchain.story_parts.accomplices import Ring, cash_out, ring, swindler
from ingest.localchain.story_parts.funding import between
from ingest.localchain.story_parts.scene import Scene
from ingest.localchain.story_parts.token_launches import (
    TRADE_GAS,
    Launch,
    launch,
    purchases,
    sales,
    trickle,
    withdrawal,
)
from ingest.localchain.world.clock import DAY, HOUR
from ingest.localchain.world.coins import Coin, title, usual_supply
from ingest.localchain.world.stage import ETHER, Acts, Stage, Story, roles

CATEGORY = "honeypot"
WARM_UP = 22
LONGEST = 30
NIGHTS = 1

_NOBODY_COMES = 0.15
_OWNER_GAS = 1_000_000

Shut = Callable[[Scene, Launch], list[Transaction]]


@dataclass(frozen=True, slots=True)
class _Trap:
    """A contract of `trap.sol` with its last constructor argument.

    `shut`: the owner's call that blocks sales. None: they are blocked for whoever buys, from the first
    purchase or, where `buyers` is given, when so many have bought.
    """

    contract: str
    takes: str
    argument: object
    note: str
    shut: Shut | None = None
    buyers: int = 1


def blacklist(stage: Stage) -> Story:
    """Buyers are blacklisted as they buy, or by their names afterwards."""
    if stage.rng.random() < 0.5:
        return (yield from _tell(stage, _Trap("BlacklistTrap", "bool", True, "who buys is blacklisted")))
    trap = _Trap("BlacklistTrap", "bool", False, "all buyers were blacklisted", _name_buyers)
    return (yield from _tell(stage, trap))


def sell_tax(stage: Stage) -> Story:
    """99 or 100 % of a sale goes to the owner, from the beginning or when enough have bought."""
    percent = stage.rng.choice((99, 100))
    if stage.rng.random() < 0.5:
        note = f"{percent} % tax on sales"
        return (yield from _tell(stage, _Trap("TaxTrap", "uint256", percent, note)))
    raise_it = _call("setTax(uint256)", percent)
    note = f"the tax on sales was raised to {percent} %"
    return (yield from _tell(stage, _Trap("TaxTrap", "uint256", stage.rng.randint(0, 5), note, raise_it)))


def max_sell(stage: Stage) -> Story:
    """The most that may be sold at once is next to nothing, or comes to be."""
    limit = round(between(stage, 1, 10**12))
    if stage.rng.random() < 0.5:
        return (yield from _tell(stage, _Trap("LimitTrap", "uint256", limit, "sales limited to dust")))
    note = "the limit of sales was lowered to dust"
    lower = _call("setMaxTransaction(uint256)", limit)
    return (yield from _tell(stage, _Trap("LimitTrap", "uint256", 2**255, note, lower)))


def switch(stage: Stage) -> Story:
    """Sales work until so many have bought, or until the owner switches them off."""
    if stage.rng.random() < 0.5:
        buyers = stage.rng.randint(1, 4)
        note = f"sales stopped by themselves after {buyers} buyers"
        return (yield from _tell(stage, _Trap("SwitchTrap", "uint256", buyers, note, buyers=buyers)))
    note = "the owner switched sales off"
    off = _call("setSwapEnabled(bool)", False)
    return (yield from _tell(stage, _Trap("SwitchTrap", "uint256", 0, note, off)))


VARIANTS = {"blacklist": blacklist, "sell_tax": sell_tax, "max_sell": max_sell, "switch": switch}


def _tell(stage: Stage, trap: _Trap) -> Story:
    """The trap opens, people walk in and find that they cannot sell; insiders can, and take the rest."""
    wei = int(between(stage, 0.8, 60) * ETHER)
    owner = yield from swindler(stage, wei + ETHER)
    scene = Scene(stage)
    if stage.rng.random() >= _NOBODY_COMES:
        least = max(3, trap.buyers + 1)
        yield from scene.gather(round(between(stage, least, 16)), between(stage, 150, 6_000))
    group = yield from _insiders(scene, wei)
    name, symbol = title(stage.rng)
    supply = usual_supply(stage.rng)
    own = Own("trap", trap.contract, ("string", "string", "uint256", trap.takes))
    coin = Coin(name, symbol, own.deployment(name, symbol, supply, trap.argument), supply)
    launched = yield from launch(scene, owner, coin, stage.rng.uniform(0.7, 1), wei)
    yield from scene.play([_open(launched, group)])
    if group.wallets:
        yield from scene.play(purchases(stage, launched, group.wallets, (0.7, 0.95)))
    harm = yield from _walk_in(scene, launched, trap)
    yield from _try_to_sell(scene, launched)
    if stage.rng.random() < 0.35:
        yield from scene.overnight(round(between(stage, HOUR, 15 * DAY)))
    is_pulled = yield from _leave(scene, launched, group)
    return (yield from _end(scene, launched, group, trap.note, harm, ("rug-pull",) if is_pulled else ()))


def _insiders(scene: Scene, wei: int) -> Acts:
    """Up to four wallets, which will put a share of what is in the pool into it, or none."""
    stage = scene.stage
    stake = int(wei * between(stage, 0.02, 0.3)) + stage.miner.fee(6 * TRADE_GAS)
    if stage.rng.random() < 0.4:
        return Ring([])
    group = yield from ring(stage, stage.rng.randint(1, 4), stake)
    scene.done += group.done
    return group


def _open(launched: Launch, group: Ring) -> Transaction:
    data = call_data("openTrading(address,address[])", launched.pool, group.wallets)
    return Transaction(launched.creator, launched.token, data, gas=_OWNER_GAS)


def _walk_in(scene: Scene, launched: Launch, trap: _Trap) -> Acts:
    """People buy; gives the hash from which on their money is stuck, None where nobody came."""
    stage, blocks = scene.stage, scene.stage.rng.randint(1, 4)
    if trap.shut is None:
        bought: list[Mined] = yield from trickle(scene, launched, scene.crowd, blocks)
        return bought[trap.buyers - 1].hash if bought else None
    early = len(scene.crowd) // 2
    yield from trickle(scene, launched, scene.crowd[:early], max(1, blocks // 2))
    yield from scene.play(sales(stage, launched, scene.crowd[:1], 0.3))
    shut = yield from scene.play(trap.shut(scene, launched))
    yield from trickle(scene, launched, scene.crowd[early:], max(1, blocks // 2))
    if trap.shut is _name_buyers:
        yield from scene.play(trap.shut(scene, launched))
    return shut[0].hash if scene.crowd else None


def _try_to_sell(scene: Scene, launched: Launch) -> Acts:
    """Some want out, a few of them twice."""
    for _ in range(scene.stage.rng.randint(1, 2)):
        count = min(len(scene.crowd), scene.stage.rng.randint(1, 5))
        yield from scene.play(sales(scene.stage, launched, scene.stage.rng.sample(scene.crowd, count)))


def _leave(scene: Scene, launched: Launch, group: Ring) -> Acts:
    """Insiders sell; the owner mostly takes the liquidity out as well, and else keeps it for more victims.
    Whether it was taken out: then the story is a rug pull too.
    """
    stage, owner = scene.stage, launched.creator
    yield from scene.play(sales(stage, launched, group.wallets))
    if stage.rng.random() < 0.7:
        held = stage.holding(launched.liquidity, owner)
        yield from scene.play(withdrawal(stage.world, owner, launched, held))
        return True
    return False


def _end(
    scene: Scene, launched: Launch, group: Ring, note: str, harm: str | None, also: tuple[str, ...]
) -> Story:
    if scene.stage.rng.random() < 0.4:
        yield from cash_out(scene.stage, launched.creator)
    attackers = list(dict.fromkeys([launched.creator, *group.everybody]))
    named = roles(attackers, scene.crowd, infrastructure=[launched.token, launched.pool])
    return scene.end(named, note if harm else f"{note}; nobody had bought", harm, also)


def _call(signature: str, argument: object) -> Shut:
    def shut(scene: Scene, launched: Launch) -> list[Transaction]:
        return [Transaction(launched.creator, launched.token, call_data(signature, argument))]

    return shut


def _name_buyers(scene: Scene, launched: Launch) -> list[Transaction]:
    """Whoever of the crowd holds the token goes onto its list of bots."""
    held = scene.stage.miner.holdings((launched.asset, person) for person in scene.crowd)
    holders = [person for person, amount in zip(scene.crowd, held, strict=True) if amount]
    data = call_data("setBots(address[])", holders)
    return [Transaction(launched.creator, launched.token, data, gas=_OWNER_GAS)]
