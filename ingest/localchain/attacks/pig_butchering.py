"""Pig butchering: over weeks a friend on the internet has the victim hand over ever larger sums.

Where the friend pulls by an allowance, to a third party and with nothing back, it is approval phishing too;
not where the victim pays into a platform by own acts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ingest.localchain.chain.actions import (
    DEPLOY_GAS,
    SWAP_GAS,
    UNLIMITED,
    Asset,
    Transaction,
    approve,
    pay,
    pull,
)
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address, call_data
from ingest.localchain.story_parts.funding import between, fund, people_with, withdrawal
from ingest.localchain.world.clock import DAY
from ingest.localchain.world.stage import Acts, Outcome, Stage, Story, hashes, roles, sleep, wait

CATEGORY = "pig-butchering"
WARM_UP = 22
LONGEST = 30
NIGHTS = 3

_PLATFORM = Own("ponzi", "Plan", ("address",))
_FIRST_USD = (80, 1_500)
_GROWTH = (1.4, 4.0)


def rising_pulls(stage: Stage) -> Story:
    """The victim approves a wallet "for the trading account"; it pulls more each time, days apart."""
    asset, (victim,) = yield from _victims(stage, 1)
    spender, collector = (yield from _operator(stage)), stage.fresh()
    limit = UNLIMITED if stage.rng.random() < 0.7 else asset.units(10**6)
    done: list[Mined] = yield [approve(asset.token, victim, spender, limit)]
    taken: list[int] = []
    for usd in _rising(stage):
        yield from _saved_up(stage, [victim], asset, usd)
        amount = asset.units(usd)
        done += yield [pull(asset.token, spender, victim, collector, amount)]
        taken.append(amount)
        yield from _days(stage, len(taken))
    note = f"{len(taken)} pulls of {asset.symbol} rising over {NIGHTS} rests of days"
    return _outcome(stage, done, [spender, collector], [victim], note, asset, taken, done[1])


def second_thoughts(stage: Stage) -> Story:
    """The victim approves, hesitates over a night or more, and revokes before the first pull."""
    asset, (victim,) = yield from _victims(stage, 1)
    spender, collector = (yield from _operator(stage)), stage.fresh()
    done: list[Mined] = yield [approve(asset.token, victim, spender)]
    yield from _days(stage, stage.rng.randint(1, NIGHTS + 1))
    done += yield [approve(asset.token, victim, spender, 0)]
    done += yield [pull(asset.token, spender, victim, collector, asset.units(between(stage, *_FIRST_USD)))]
    note = "the victim had second thoughts and revoked before the first pull"
    return _outcome(stage, done, [spender, collector], [victim], note, asset)


def fake_platform(stage: Stage) -> Story:
    """A "platform" contract pulls the victim's deposits and pays a little back once, as bait."""
    asset, (victim,) = yield from _victims(stage, 1)
    operator = yield from _operator(stage)
    deployed = yield [Transaction(operator, None, _PLATFORM.deployment(asset.token), gas=DEPLOY_GAS)]
    platform = deployed[0].created
    assert platform is not None
    done: list[Mined] = [*deployed, *(yield [approve(asset.token, victim, platform)])]
    taken: list[int] = []
    for usd in _rising(stage):
        yield from _saved_up(stage, [victim], asset, usd)
        amount = asset.units(usd)
        invested = call_data("invest(uint256)", amount)
        done += yield [Transaction(victim, platform, invested, gas=SWAP_GAS)]
        taken.append(amount)
        if len(taken) == 1:
            bait = amount // stage.rng.randint(4, 12)
            paid = call_data("pay(address[],uint256[])", [victim], [bait])
            done += yield [Transaction(operator, platform, paid, gas=SWAP_GAS)]
            taken.append(-bait)
        yield from _days(stage, len(taken) - 1)
    done += yield [Transaction(operator, platform, call_data("leave()"), gas=SWAP_GAS)]
    note = f"deposits of {asset.symbol} rising over {NIGHTS} rests of days, a little paid back as bait"
    told = _outcome(stage, done, [operator, platform], [victim], note, asset, taken, done[2])
    return replace(told, also=())


