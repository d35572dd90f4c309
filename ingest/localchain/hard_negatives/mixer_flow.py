"""Honest doings around the mixer: relayers at work, and people who want their neighbours not to know."""

from __future__ import annotations

from ingest.localchain.chain.actions import PLAIN_GAS, pay
from ingest.localchain.chain.miner import Mined
from ingest.localchain.honest.mixer_users import draw, gas_for, pay_in, private_use
from ingest.localchain.protocols.mixer import Mixer, deposit, withdraw
from ingest.localchain.story_parts.funding import between
from ingest.localchain.story_parts.random_draws import split
from ingest.localchain.world.clock import DAY, HOUR
from ingest.localchain.world.stage import Outcome, Stage, Story, hashes, roles, sleep, wait
from ingest.localchain.world.world import ETH

CATEGORY = "mixer-flow"
WARM_UP = 25
LONGEST = 30
NIGHTS = 1

_TIP = 1_500_000_000


def relayer_at_work(stage: Stage) -> Story:
    """A relayer draws notes of several strangers, and sends the fees it has earned to its other wallet."""
    relayer = stage.rng.choice(stage.world.of(Mixer).relayers)
    done: list[Mined] = []
    notes = []
    for _ in range(stage.rng.randint(3, 7)):
        made = pay_in(stage)
        done += yield [transaction for _, transaction in made]
        notes += [use.note for use, _ in made]
    fees = 0
    for note in notes:
        fee = int(note.pool.wei * stage.rng.uniform(0.002, 0.006))
        done += yield [withdraw(note, stage.fresh(), relayer, fee)]
        fees += fee
    done += yield [pay(ETH, relayer, stage.fresh(), max(fees, ETH.one // 1_000))]
    note_ = f"a relayer draws {len(notes)} notes of people it does not know, and takes its fees"
    return Outcome(hashes(done), roles(infrastructure=[relayer]), note_)


def private_saver(stage: Stage) -> Story:
    """Salary goes through the mixer to a wallet that friends and shops may see."""
    saver = stage.dormant(int(between(stage, 3, 40) * ETH.one))
    yield []
    notes = stage.world.of(Mixer).notes(stage.rng, stage.spendable(saver, *[200_000] * 4), 4)
    done: list[Mined] = yield [deposit(note, saver, _TIP) for note in notes]
    yield from sleep(stage, int(between(stage, HOUR, 10 * DAY)))
    uses = [private_use(stage, note, _TIP) for note in notes]
    done += yield [gas_for(stage, use) for use in uses if use.alone]
    for use in uses:
        done += yield [draw(stage, use)]
        yield from wait(stage.rng.randint(0, 1))
    wallets = [use.wallet for use in uses]
    friends = [person.address for person in stage.cast.active(stage.rng, 3)]
    parts = split(stage.rng, stage.spendable(wallets[0], *[PLAIN_GAS] * 3) // 2, 3)
    done += yield [pay(ETH, wallets[0], f, part) for f, part in zip(friends, parts, strict=False)]
    note_ = f"{len(notes)} notes of somebody who wants to be private"
    return Outcome(hashes(done), roles(intermediaries=[saver, *wallets]), note_)


def private_gift(stage: Stage) -> Story:
    """A gift to a known wallet, whose owner shall not know the giver."""
    pool = stage.rng.choice(stage.world.of(Mixer).pools[:3])
    giver = stage.dormant(2 * pool.wei)
    shops = [person.address for person in stage.cast.people.values() if person.is_merchant]
    note = stage.world.of(Mixer).notes(stage.rng, pool.wei, 1)[0]
    done: list[Mined] = yield [deposit(note, giver)]
    yield from wait(stage.rng.randint(2, 12))
    relayer, receiver = stage.rng.choice(stage.world.of(Mixer).relayers), stage.rng.choice(shops)
    done += yield [withdraw(note, receiver, relayer, pool.wei // 250)]
    named = roles(intermediaries=[giver], infrastructure=[relayer, receiver])
    return Outcome(hashes(done), named, "a gift through the mixer to a merchant")


VARIANTS = {
    "relayer_at_work": relayer_at_work,
    "private_saver": private_saver,
    "private_gift": private_gift,
}
