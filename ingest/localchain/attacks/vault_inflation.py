"""Vault inflation: the first depositor's gift makes a share dearer than what the next one deposits."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ingest.localchain.chain.actions import Asset, Transaction, approve, pay
from ingest.localchain.chain.contracts import call, create, created
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols.savings import OLD_VAULT, VAULT, deposit, redeem
from ingest.localchain.story_parts.attack_contracts import INFLATOR
from ingest.localchain.story_parts.attackers import assailant, look_ordinary
from ingest.localchain.story_parts.banks import builder
from ingest.localchain.story_parts.funding import between, people_with, withdrawal
from ingest.localchain.story_parts.random_draws import comes_to_nothing
from ingest.localchain.world.clock import DAY, HOUR
from ingest.localchain.world.stage import ETHER, Acts, Outcome, Stage, Story, hashes, roles, sleep, wait

CATEGORY = "vault-inflation"
WARM_UP = 25
LONGEST = 28
NIGHTS = 2

_LEAST_USD = (100, 20_000)
_GAS = 300_000


@dataclass(slots=True)
class _Trap:
    """`vault` keeps `asset`; each of `victims` is about to deposit `amounts` of it.

    `failing` says why nothing will come of it: "" where it works. `done` is what was done so far.
    """

    vault: Address
    asset: Asset
    victims: list[Address]
    amounts: list[int]
    thief: Address
    failing: str
    done: list[Mined]
    before: int = 0
    harm: str | None = None


def front_run(stage: Stage) -> Story:
    """The thief sees the first deposit coming, and is first with a unit and a gift, in the same block."""
    trap = yield from _trap(stage, 1)
    gift = _above(stage, trap.amounts[0])
    yield _from_exchange(stage, trap, gift)
    yield from look_ordinary(stage, trap.thief)
    bait = [*deposit(trap.vault, trap.asset, trap.thief, 1), pay(trap.asset, trap.thief, trap.vault, gift)]
    at_once = stage.rng.random() < 0.5
    ending = [_redeem_seed(trap)] if at_once else []
    yield from _fall_in(stage, trap, 0, bait, ending)
    if not at_once:
        yield from wait(stage.rng.randint(0, 4))
        trap.done += yield [_redeem_seed(trap)]
    return (yield from _ending(stage, trap, [trap.thief], "a gift just before the first deposit"))


def several_victims(stage: Stage) -> Story:
    """The gift is there hours or days before two to five people deposit; the thief redeems after the last."""
    trap = yield from _trap(stage, stage.rng.randint(2, 5))
    gift = _above(stage, max(trap.amounts))
    yield _from_exchange(stage, trap, gift)
    trap.done += yield deposit(trap.vault, trap.asset, trap.thief, 1)
    yield from wait(stage.rng.randint(0, 2))
    trap.done += yield [pay(trap.asset, trap.thief, trap.vault, gift)]
    yield from sleep(stage, stage.rng.randint(HOUR, 5 * DAY))
    for number in range(len(trap.victims)):
        yield from _fall_in(stage, trap, number)
        yield from wait(stage.rng.randint(0, 2))
    if stage.rng.random() < 0.5:
        yield from sleep(stage, stage.rng.randint(HOUR, 2 * DAY))
    trap.done += yield [_redeem_seed(trap)]
    note = f"a gift long before {len(trap.victims)} deposits"
    return (yield from _ending(stage, trap, [trap.thief], note))


def rounding(stage: Stage) -> Story:
    """The gift is smaller than the deposit, which still buys one share only: a part of it is lost."""
    trap = yield from _trap(stage, 1)
    gift = trap.amounts[0] * 100 // stage.rng.randint(110, 195)
    yield _from_exchange(stage, trap, gift)
    yield from look_ordinary(stage, trap.thief)
    trap.done += yield [
        *deposit(trap.vault, trap.asset, trap.thief, 1),
        pay(trap.asset, trap.thief, trap.vault, gift),
    ]
    yield from wait(stage.rng.randint(0, 3))
    yield from _fall_in(stage, trap, 0)
    yield from wait(stage.rng.randint(0, 3))
    trap.done += yield [_redeem_seed(trap)]
    return (
        yield from _ending(
            stage, trap, [trap.thief], "a gift smaller than the deposit, which is rounded down"
        )
    )


def by_contract(stage: Stage) -> Story:
    """A contract deposits a unit and gives in one transaction, waits, and takes everything out in another. It
    is deployed for the purpose: a suspicious contract too.
    """
    trap = yield from _trap(stage, stage.rng.randint(1, 3))
    gift = _above(stage, max(trap.amounts))
    yield _from_exchange(stage, trap, gift)
    trap.done += yield [create(trap.thief, INFLATOR, trap.vault)]
    contract = created(trap.done[-1])
    trap.done += yield [
        pay(trap.asset, trap.thief, contract, stage.holding(trap.asset, trap.thief)),
        call(trap.thief, contract, "inflate(uint256)", 1),
    ]
    if stage.rng.random() < 0.4:
        yield from sleep(stage, stage.rng.randint(HOUR, 3 * DAY))
    for number in range(len(trap.victims)):
        yield from _fall_in(stage, trap, number)
        yield from wait(stage.rng.randint(0, 2))
    trap.done += yield [call(trap.thief, contract, "collect()")]
    note = "a contract inflates the vault in one call"
    told: Outcome = yield from _ending(stage, trap, [trap.thief, contract], note)
    return replace(told, also=("suspicious-contract",))


VARIANTS = {
    "front_run": front_run,
    "several_victims": several_victims,
    "rounding": rounding,
    "by_contract": by_contract,
}


def _trap(stage: Stage, victims: int) -> Acts:
    """A new, empty vault, people who will deposit (they belong to this story), and the thief's wallet."""
    failing = ""
    if comes_to_nothing(stage.rng):
        failing = stage.rng.choice(("virtual shares", "careful", "nobody"))
    asset = stage.rng.choice(stage.world.tokens[:5])
    operator = yield from builder(stage)
    names = (asset.token, f"Vault of {asset.symbol}", f"v{asset.symbol}")
    code = (
        create(operator, VAULT, *names, 6)
        if failing == "virtual shares"
        else create(operator, OLD_VAULT, *names)
    )
    made = yield [code]
    people = yield from people_with(stage, victims, asset, between(stage, *_LEAST_USD))
    held = stage.miner.holdings((asset, person) for person in people)
    amounts = [amount * stage.rng.randint(30, 95) // 100 for amount in held]
    thief = yield from assailant(stage, ETHER)
    return _Trap(created(made[0]), asset, people, amounts, thief, failing, [])


def _above(stage: Stage, amount: int) -> int:
    """A gift that makes a share dearer than a deposit of `amount`, by up to half or by up to ten times."""
    factor = stage.rng.choice((between(stage, 1.01, 1.5), between(stage, 1.01, 10)))
    return amount * int(factor * 1_000) // 1_000


def _from_exchange(stage: Stage, trap: _Trap, gift: int) -> list[Transaction]:
    return withdrawal(stage, trap.thief, trap.asset, 1.001 * trap.asset.usd(gift) + 1)


def _fall_in(
    stage: Stage,
    trap: _Trap,
    number: int,
    before: list[Transaction] | None = None,
    after: list[Transaction] | None = None,
) -> Acts:
    """A victim deposits, with what the thief does around it in the same block; nobody where none comes."""
    victim, amount = trap.victims[number], trap.amounts[number]
    own = [approve(trap.asset.token, victim, trap.vault, amount), _deposit(trap, victim, amount)]
    bait, reaping = before or [], after or []
    if trap.failing == "nobody":
        trap.done += yield [*bait, *reaping]
        return
    trap.before += stage.holding(trap.asset, victim)
    mined = yield [*bait, *own, *reaping]
    fatal = mined[len(bait) + 1]
    if not trap.failing:
        trap.harm = trap.harm or fatal.hash
    trap.done += mined


def _deposit(trap: _Trap, victim: Address, amount: int) -> Transaction:
    """A careful depositor states how many shares an empty vault gives for it."""
    if trap.failing == "careful":
        signature = "depositForAtLeast(uint256,address,uint256)"
        return call(victim, trap.vault, signature, amount, victim, amount, gas=_GAS)
    return call(victim, trap.vault, "deposit(uint256,address)", amount, victim, gas=_GAS)


def _redeem_seed(trap: _Trap) -> Transaction:
    """What one unit bought, when the vault was empty."""
    return redeem(trap.vault, trap.thief, 10**6 if trap.failing == "virtual shares" else 1)


def _ending(stage: Stage, trap: _Trap, attackers: list[Address], note: str) -> Story:
    """Those who got shares redeem them; what they lack then is the loss."""
    shares = [stage.miner.number(trap.vault, "balanceOf(address)", victim) for victim in trap.victims]
    if any(shares):
        trap.done += yield [redeem(trap.vault, v, n) for v, n in zip(trap.victims, shares, strict=True) if n]
    after = sum(stage.miner.holdings((trap.asset, victim) for victim in trap.victims))
    stage.cast.release(trap.victims)
    stage.cast.leave([trap.thief])
    named = roles(attackers, trap.victims, infrastructure=[trap.vault])
    if trap.failing:
        return Outcome(hashes(trap.done), named, f"{note}; in vain: {trap.failing}", succeeded=False)
    return Outcome(hashes(trap.done), named, note, trap.harm, trap.asset.usd(trap.before - after))