def several_victims(stage: Stage) -> Story:
    """One spender keeps two to four victims at once, at different stages, in turn."""
    asset, victims = yield from _victims(stage, stage.rng.randint(2, 4))
    spender, collector = (yield from _operator(stage)), stage.fresh()
    done: list[Mined] = yield [approve(asset.token, victim, spender) for victim in victims]
    taken: list[int] = []
    rises = {victim: _rising(stage) for victim in victims}
    for turn in range(NIGHTS + 1):
        sums = [rises[victim][turn] for victim in victims]
        yield from _saved_up(stage, victims, asset, max(sums))
        amounts = [asset.units(usd) for usd in sums]
        pairs = list(zip(victims, amounts, strict=True))
        stage.rng.shuffle(pairs)
        done += yield [pull(asset.token, spender, victim, collector, amount) for victim, amount in pairs]
        taken += amounts
        yield from _days(stage, turn + 1)
    note = f"{len(victims)} victims, each pulled from {NIGHTS + 1} times, rising"
    return _outcome(stage, done, [spender, collector], victims, note, asset, taken, done[len(victims)])


def by_hand(stage: Stage) -> Story:
    """The victim pays by hand as told, to a new wallet each time, after one small allowance as a "test"."""
    asset, (victim,) = yield from _victims(stage, 1)
    spender, collector = (yield from _operator(stage)), stage.fresh()
    first = asset.units(stage.rng.uniform(20, 60))
    done: list[Mined] = yield [approve(asset.token, victim, spender, first)]
    done += yield [pull(asset.token, spender, victim, collector, first)]
    taken, fronts = [first], [collector]
    for usd in _rising(stage)[1:]:
        yield from _days(stage, len(fronts))
        yield from _saved_up(stage, [victim], asset, usd)
        fronts.append(stage.fresh())
        amount = asset.units(usd)
        done += yield [pay(asset, victim, fronts[-1], amount)]
        taken.append(amount)
    note = f"one small pull, then {len(taken) - 1} payments by hand, each larger, to wallets of one gang"
    return _outcome(stage, done, [spender, *fronts], [victim], note, asset, taken, done[1])


VARIANTS = {
    "rising_pulls": rising_pulls,
    "fake_platform": fake_platform,
    "several_victims": several_victims,
    "by_hand": by_hand,
    "second_thoughts": second_thoughts,
}


def _victims(stage: Stage, count: int) -> Acts:
    """A stablecoin, and so many people who hold some of it."""
    asset = stage.rng.choice(stage.world.tokens[:3])
    return asset, (yield from people_with(stage, count, asset, 100))


def _operator(stage: Stage) -> Acts:
    operator = stage.fresh()
    yield from fund(stage, operator, stage.ether(0.3, 1))
    return operator


def _rising(stage: Stage) -> list[float]:
    """Dollars of each time: one more than there are nights, each larger than the one before."""
    sums = [between(stage, *_FIRST_USD)]
    for _ in range(NIGHTS):
        sums.append(sums[-1] * stage.rng.uniform(*_GROWTH))
    return sums


def _saved_up(stage: Stage, victims: Sequence[Address], asset: Asset, usd: float) -> Acts:
    """Whoever has too little takes it out of the exchange, as they were told to."""
    held = stage.miner.holdings((asset, victim) for victim in victims)
    short = [v for v, amount in zip(victims, held, strict=True) if asset.usd(amount) < 1.05 * usd]
    if short:
        yield [t for victim in short for t in withdrawal(stage, victim, asset, 1.2 * usd)]


def _days(stage: Stage, turn: int) -> Acts:
    """Two days to two weeks, as long as nights are left; minutes after that."""
    if turn <= NIGHTS:
        yield from sleep(stage, round(stage.rng.uniform(2 * DAY, 14 * DAY)))
    else:
        yield from wait(1)


def _outcome(
    stage: Stage,
    done: Sequence[Mined],
    attackers: Sequence[Address],
    victims: Sequence[Address],
    note: str,
    asset: Asset,
    taken: Sequence[int] = (),
    harm: Mined | None = None,
) -> Outcome:
    """`taken`: token units, what was paid back negative. `harm`: the first that takes; None in a failure."""
    stage.cast.release(victims)
    loss = sum(asset.usd(amount) if amount > 0 else -asset.usd(-amount) for amount in taken)
    first = harm.hash if harm else None
    named, lost = roles(attackers, victims), round(loss, 2)
    return Outcome(hashes(done), named, note, first, lost, harm is not None, ("approval-phishing",))
