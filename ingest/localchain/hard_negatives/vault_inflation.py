"""Honest vaults whose shares become dearer: by earnings, by gifts, by a founder who goes first."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.localchain.chain.actions import Asset, Transaction, pay
from ingest.localchain.chain.contracts import create, created
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols.savings import OLD_VAULT, VAULT, deposit, earn, redeem
from ingest.localchain.story_parts.banks import builder
from ingest.localchain.story_parts.funding import between, people_with, withdrawal
from ingest.localchain.world.clock import DAY, HOUR
from ingest.localchain.world.stage import Acts, Outcome, Stage, Story, hashes, roles, sleep, wait

CATEGORY = "vault-inflation"
WARM_UP = 25
LONGEST = 28
NIGHTS = 2

_DEAD = "0x000000000000000000000000000000000000dead"
_LEAST_USD = (100, 20_000)


@dataclass(frozen=True, slots=True)
class _House:
    """An empty vault, its operator, and people who are about to deposit, who belong to this story."""

    vault: Address
    asset: Asset
    operator: Address
    people: list[Address]


def yield_accrual(stage: Stage) -> Story:
    """The operator pays in earnings, hours or days apart; depositors redeem more than they put in."""
    house = yield from _house(stage, stage.rng.randint(2, 5), is_old=stage.rng.random() < 0.5)
    done = yield from _all_deposit(stage, house)
    earned = yield from _operators_money(stage, house, between(stage, 50, 50_000))
    times = stage.rng.randint(2, 4)
    for number in range(times):
        done += yield earn(house.vault, house.asset, house.operator, earned // times)
        if number < NIGHTS:
            yield from sleep(stage, stage.rng.randint(HOUR, 7 * DAY))
    return (yield from _all_redeem(stage, house, done, f"earnings paid in {times} times"))


def gift(stage: Stage) -> Story:
    """A treasury gives to a vault that is in use: as much as a hundredth or ten times of what is in it."""
    house = yield from _house(stage, stage.rng.randint(2, 4), is_old=stage.rng.random() < 0.5)
    done = yield from _all_deposit(stage, house)
    giver = yield from builder(stage)
    held = house.asset.usd(stage.holding(house.asset, house.vault))
    yield withdrawal(stage, giver, house.asset, held * between(stage, 0.01, 10))
    done += yield [pay(house.asset, giver, house.vault, stage.holding(house.asset, giver))]
    yield from wait(stage.rng.randint(1, 4))
    return (yield from _all_redeem(stage, house, done, "a gift to a vault in use", giver))


def founder_first(stage: Stage) -> Story:
    """The operator deposits first, burns the shares so that nobody can do harm, and gives a bonus."""
    house = yield from _house(stage, stage.rng.randint(1, 4), is_old=True)
    bonus = yield from _operators_money(stage, house, between(stage, 20, 5_000))
    done: list[Mined] = yield deposit(house.vault, house.asset, house.operator, bonus // 2)
    done += yield [pay(Asset("", house.vault, 0), house.operator, _DEAD, bonus // 2)]
    done += yield [pay(house.asset, house.operator, house.vault, bonus // 2)]
    yield from wait(stage.rng.randint(0, 3))
    done += yield from _all_deposit(stage, house)
    yield from wait(stage.rng.randint(1, 4))
    return (yield from _all_redeem(stage, house, done, "the operator goes first and burns the shares"))


def lone_saver(stage: Stage) -> Story:
    """The first depositor stays the only one, earns, and takes all of it out: the vault is empty again."""
    house = yield from _house(stage, 1, is_old=True)
    done = yield from _all_deposit(stage, house)
    earned = yield from _operators_money(stage, house, between(stage, 5, 5_000))
    done += yield earn(house.vault, house.asset, house.operator, earned)
    yield from sleep(stage, stage.rng.randint(HOUR, 7 * DAY))
    return (yield from _all_redeem(stage, house, done, "the only depositor earns and leaves"))


VARIANTS = {
    "yield_accrual": yield_accrual,
    "gift": gift,
    "founder_first": founder_first,
    "lone_saver": lone_saver,
}


def _house(stage: Stage, depositors: int, is_old: bool) -> Acts:
    asset = stage.rng.choice(stage.world.tokens[:5])
    operator = yield from builder(stage)
    names = (asset.token, f"House of {asset.symbol}", f"o{asset.symbol}")
    made = yield [create(operator, OLD_VAULT, *names) if is_old else create(operator, VAULT, *names, 3)]
    people = yield from people_with(stage, depositors, asset, between(stage, *_LEAST_USD))
    return _House(created(made[0]), asset, operator, people)


def _operators_money(stage: Stage, house: _House, usd: float) -> Acts:
    """Withdrawn from the exchange; how much it is, in token units."""
    yield withdrawal(stage, house.operator, house.asset, usd)
    return stage.holding(house.asset, house.operator)


def _all_deposit(stage: Stage, house: _House) -> Acts:
    """One after the other, each between a third and nearly all of what they hold."""
    done: list[Mined] = []
    for person in house.people:
        amount = stage.holding(house.asset, person) * stage.rng.randint(30, 95) // 100
        done += yield deposit(house.vault, house.asset, person, amount)
        yield from wait(stage.rng.randint(0, 1))
    return done


def _all_redeem(
    stage: Stage, house: _House, done: list[Mined], note: str, giver: Address | None = None
) -> Story:
    """Everybody takes out what is theirs, over a few blocks."""
    for person in house.people:
        done += yield [_all_of(stage, house, person)]
    stage.cast.release(house.people)
    institutions = [house.vault, house.operator, *([giver] if giver else [])]
    return Outcome(hashes(done), roles(intermediaries=house.people, infrastructure=institutions), note)


def _all_of(stage: Stage, house: _House, person: Address) -> Transaction:
    return redeem(house.vault, person, stage.miner.number(house.vault, "balanceOf(address)", person))
