"""Price manipulation: somebody pushes a pool with money of their own, or on credit, uses the false price
against a lender that believes it, and lets the pool come back.

Where a contract deployed for the purpose does it, that is a suspicious contract too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.localchain.chain.actions import approve
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.contracts import call, create, created
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols import spot_lender
from ingest.localchain.story_parts.cash_out import take_away
from ingest.localchain.story_parts.flash_loans import FLASH_GAS
from ingest.localchain.story_parts.funding import between
from ingest.localchain.story_parts.price_pushes import (
    bid,
    curve_of,
    plan_push,
    sale,
    thief_with,
    thief_without,
    use,
)
from ingest.localchain.story_parts.random_draws import comes_to_nothing, naps, rest, split
from ingest.localchain.story_parts.spot_price_protocols import (
    Market,
    bring,
    look,
    open_lender,
    own_place,
    shared_place,
    small_place,
)
from ingest.localchain.world.clock import HOUR
from ingest.localchain.world.stage import ETHER, Acts, Outcome, Stage, Story, hashes, roles, wait

CATEGORY = "price-manipulation"
WARM_UP = 20
LONGEST = 30
NIGHTS = 2

LENDER_RAID = Own("raid", "LenderRaid", ("address",))
LIQUIDATION_RAID = Own("raid", "LiquidationRaid", ("address",))

_BY_CONTRACT = ("suspicious-contract",)
_LONGEST_NAP = 8 * HOUR
_LOAN = 4
"""Which transaction of one who goes step by step is the loan: after approval, purchase, approval, deposit."""


@dataclass(slots=True)
class _Deed:
    """What is done to a market that was worth so much `before`, and the first transaction that does harm."""

    market: Market
    before: float
    done: list[Mined] = field(default_factory=list)
    harm: Mined | None = None


def step_by_step(stage: Stage) -> Story:
    """One wallet buys, borrows against what it bought, and sells the rest: in one block or in a few."""
    fails = comes_to_nothing(stage.rng)
    place = yield from own_place(stage)
    push = yield from plan_push(stage, place, fails, most=9)
    thief = yield from thief_with(stage, place.money, push.paid)
    left = curve_of(stage, place).gives(push.paid) - push.pledged
    steps = [
        [approve(place.money.token, thief, stage.world.router), bid(stage, place, thief, push.paid)],
        use(push, thief, [push.loot]),
        sale(stage, place, thief, left),
    ]
    if stage.rng.random() < 0.5:
        steps = [[transaction for step in steps for transaction in step]]
    deed = _Deed(push.market, push.market.worth(stage))
    for step in steps:
        deed.done += yield step
        yield from wait(stage.rng.randint(0, 2))
    deed.harm = deed.done[_LOAN]
    note = f"in {len(steps)} blocks, the price {push.times:.1f} times as high meanwhile"
    return (yield from _end(stage, deed, [thief], note))


def slow_push(stage: Stage) -> Story:
    """Several wallets buy in small parts over blocks and hours for one that borrows; it sells in parts."""
    rng, fails = stage.rng, comes_to_nothing(stage.rng)
    place = yield from own_place(stage, moneys=("USDC", "DAI"))
    push = yield from plan_push(stage, place, fails, most=4)
    thief = yield from thief_without(stage)
    buyers = [thief, *(stage.dormant(ETHER) for _ in range(rng.randint(1, 4)))]
    blocks = rng.randint(4, 9)
    bids = [(rng.choice(buyers), n) for n in split(rng, push.paid, blocks * rng.randint(1, 3))]
    yield from bring(stage, place.money, _sums(bids))
    deed = _Deed(push.market, push.market.worth(stage))
    deed.done += yield [approve(place.money.token, one, stage.world.router) for one in buyers]
    asleep = naps(stage, blocks, NIGHTS, _LONGEST_NAP) if rng.random() < 0.5 else {}
    for number in range(blocks):
        deed.done += yield [bid(stage, place, buyer, n, to=thief) for buyer, n in bids[number::blocks]]
        yield from rest(stage, asleep.get(number, 0), blocks=0)
    used: list[Mined] = yield use(push, thief, split(rng, push.loot, rng.randint(1, 3)))
    deed.done, deed.harm = [*deed.done, *used], used[2]
    yield from wait(rng.randint(0, 2))
    for part in split(rng, stage.holding(place.token, thief), rng.randint(1, 4)):
        deed.done += yield sale(stage, place, thief, part)
    note = f"{len(bids)} purchases of {len(buyers)} wallets, {blocks} blocks and {len(asleep)} rests"
    return (yield from _end(stage, deed, buyers, note))


def in_one_call(stage: Stage) -> Story:
    """A contract does it all in one transaction with its owner's money, which Aave may have lent."""
    fails = comes_to_nothing(stage.rng)
    is_shared = stage.rng.random() < 0.25
    place = yield from (shared_place(stage) if is_shared else own_place(stage))
    push = yield from plan_push(stage, place, fails, most=3.5 if is_shared else 9)
    thief = yield from thief_with(stage, place.money, push.paid)
    (made,) = yield [create(thief, LENDER_RAID, push.market.address)]
    yield from wait(stage.rng.randint(0, 3))
    deed = _Deed(push.market, push.market.worth(stage), [made])
    run = "runWithOwn(uint256,uint256,uint256)"
    deed.done += yield [
        approve(place.money.token, thief, created(made), push.paid),
        call(thief, created(made), run, push.paid, push.loot, 1, gas=FLASH_GAS),
    ]
    note = f"one transaction with {place.money.usd(push.paid):,.0f} dollars in {place.money.symbol}"
    deed.harm = deed.done[-1]
    return (yield from _end(stage, deed, [thief, created(made)], note, also=_BY_CONTRACT))


