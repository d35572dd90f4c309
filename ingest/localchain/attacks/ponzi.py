"""Ponzi schemes: who came first is paid out of what later ones pay in, until nobody comes any more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.localchain.chain.actions import (
    DEPLOY_GAS,
    PLAIN_GAS,
    SWAP_GAS,
    TOKEN_GAS,
    Asset,
    Transaction,
    approve,
    pay,
)
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address, call_data
from ingest.localchain.story_parts.funding import between, fund, people_with
from ingest.localchain.world.clock import DAY
from ingest.localchain.world.stage import Acts, Outcome, Stage, Story, hashes, roles, sleep, wait
from ingest.localchain.world.world import ETH

CATEGORY = "ponzi"
WARM_UP = 25
LONGEST = 30
NIGHTS = 3

_QUEUE = Own("ponzi", "Queue", ("uint256", "uint256"))
_PLAN = Own("ponzi", "Plan", ("address",))


def queue_contract(stage: Stage) -> Story:
    """A contract pays the one who has waited longest as soon as it holds enough, and its operator a fee."""
    operator, investors = yield from _gathered(stage, ETH)
    percent, fee = stage.rng.randint(115, 200), stage.rng.randint(3, 15)
    done: list[Mined] = yield [Transaction(operator, None, _QUEUE.deployment(percent, fee), gas=DEPLOY_GAS)]
    contract = _created(done)
    stakes = _stakes(stage, ETH, investors)
    invest = call_data("invest()")
    deposits: list[Mined] = []
    for turn, group in enumerate(_waves(stage, investors)):
        deposits += yield [Transaction(i, contract, invest, stakes[i], 2 * SWAP_GAS) for i in group]
        yield from _pause(stage, turn)
    last = yield [Transaction(operator, contract, call_data("leave()"), gas=SWAP_GAS)]
    paid = Counter({i: stage.miner.number(contract, "paid(address)", i) for i in investors})
    note = f"{len(investors)} investors in a contract that pays {percent} % in order of arrival"
    return _outcome(stage, [*done, *deposits, *last], [operator, contract], _Books(ETH, stakes, paid), note)


def investment_plan(stage: Stage) -> Story:
    """A contract takes a stablecoin and pays "interest" for some days; then its operator takes the rest."""
    asset = stage.rng.choice(stage.world.tokens[:3])
    operator, investors = yield from _gathered(stage, asset)
    done: list[Mined] = yield [Transaction(operator, None, _PLAN.deployment(asset.token), gas=DEPLOY_GAS)]
    contract = _created(done)
    stakes = _stakes(stage, asset, investors)
    deposits: list[Mined] = []
    paid: Counter[Address] = Counter()
    waves = _waves(stage, investors)
    here: list[Address] = []
    for turn, group in enumerate(waves):
        deposits += yield [approve(asset.token, i, contract, stakes[i]) for i in group]
        calls = {i: call_data("invest(uint256)", stakes[i]) for i in group}
        deposits += yield [Transaction(i, contract, data, gas=SWAP_GAS) for i, data in calls.items()]
        here += group
        yield from _pause(stage, turn)
        interest = {i: stakes[i] * stage.rng.randint(2, 9) // 100 for i in here}
        data = call_data("pay(address[],uint256[])", list(interest), list(interest.values()))
        done += yield [Transaction(operator, contract, data, gas=SWAP_GAS + len(here) * TOKEN_GAS)]
        paid.update(interest)
    last = yield [Transaction(operator, contract, call_data("leave()"), gas=SWAP_GAS)]
    note = f"{len(investors)} investors of {asset.symbol}, interest after each wave, then all of it taken"
    return _outcome(stage, [*done, *deposits, *last], [operator, contract], _Books(asset, stakes, paid), note)


def by_hand(stage: Stage) -> Story:
    """A wallet takes deposits and pays earlier investors from them by hand."""
    asset = stage.rng.choice((ETH, *stage.world.tokens[:2]))
    operator, investors = yield from _gathered(stage, asset)
    stakes = _stakes(stage, asset, investors)
    done: list[Mined] = []
    paid: Counter[Address] = Counter()
    here: list[Address] = []
    for turn, group in enumerate(_waves(stage, investors)):
        done += yield [pay(asset, i, operator, stakes[i]) for i in group]
        yield from _pause(stage, turn)
        earlier = {i: stakes[i] * stage.rng.randint(10, 60) // 100 for i in here}
        pot = sum(stakes[i] for i in group)
        payouts = {i: amount for i, amount in earlier.items() if amount * len(earlier) < pot}
        done += yield [pay(asset, operator, i, amount) for i, amount in payouts.items()]
        paid.update(payouts)
        here += group
    end = stage.fresh()
    left = sum(stakes.values()) - sum(paid.values())
    done += yield [pay(asset, operator, end, left * 9 // 10)]
    note = f"{len(investors)} investors paid a wallet in {asset.symbol}; the first were paid from the last"
    return _outcome(stage, done, [operator, end], _Books(asset, stakes, paid), note)


def nobody_came(stage: Stage) -> Story:
    """Two or three invest, nobody follows, and the operator gives all of it back."""
    operator, investors = yield from _gathered(stage, ETH, most=3)
    stakes = _stakes(stage, ETH, investors)
    done: list[Mined] = yield [pay(ETH, investor, operator, stakes[investor]) for investor in investors]
    yield from sleep(stage, round(between(stage, DAY, 5 * DAY)))
    done += yield [pay(ETH, operator, investor, stakes[investor]) for investor in investors]
    stage.cast.release(investors)
    note = f"{len(investors)} invested, nobody followed, all of it was given back"
    return Outcome(hashes(done), roles([operator], investors), note, succeeded=False)


@dataclass(frozen=True, slots=True)
class _Books:
    """What each investor paid in and got back, in units of `asset`."""

    asset: Asset
    stakes: Mapping[Address, int]
    paid: Mapping[Address, int]

    @property
    def losses(self) -> dict[Address, int]:
        """Of those who lost."""
        left = {i: stake - self.paid.get(i, 0) for i, stake in self.stakes.items()}
        return {i: amount for i, amount in left.items() if amount > 0}


VARIANTS = {
    "queue_contract": queue_contract,
    "investment_plan": investment_plan,
    "by_hand": by_hand,
    "nobody_came": nobody_came,
}


def _gathered(stage: Stage, asset: Asset, most: int = 20) -> Acts:
    """An operator with money for fees, and those who will invest, in the order in which they come."""
    operator = stage.fresh()
    yield from fund(stage, operator, stage.ether(0.5, 2))
    count = stage.rng.randint(2, most) if most < 8 else stage.rng.randint(8, most)
    return operator, (yield from people_with(stage, count, asset, 120))


def _stakes(stage: Stage, asset: Asset, investors: Sequence[Address]) -> dict[Address, int]:
    """A tenth to two thirds of what each holds, fees left out."""
    held = stage.miner.holdings((asset, investor) for investor in investors)
    spare = 0 if asset.address else stage.miner.fee(4 * SWAP_GAS, PLAIN_GAS)
    return {
        investor: int(max(0, amount - spare) * stage.rng.uniform(0.1, 0.65))
        for investor, amount in zip(investors, held, strict=True)
    }


def _waves(stage: Stage, investors: Sequence[Address]) -> list[Sequence[Address]]:
    """Three to five groups, each larger than the one before: word gets round."""
    count = stage.rng.randint(3, 5)
    total = count * (count + 1) // 2
    ends = [len(investors) * n * (n + 1) // 2 // total for n in range(count + 1)]
    groups = [investors[start:end] for start, end in pairwise(ends)]
    return [group for group in groups if group]


def _pause(stage: Stage, turn: int) -> Acts:
    """Minutes, or a few days after one of the first waves."""
    if turn < NIGHTS and stage.rng.random() < 0.5:
        yield from sleep(stage, round(between(stage, DAY, 7 * DAY)))
    else:
        yield from wait(stage.rng.randint(0, 2))


def _created(deployed: Sequence[Mined]) -> Address:
    created = deployed[0].created
    assert created is not None
    return created


def _outcome(
    stage: Stage, done: Sequence[Mined], attackers: Sequence[Address], books: _Books, note: str
) -> Outcome:
    """Who lost is a victim, who gained on the way an intermediary. Harm is done with the last payments in:
    until then everybody may still be paid."""
    stage.cast.release(books.stakes)
    losses = books.losses
    gainers = [investor for investor in books.stakes if investor not in losses]
    loss = sum(books.asset.usd(amount) for amount in losses.values())
    named = roles(attackers, losses, gainers)
    return Outcome(hashes(done), named, note, done[-1].hash, round(loss, 2))
