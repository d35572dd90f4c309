"""Private people: now and then somebody pays into the mixer, and later uses what comes out elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.localchain.chain.actions import Transaction, pay
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols.mixer import WITHDRAWAL_GAS, Mixer, Note, deposit, withdraw
from ingest.localchain.world.endowment import Opening
from ingest.localchain.world.stage import Habit, Stage
from ingest.localchain.world.world import ETH

_SHARE = 0.3
_EVERY = 10
_REST_BLOCKS = (6, 90)


@dataclass(frozen=True, slots=True)
class PrivateUse:
    """A note that goes to a new wallet in the `due`-th block of the habit: by a relayer, or `alone`, with gas
    of its own. `tip` is what its owner always bids.
    """

    note: Note
    tip: int
    due: int
    wallet: Address
    alone: bool


def begin(stage: Stage, per_block: int) -> Opening:
    """More people come where there is more traffic."""
    return Opening([mixer_users(stage) for _ in range(max(1, per_block // 20))])


def mixer_users(stage: Stage) -> Habit:
    """About one deposit in ten blocks, and its withdrawal up to ninety blocks later."""
    waiting: list[PrivateUse] = []
    block = 0
    while True:
        block += 1
        made = pay_in(stage, block) if stage.rng.random() < 1 / _EVERY else []
        gas = [gas_for(stage, use) for use in waiting if use.alone and use.due == block + 1]
        there = [use for use in waiting if use.due == block]
        yield [*(t for _, t in made), *gas, *(draw(stage, use) for use in there)]
        waiting = [use for use in waiting if use.due > block] + [use for use, _ in made]
        for use in there:
            stage.cast.join(stage.rng, use.wallet)


def pay_in(stage: Stage, block: int = 0) -> list[tuple[PrivateUse, Transaction]]:
    """One or two notes of somebody who can spare them, each with its deposit in the habit's `block`."""
    people = stage.holders(stage.cast.active(stage.rng, 8), ETH, 2_000)
    if not people:
        return []
    owner, tip = people[0].address, stage.rng.randint(1_000_000, 3_900_000) * 1_000
    wei = int(stage.holding(ETH, owner) * _SHARE)
    notes = stage.world.of(Mixer).notes(stage.rng, wei, stage.rng.choice((1, 1, 2)))
    return [(private_use(stage, note, tip, block), deposit(note, owner, tip)) for note in notes]


def private_use(stage: Stage, note: Note, tip: int, block: int = 0) -> PrivateUse:
    """What becomes of a note that is paid in at the habit's `block`."""
    due = block + stage.rng.randint(*_REST_BLOCKS)
    return PrivateUse(note, tip, due, stage.fresh(), stage.rng.random() < 0.25)


def gas_for(stage: Stage, use: PrivateUse) -> Transaction:
    """Native value from the exchange, a block before: the node takes nothing that cannot be paid for yet."""
    return pay(ETH, stage.exchange.hot, use.wallet, stage.miner.fee(2 * WITHDRAWAL_GAS))


def draw(stage: Stage, use: PrivateUse) -> Transaction:
    """The note, to its new wallet."""
    if use.alone:
        return withdraw(use.note, use.wallet, use.wallet, tip=use.tip)
    relayer = stage.rng.choice(stage.world.of(Mixer).relayers)
    return withdraw(use.note, use.wallet, relayer, int(use.note.pool.wei * 0.004))
