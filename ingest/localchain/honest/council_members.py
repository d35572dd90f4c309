"""Council members: they delegate, propose, vote over several blocks, and carry out what was decided."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.localchain.chain.actions import Transaction
from ingest.localchain.chain.miner import BLOCK_SECONDS
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols.harbour_council import (
    DELAY_BLOCKS,
    LOCK_SECONDS,
    PERIOD_BLOCKS,
    HarbourCouncil,
)
from ingest.localchain.story_parts.governors import AGAINST, FOR, Motion, delegate, give, motion, vote
from ingest.localchain.story_parts.random_draws import often, split
from ingest.localchain.world.clock import HOUR
from ingest.localchain.world.endowment import Opening
from ingest.localchain.world.governance import SUPPLY
from ingest.localchain.world.stage import Habit, Stage, wait

_MEMBERS = 14
_WORKERS = 6
_GIVEN_OUT = SUPPLY * 6 // 10
_BALLOTS = 8
"""Blocks over which members vote."""


def begin(stage: Stage, per_block: int) -> Opening:
    """One council, with more members where there is more traffic."""
    council = stage.world.of(HarbourCouncil)
    members = [stage.fresh() for _ in range(_MEMBERS * max(20, per_block) // 20)]
    for member in members:
        stage.miner.give(member, stage.ether(0.5, 5))
    parts = split(stage.rng, _GIVEN_OUT, len(members), unevenness=0.9)
    grants = [give(council.votes, council.founder, m, part) for m, part in zip(members, parts, strict=True)]
    return Opening([assembly(stage, members), moods(stage, members, per_block / 400)], grants)


def moods(stage: Stage, members: Sequence[Address], rate: float) -> Habit:
    """First everybody says who casts their votes, mostly themselves; later some change their mind or sell."""
    council = stage.world.of(HarbourCouncil)
    token = council.votes.token
    for member in members:
        speaker = member if stage.rng.random() < 0.7 else stage.rng.choice(members)
        yield [delegate(token, member, speaker)]
    while True:
        block: list[Transaction] = []
        for _ in range(often(stage.rng, rate)):
            one, other = stage.rng.sample(members, 2)
            if stage.rng.random() < 0.5:
                block.append(delegate(token, one, other))
            else:
                part = stage.holding(council.votes, one) * stage.rng.randint(1, 30) // 100
                block.append(give(council.votes, one, other, part))
        yield block


def assembly(stage: Stage, members: Sequence[Address]) -> Habit:
    """One proposal after the other, each to pay somebody for their work."""
    council = stage.world.of(HarbourCouncil)
    workers = [stage.fresh() for _ in range(_WORKERS)]
    yield from wait(_MEMBERS)
    number = 0
    while True:
        yield from wait(stage.rng.randint(4, 20))
        number += 1
        proposer = stage.rng.choice(members)
        wanted = _grant(stage, council, number, stage.rng.choice(workers))
        yield [wanted.propose(proposer)]
        yield from _ballot(stage, council, wanted, members)
        (queued,) = yield [wanted.queue(proposer)]
        if queued.ok:
            yield from wait(LOCK_SECONDS // BLOCK_SECONDS + 1)
            yield [wanted.execute(stage.rng.choice(members))]


def _grant(stage: Stage, council: HarbourCouncil, number: int, worker: Address) -> Motion:
    """At most a fiftieth of what the treasury has of one asset."""
    asset = stage.rng.choice(council.treasury(stage.world))
    amount = stage.holding(asset, council.keeper) * stage.rng.randint(1, 20) // 1_000
    text = f"Harbour {stage.now // HOUR}-{number}: {asset.symbol} for work done"
    return motion(council.governor, [(asset, worker, amount)], text)


def _ballot(stage: Stage, council: HarbourCouncil, wanted: Motion, members: Sequence[Address]) -> Habit:
    """From half to nearly all of the members vote, most of them in favour, until the time is over."""
    number = wanted.id(stage.miner)
    yield from wait(DELAY_BLOCKS)
    voters = [member for member in members if stage.rng.random() < stage.rng.uniform(0.5, 0.95)]
    for block in range(_BALLOTS):
        sides = [FOR if stage.rng.random() < 0.8 else AGAINST for _ in voters[block::_BALLOTS]]
        there = zip(voters[block::_BALLOTS], sides, strict=True)
        yield [vote(council.governor, voter, number, side) for voter, side in there]
    yield from wait(PERIOD_BLOCKS - _BALLOTS)
