"""Governance attack: votes bought, borrowed or bribed for the purpose hand a treasury to their owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.localchain.chain.actions import SWAP_GAS, Asset, buy, pay
from ingest.localchain.chain.contracts import create, created
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols.flash_lender import FlashLender, take_back
from ingest.localchain.story_parts.attackers import assailant, look_ordinary
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
from ingest.localchain.story_parts.lockup_voting import (
    FLASH_VOTER,
    SPENDING,
    Commons,
    buy_fee,
    open_commons,
    propose_spending,
    strike,
)
from ingest.localchain.story_parts.random_draws import comes_to_nothing
from ingest.localchain.story_parts.treasuries import fill_treasury, lost_by, treasury_usd
from ingest.localchain.world import pools
from ingest.localchain.world.clock import DAY, HOUR
from ingest.localchain.world.governance import SUPPLY
from ingest.localchain.world.stage import ETHER, Acts, Outcome, Stage, Story, hashes, roles, sleep
from ingest.localchain.world.world import ETH

CATEGORY = "governance-attack"
WARM_UP = 20
LONGEST = 30
NIGHTS = 3

_TEXTS = (
    "Grant for the next quarter",
    "Diversify the treasury",
    "Migrate to the new vault",
    "BIP-18",
    "Audit",
)


@dataclass(slots=True)
class _Coup:
    """Who takes over which council, whose treasury has `assets`; `taker` is where these go.

    `voters` are the thief's own wallets, `helpers` others who lent or sold their votes.
    """

    council: Council
    assets: Sequence[Asset]
    thief: Address
    taker: Address
    voters: list[Address] = field(default_factory=list)
    helpers: list[Address] = field(default_factory=list)
    done: list[Mined] = field(default_factory=list)


def bought_votes(stage: Stage) -> Story:
    """The thief buys votes on the market, and proposes and votes within minutes."""
    coup = yield from _coup(stage, has_timelock=stage.rng.random() < 0.5)
    yield from _market(stage, coup.council)
    coup.done += yield from _purchase(stage, coup.council, coup.thief, stage.rng.uniform(0.3, 0.6))
    coup.voters = [coup.thief]
    return (yield from _take_over(stage, coup, "votes bought on the market the same day"))


def split_voters(stage: Stage) -> Story:
    """Votes are bought by wallets that each have less than a twentieth of all, and vote alike."""
    coup = yield from _coup(stage, has_timelock=stage.rng.random() < 0.5)
    coup.voters = [stage.dormant(ETHER // 4) for _ in range(stage.rng.randint(6, 10))]
    yield from _market(stage, coup.council)
    coup.done += yield from _purchase(stage, coup.council, coup.thief, stage.rng.uniform(0.35, 0.6))
    votes, token = stage.holding(coup.council.votes, coup.thief), coup.council.votes
    part = min(votes // len(coup.voters), SUPPLY * 49 // 1000)
    coup.done += yield [give(token, coup.thief, voter, part) for voter in coup.voters]
    return (yield from _take_over(stage, coup, f"votes split over {len(coup.voters)} wallets"))


def borrowed_votes(stage: Stage) -> Story:
    """Somebody who holds a lot lends it to the thief for a few days, for a fee, and has it back."""
    coup = yield from _coup(stage, has_timelock=stage.rng.random() < 0.5)
    lender, token = coup.council.founder, coup.council.votes
    amount = stage.holding(token, lender) * stage.rng.randint(85, 100) // 100
    coup.done += yield [
        pay(ETH, coup.thief, lender, stage.ether(0.2, 2)),
        give(token, lender, coup.thief, amount),
    ]
    coup.voters, coup.helpers = [coup.thief], [lender]
    return (yield from _take_over(stage, coup, "votes borrowed the same day", give_back=amount))


def patient_delegates(stage: Stage) -> Story:
    """Members are paid to delegate, one or a few a night, until the thief casts the most votes."""
    coup = yield from _coup(stage, has_timelock=stage.rng.random() < 0.7, by_time=False)
    council = coup.council
    bribed = list(council.members[: stage.rng.randint(4, 6)])
    nights = 2
    for night in range(nights):
        tonight = bribed[night::nights]
        coup.done += yield [pay(ETH, coup.thief, member, stage.ether(0.05, 0.4)) for member in tonight]
        coup.done += yield [delegate(council.token, member, coup.thief) for member in tonight]
        yield from sleep(stage, stage.rng.randint(8 * HOUR, 9 * DAY))
    coup.voters, coup.helpers = [coup.thief], bribed
    return (yield from _take_over(stage, coup, f"{len(bribed)} delegations paid for over {nights} nights"))


def flash_loaned(stage: Stage) -> Story:
    """Votes that count while they are locked are lent for one transaction, which carries the motion out. A
    flash loan used at others' cost, by contracts deployed for it: both are true too.
    """
    commons: Commons = yield from open_commons(stage)
    thief = yield from assailant(stage, stage.ether(1, 3))
    yield from look_ordinary(stage, thief)
    done: list[Mined] = yield [create(thief, SPENDING), create(thief, FLASH_VOTER, commons.address)]
    spending, voter = (created(one) for one in done)
    share = stage.rng.choice((100, 100, 80))
    done += yield [propose_spending(commons, thief, spending, thief, share), *buy_fee(commons, thief, voter)]
    yield from sleep(stage, stage.rng.randint(DAY + HOUR, 3 * DAY))
    lender = stage.world.of(FlashLender).lender
    if comes_to_nothing(stage.rng):
        yield [take_back(lender, commons.votes.token, commons.founder, commons.lent // 2)]
    before = stage.miner.holdings((asset, commons.address) for asset in commons.assets)
    done += yield [strike(stage, commons, thief, voter)]
    loss = lost_by(stage, commons.address, commons.assets, before)
    stage.cast.leave([thief])
    named = roles([thief, voter, spending], [commons.address], [commons.founder], [lender])
    also = ("flash-loan-attack", "suspicious-contract")
    if not done[-1].ok:
        return Outcome(
            hashes(done), named, "the lender no longer had votes enough", succeeded=False, also=also
        )
    note = "two thirds of all votes lent by a flash loan, and the motion hurried"
    return Outcome(hashes(done), named, note, done[-1].hash, loss, also=also)


VARIANTS = {
    "bought_votes": bought_votes,
    "split_voters": split_voters,
    "borrowed_votes": borrowed_votes,
    "patient_delegates": patient_delegates,
    "flash_loaned": flash_loaned,
}


def _coup(stage: Stage, has_timelock: bool, by_time: bool | None = None) -> Acts:
    """A council with a treasury, and somebody with the money to buy it."""
    by_time = stage.rng.random() < 0.4 if by_time is None else by_time
    council = yield from convene(stage, stage.rng.randint(6, 12), has_timelock, by_time)
    assets = yield from fill_treasury(stage, council.keeper, treasury_usd(stage))
    thief = yield from assailant(stage, stage.ether(60, 120))
    taker = thief if stage.rng.random() < 0.6 else stage.fresh()
    return _Coup(council, assets, thief, taker)


def _market(stage: Stage, council: Council) -> Acts:
    """The founder puts most of what is left of the tokens into a pool."""
    amount = stage.holding(council.votes, council.founder) * 9 // 10
    wei = stage.ether(5, 40)
    yield pools.open_pool(stage.world, council.founder, council.token, amount, wei)


def _purchase(stage: Stage, council: Council, buyer: Address, share: float) -> Acts:
    """`share` of what the pool holds of the tokens, in one to three swaps in a row."""
    world = stage.world
    votes, wei = pools.reserves(stage.miner, world.factory, council.token, world.weth)
    cost = pools.amount_in(int(votes * share), wei, votes)
    cost = min(cost, stage.spendable(buyer, *[SWAP_GAS] * 3) * 9 // 10)
    swaps = stage.rng.randint(1, 3)
    return (yield [buy(world.router, buyer, [world.weth, council.token], cost // swaps)] * swaps)


def _take_over(stage: Stage, coup: _Coup, how: str, give_back: int = 0) -> Story:
    """The motion, the vote, its execution; or its end, where members or the guardian see it in time."""
    council, failing = coup.council, ""
    if comes_to_nothing(stage.rng):
        failing = stage.rng.choice(("voted down", "cancelled") if council.lock else ("voted down",))
    before = stage.miner.holdings((asset, council.keeper) for asset in coup.assets)
    taken = _motion(stage, coup, before)
    ballots = [v for v in coup.voters if v != coup.thief] or [coup.thief]
    own = [delegate(council.token, voter, voter) for voter in ballots]
    coup.done += yield [*own, taken.propose(coup.thief)]
    yield from _vote(stage, coup, taken, ballots, failing == "voted down")
    if give_back and stage.rng.random() < 0.5:
        coup.done += yield [give(council.votes, coup.thief, coup.helpers[0], give_back)]
        give_back = 0
    yield from until_decided(stage, council)
    carried = yield from _carry_out(stage, coup, taken, failing == "cancelled")
    loss = lost_by(stage, council.keeper, coup.assets, before)
    if give_back:
        coup.done += yield [give(council.votes, coup.thief, coup.helpers[0], give_back)]
    stage.cast.leave([coup.thief])
    attackers = list(dict.fromkeys([coup.thief, coup.taker, *coup.voters]))
    rules = [contract for contract in (council.governor, council.token) if contract != council.keeper]
    named = roles(attackers, [council.keeper], coup.helpers, rules)
    if not carried.ok:
        why = failing or "too few votes"
        return Outcome(hashes(coup.done), named, f"{how}; {why}", succeeded=False)
    return Outcome(hashes(coup.done), named, how, carried.hash, loss)


def _motion(stage: Stage, coup: _Coup, held: Sequence[int]) -> Motion:
    """Most or all of the treasury for the thief; sometimes after a harmless first payment."""
    share = stage.rng.choice((100, 100, stage.rng.randint(60, 99)))
    payments = [(asset, coup.taker, n * share // 100) for asset, n in zip(coup.assets, held, strict=True)]
    if stage.rng.random() < 0.4:
        payments.insert(0, (coup.assets[0], stage.rng.choice(coup.council.members), 1))
        asset, taker, amount = payments[1]
        payments[1] = (asset, taker, amount - 1)
    return motion(coup.council.governor, payments, stage.rng.choice(_TEXTS))


def _vote(stage: Stage, coup: _Coup, taken: Motion, ballots: Sequence[Address], is_seen: bool) -> Acts:
    """The thief's wallets, and what members make of it: few vote at all, unless they have seen through it."""
    council, number = coup.council, taken.id(stage.miner)
    if is_seen:
        yield [delegate(council.token, council.founder, council.founder)]
    yield from until_open(council)
    own = [vote(council.governor, voter, number, FOR) for voter in ballots]
    awake = [council.founder, *council.members] if is_seen else list(council.members[-2:])
    others = [
        vote(council.governor, member, number, AGAINST)
        for member in awake
        if member not in coup.helpers and (is_seen or stage.rng.random() < 0.3)
    ]
    mined = yield [*own, *others]
    coup.done += mined[: len(own)]


def _carry_out(stage: Stage, coup: _Coup, taken: Motion, is_cancelled: bool) -> Acts:
    """Through the timelock, where there is one. The transaction that executes, whether or not it could."""
    council = coup.council
    if council.lock:
        coup.done += yield [taken.queue(coup.thief)]
        if is_cancelled:
            yield [taken.cancel(stage.miner, council)]
        yield from until_unlocked(stage, council)
    coup.done += yield [taken.execute(coup.thief)]
    return coup.done[-1]
