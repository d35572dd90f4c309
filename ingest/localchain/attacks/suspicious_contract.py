"""Suspicious contracts: code made to rob another contract, deployed by a wallet with brand-new money.

In about half of the stories it is used, minutes to days later; then the attack that it was made for takes
place, and the story is of that category too (`does` in `attack_contracts`), also where it is in vain. Where
the deployer's money came out of the mixer, it is a mixer flow too: the contract is what that money touches
next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ingest.localchain.chain import artifacts
from ingest.localchain.chain.actions import DEPLOY_GAS, PLAIN_GAS, Transaction, pay
from ingest.localchain.chain.contracts import create, created
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols.mixer import Mixer, deposit, withdraw
from ingest.localchain.story_parts.attack_contracts import (
    Blow,
    Weapon,
    bank_raider,
    flash_voter,
    hook_raider,
    siphon,
    vault_inflator,
)
from ingest.localchain.story_parts.attackers import look_ordinary
from ingest.localchain.story_parts.random_draws import comes_to_nothing
from ingest.localchain.world.clock import DAY, HOUR
from ingest.localchain.world.stage import ETHER, Acts, Outcome, Stage, Story, hashes, roles, sleep, wait
from ingest.localchain.world.world import ETH

CATEGORY = "suspicious-contract"
WARM_UP = 25
LONGEST = 30
NIGHTS = 2

_USED = 0.5
_DEPLOYMENT_GAS = 3 * DEPLOY_GAS

_Arm = Callable[[Stage, bool], Acts]


def raider(stage: Stage) -> Story:
    """It would enter a bank again while the bank pays."""
    return (yield from _story(stage, bank_raider))


def token_raider(stage: Stage) -> Story:
    """It would do so from the hook of a token that calls its receiver."""
    return (yield from _story(stage, hook_raider))


def inflator(stage: Stage) -> Story:
    """It would be a vault's first depositor, and make a share too dear for the next one."""
    return (yield from _story(stage, vault_inflator))


def siphon_code(stage: Stage) -> Story:
    """It would be put behind the proxy of a treasury and pay it out."""
    return (yield from _story(stage, siphon))


def voter(stage: Stage) -> Story:
    """It would borrow votes for one transaction and decide over a treasury with them."""
    return (yield from _story(stage, flash_voter))


VARIANTS = {
    "raider": raider,
    "token_raider": token_raider,
    "inflator": inflator,
    "siphon_code": siphon_code,
    "voter": voter,
}


def _story(stage: Stage, arm: _Arm) -> Story:
    fails = comes_to_nothing(stage.rng)
    weapon: Weapon = yield from arm(stage, fails)
    deployer = stage.fresh()
    money: _Money = yield from _new_money(stage, deployer, weapon.wei + stage.miner.fee(_DEPLOYMENT_GAS))
    mixed = ("mixer-flow",) if money.mixed else ()
    yield from wait(stage.rng.randint(0, 2))
    yield from _decoy(stage, deployer)
    done: list[Mined] = []
    rehearsals = stage.rng.choice((0, 0, 0, 1))
    for _ in range(1 + rehearsals):
        done += yield [create(deployer, code, *arguments) for code, arguments in weapon.arms]
    contracts = [created(one) for one in done]
    latest = contracts[-len(weapon.arms) :]
    if stage.rng.random() < _USED:
        yield from _lie_in_wait(stage)
        blow: Blow = yield from weapon.use(deployer, latest)
        thieves = [deployer, *contracts, *money.owners]
        told = _used(weapon, thieves, [*money.mixed, *done], blow)
        return replace(told, also=(*weapon.does, *mixed))
    yield from wait(1)
    named = roles([deployer, *contracts, *money.owners], infrastructure=[weapon.target])
    told_of = hashes([*money.mixed, *done])
    return Outcome(told_of, named, "deployed by a newly funded wallet, and not used so far", also=mixed)


def _used(weapon: Weapon, thieves: list[Address], done: list[Mined], blow: Blow) -> Outcome:
    struck = hashes([*done, *blow.mined])
    named = roles(thieves, [weapon.target, *blow.also], infrastructure=blow.through)
    if not blow.loss:
        return Outcome(struck, named, "deployed by a newly funded wallet, and used in vain", succeeded=False)
    harm, note = blow.fatal.hash, "deployed by a newly funded wallet, and used"
    return Outcome(struck, named, note, harm, blow.loss)


@dataclass(frozen=True, slots=True)
class _Money:
    """Whose a deployer's first money was, and how it was mixed, where it was: that is part of the story."""

    owners: tuple[Address, ...] = ()
    mixed: tuple[Mined, ...] = ()


def _new_money(stage: Stage, wallet: Address, wei: int) -> Acts:
    """The deployer's first money: from the exchange, an old wallet, either over others, or the mixer."""
    way = stage.rng.choice(("exchange", "hops", "old wallet", "mixer"))
    if way == "exchange":
        yield [pay(ETH, stage.exchange.hot, wallet, wei)]
    elif way == "mixer":
        return (yield from _through_mixer(stage, wallet, wei))
    else:
        hops = [*(stage.fresh() for _ in range(stage.rng.randint(1, 2))), wallet]
        fees = len(hops) * stage.miner.fee(PLAIN_GAS)
        source = stage.dormant(wei + fees) if way == "old wallet" else stage.exchange.hot
        yield []
        for number, (here, there) in enumerate(zip([source, *hops], hops, strict=False), 1):
            yield [pay(ETH, here, there, wei + (len(hops) - number) * stage.miner.fee(PLAIN_GAS))]
    return _Money()


def _through_mixer(stage: Stage, wallet: Address, wei: int) -> Acts:
    """An old wallet of the deployer's pays into the mixer, whose relayers draw the notes for the new one."""
    mixer = stage.world.of(Mixer)
    notes = mixer.notes(stage.rng, wei * 11 // 10 + ETHER // 5, most=14)
    source = stage.dormant(sum(note.pool.wei for note in notes) + ETHER)
    yield []
    done: list[Mined] = yield [deposit(note, source) for note in notes]
    yield from wait(stage.rng.randint(1, 3))
    done += yield [
        withdraw(note, wallet, stage.rng.choice(mixer.relayers), fee=note.pool.wei * 3 // 1_000)
        for note in notes
    ]
    return _Money((source,), tuple(done))


def _decoy(stage: Stage, deployer: Address) -> Acts:
    """Some look like other people first: a small purchase, or a token of their own."""
    if stage.rng.random() < 0.3:
        yield [_token(deployer)]
    else:
        yield from look_ordinary(stage, deployer)


def _token(deployer: Address) -> Transaction:
    return Transaction(deployer, None, artifacts.TOKEN.deployment("Daydream", "DAY"), gas=DEPLOY_GAS)


def _lie_in_wait(stage: Stage) -> Acts:
    """Minutes, or hours to days."""
    if stage.rng.random() < 0.5:
        yield from sleep(stage, stage.rng.randint(HOUR, 6 * DAY))
    else:
        yield from wait(stage.rng.randint(1, 6))