def liquidations(stage: Stage) -> Story:
    """Tokens sold into a small pool make borrowers look short; their collateral goes far below its worth."""
    rng, fails = stage.rng, comes_to_nothing(stage.rng)
    place = yield from small_place(stage)
    there, tokens = place.reserves(stage)
    owed = int(there * between(stage, 0.05, 0.5))
    market = yield from open_lender(stage, place, int(owed * rng.uniform(1, 2)), is_careful=fails)
    borrowers = yield from _borrowers(stage, market, owed)
    if fails:
        yield [look(market)]
    # Sold into the pool so that a token costs 1.5 to 4 times less: the reserve grows by the square root.
    pushed = int(tokens * (between(stage, 1.5, 4) ** 0.5 - 1))
    thief = yield from thief_without(stage)
    yield from bring(stage, place.token, [(thief, pushed)])
    yield from bring(stage, place.money, [(thief, owed)])
    (made,) = yield [create(thief, LIQUIDATION_RAID, market.address)]
    yield from wait(rng.randint(0, 3))
    deed, run = _Deed(market, market.worth(stage), [made]), "run(address[],uint256,uint256)"
    deed.done += yield [
        approve(place.token.token, thief, created(made), pushed),
        approve(place.money.token, thief, created(made), owed),
        call(thief, created(made), run, borrowers, pushed, owed, gas=FLASH_GAS),
    ]
    deed.harm = deed.done[-1]
    note = f"{len(borrowers)} borrowers of {place.money.usd(owed):,.0f} dollars liquidated"
    return (yield from _end(stage, deed, [thief, created(made)], note, borrowers, _BY_CONTRACT))


VARIANTS = {
    "step_by_step": step_by_step,
    "slow_push": slow_push,
    "in_one_call": in_one_call,
    "liquidations": liquidations,
}


def _sums(bids: list[tuple[Address, int]]) -> list[tuple[Address, int]]:
    """What each buyer needs."""
    total: Counter[Address] = Counter()
    for buyer, amount in bids:
        total[buyer] += amount
    return list(total.items())


def _borrowers(stage: Stage, market: Market, owed: int) -> Acts:
    """One to four who have borrowed nearly what they may on that market: their addresses."""
    place = market.place
    money, tokens = place.reserves(stage)
    borrowers = [stage.dormant(ETHER) for _ in range(stage.rng.randint(1, 4))]
    debts = split(stage.rng, owed, len(borrowers))
    shares = [stage.rng.uniform(0.85, 0.97) * market.loan_to_value / 100 for _ in borrowers]
    pledges = [int(debt / share) * tokens // money for debt, share in zip(debts, shares, strict=True)]
    yield []
    yield from bring(stage, place.token, zip(borrowers, pledges, strict=True))
    yield [
        transaction
        for one, pledge, debt in zip(borrowers, pledges, debts, strict=True)
        for transaction in (
            approve(place.token.token, one, market.address),
            spot_lender.deposit(market.address, one, pledge),
            spot_lender.borrow(market.address, one, debt),
        )
    ]
    return borrowers


def _end(
    stage: Stage,
    deed: _Deed,
    thieves: list[Address],
    note: str,
    victims: Sequence[Address] = (),
    also: tuple[str, ...] = (),
) -> Story:
    """What the market has lost went to the thieves, who take it away."""
    market = deed.market
    loss = round(deed.before - market.worth(stage), 2)
    moved, wallets = yield from take_away(stage, thieves[0], market.place.money)
    stage.cast.leave(thieves)
    named = roles([*thieves, *wallets], [market.address, *victims], infrastructure=[market.place.pair])
    done, harm = hashes([*deed.done, *moved]), deed.harm
    if harm is None or not harm.ok:
        why = f"{note}; the lender had seen another price and refused"
        return Outcome(done, named, why, succeeded=False, also=also)
    return Outcome(done, named, note, harm.hash, loss, also=also)
