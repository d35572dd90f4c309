"""Councils at work: votes gathered over weeks, grants, a treasury that moves by the will of its members."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.localchain.chain.actions import Asset
from ingest.localchain.chain.contracts import create, created
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.story_parts.governors import (
    AGAINST,
    FOR,
    Council,
    Motion,
    convene,
    delegate,
    give,
    motion,
    until_decided,
    until_open,
    until_unlocked,
    vote,
)
from ingest.localchain.story_parts.treasuries import fill_treasury, treasury_usd
from ingest.localchain.world.clock import DAY
from ingest.localchain.world.governance import TIMELOCK
from ingest.localchain.world.stage import Acts, Outcome, Stage, Story, hashes, roles, sleep, wait

CATEGORY = "governance-attack"
WARM_UP = 20
LONGEST = 30
NIGHTS = 3

_AGAINST_SHARE = 0.2


def patient_delegate(stage: Stage) -> Story:
    """A delegate gathers votes over weeks, then proposes a grant of a few percent for somebody's work."""
    council, assets = yield from _council(stage, by_time=False)
    speaker, *others = council.members
    done: list[Mined] = []
    for night in range(2):
        done += yield [delegate(council.token, member, speaker) for member in others[night:4:2]]
        yield from sleep(stage, stage.rng.randint(5, 15) * DAY)
    grant = yield from _grant(stage, council, assets, stage.fresh(), stage.rng.randint(1, 8))
    done += yield from _pass(stage, council, grant, [speaker, *others[4:]], speaker)
    return _outcome(council, [speaker, *others], done, "votes gathered over weeks, then a grant")


def ordinary_grant(stage: Stage) -> Story:
    """Members vote, some of them against it, for a payment to somebody who has worked for them."""
    council, assets = yield from _council(stage, by_time=stage.rng.random() < 0.5)
    grant = yield from _grant(stage, council, assets, stage.fresh(), stage.rng.randint(1, 15))
    done = yield from _pass(stage, council, grant, council.members, council.members[0])
    return _outcome(council, council.members, done, "a grant, voted for by its members")


def new_investor(stage: Stage) -> Story:
    """Somebody buys a large part of the votes and votes the same day, for a motion of the members."""
    council, assets = yield from _council(stage, by_time=stage.rng.random() < 0.5)
    investor = stage.dormant(stage.ether(1, 5))
    amount = stage.holding(council.votes, council.founder) * stage.rng.randint(30, 90) // 100
    done: list[Mined] = yield [
        give(council.votes, council.founder, investor, amount),
        delegate(council.token, investor, investor),
    ]
    grant = yield from _grant(stage, council, assets, stage.fresh(), stage.rng.randint(1, 8))
    done += yield from _pass(stage, council, grant, [investor, *council.members], council.members[0])
    return _outcome(
        council, [investor, *council.members], done, "an investor votes on the day of the purchase"
    )


def treasury_move(stage: Stage) -> Story:
    """Members have the whole treasury moved to a new timelock of the same governor, with a longer delay."""
    council, assets = yield from _council(stage, by_time=False)
    made = yield [
        create(council.founder, TIMELOCK, 5 * DAY, [council.governor], [council.governor], council.keeper)
    ]
    new = created(made[0])
    move = yield from _grant(stage, council, assets, new, 100)
    done = yield from _pass(stage, council, move, council.members, council.members[0])
    return _outcome(council, council.members, done, "the treasury moves to a new timelock", new)


VARIANTS = {
    "patient_delegate": patient_delegate,
    "ordinary_grant": ordinary_grant,
    "new_investor": new_investor,
    "treasury_move": treasury_move,
}


def _council(stage: Stage, by_time: bool) -> Acts:
    """A council with a timelock and a treasury, and what the treasury holds."""
    council = yield from convene(stage, stage.rng.randint(6, 12), has_timelock=True, by_time=by_time)
    assets = yield from fill_treasury(stage, council.keeper, treasury_usd(stage))
    return council, assets


def _grant(stage: Stage, council: Council, assets: Sequence[Asset], to: Address, percent: int) -> Acts:
    """The motion that so many percent of each asset are paid, of all of them or of the first one."""
    yield from wait(stage.rng.randint(0, 1))
    wanted = assets if percent == 100 else assets[:1]
    held = stage.miner.holdings((asset, council.keeper) for asset in wanted)
    payments = [(asset, to, n * percent // 100) for asset, n in zip(wanted, held, strict=True)]
    return motion(council.governor, payments, f"Proposal {stage.rng.randint(10, 90)}: {percent} percent")


def _pass(
    stage: Stage, council: Council, wanted: Motion, voters: Sequence[Address], proposer: Address
) -> Acts:
    """Proposed, voted on in two blocks, queued and executed. Who has no votes votes in vain."""
    done: list[Mined] = yield [wanted.propose(proposer)]
    number = wanted.id(stage.miner)
    yield from until_open(council)
    sides = [FOR, *(AGAINST if stage.rng.random() < _AGAINST_SHARE else FOR for _ in voters[1:])]
    ballots = [vote(council.governor, v, number, side) for v, side in zip(voters, sides, strict=True)]
    done += yield ballots[::2]
    done += yield ballots[1::2]
    yield from until_decided(stage, council)
    done += yield [wanted.queue(proposer)]
    yield from until_unlocked(stage, council)
    done += yield [wanted.execute(proposer)]
    return done


def _outcome(
    council: Council, voters: Sequence[Address], done: list[Mined], note: str, new: Address | None = None
) -> Outcome:
    contracts = [council.keeper, *([new] if new else []), council.governor, council.token]
    how = note if done[-1].ok else f"{note}; it did not pass"
    return Outcome(hashes(done), roles(intermediaries=voters, infrastructure=contracts), how)
