"""Flash-loan attacks: money that is borrowed and paid back in one transaction makes a protocol misjudge what
it holds, and pay for it.

Each of them pushes a pool and uses its price, by code that was deployed for the purpose: price manipulation
and a suspicious contract too.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.contracts import call, create, created
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.story_parts import flash_loans as flash
from ingest.localchain.story_parts.attackers import assailant, look_ordinary
from ingest.localchain.story_parts.cash_out import take_away
from ingest.localchain.story_parts.flash_loans import FLASH_GAS, Kind, Source
from ingest.localchain.story_parts.funding import between
from ingest.localchain.story_parts.random_draws import comes_to_nothing, rest
from ingest.localchain.story_parts.spot_price_protocols import (
    Market,
    Place,
    look,
    open_lender,
    open_vault,
    own_place,
    shared_place,
)
from ingest.localchain.world import pools
from ingest.localchain.world.clock import DAY, HOUR
from ingest.localchain.world.stage import Acts, Outcome, Stage, Story, hashes, roles, wait

CATEGORY = "flash-loan-attack"
WARM_UP = 20
LONGEST = 30
NIGHTS = 1

_ALSO = ("price-manipulation", "suspicious-contract")

LENDER_RAID = Own("raid", "LenderRaid", ("address",))
VAULT_RAID = Own("raid", "VaultRaid", ("address",))

_RUN = "run(uint8,address,uint256,uint256,uint256)"
_GREAT = (Kind.AAVE, Kind.UNISWAP_V2)
"""Sources that hold enough to push one of the world's great pools."""


def aave_loan_lender(stage: Stage) -> Story:
    """A loan of Aave's pushes the pool that a lender looks at, which then lends more than it holds for it."""
    return (yield from _against_lender(stage, Kind.AAVE))


def flash_swap_vault(stage: Stage) -> Story:
    """A Uniswap V2 flash swap pushes what a vault holds, whose new member leaves with the difference."""
    return (yield from _against_vault(stage, Kind.UNISWAP_V2))


def v3_flash_lender(stage: Stage) -> Story:
    """As the first, with a flash of Uniswap V3."""
    return (yield from _against_lender(stage, Kind.UNISWAP_V3))


def erc3156_vault(stage: Stage) -> Story:
    """As the second, with a loan of a small ERC-3156 lender."""
    return (yield from _against_vault(stage, Kind.ERC3156))


def flash_swap_lender(stage: Stage) -> Story:
    """As the first, with a Uniswap V2 flash swap."""
    return (yield from _against_lender(stage, Kind.UNISWAP_V2))


VARIANTS = {
    "aave_loan_lender": aave_loan_lender,
    "flash_swap_vault": flash_swap_vault,
    "v3_flash_lender": v3_flash_lender,
    "erc3156_vault": erc3156_vault,
    "flash_swap_lender": flash_swap_lender,
}


@dataclass(slots=True)
class _Raid:
    """What is done to `market` by `contract`: its calls, each (loan, second number) of `run`."""

    market: Market
    source: Source
    contract: Own
    calls: list[tuple[int, int]]
    done: list[Mined] = field(default_factory=list)


def _against_lender(stage: Stage, kind: Kind) -> Story:
    rng, fails = stage.rng, comes_to_nothing(stage.rng)
    place = yield from _place(stage, kind)
    source = yield from flash.source(stage, kind, place.money, place.pair)
    there, _ = place.reserves(stage)
    push = min(pools.amount_to_push(there, int(100 * (between(stage, 2.5, 9) - 1))), source.most)
    # Price goes with the square of the reserve; what is bought is then pledged for 60 % or more.
    pledgeable = 0.6 * push * (there + push) / there
    loot = int(pledgeable * rng.uniform(0.15, 0.75))
    market = yield from open_lender(stage, place, int(loot * rng.uniform(0.9, 1.8)), is_careful=fails)
    rounds = rng.choice((1, 1, 1, 2, 3))
    calls = [(push, loot // rounds)] * rounds
    return (yield from _carry_out(stage, _Raid(market, source, LENDER_RAID, calls), fails))


def _against_vault(stage: Stage, kind: Kind) -> Story:
    rng, fails = stage.rng, comes_to_nothing(stage.rng)
    place = yield from _place(stage, kind)
    source = yield from flash.source(stage, kind, place.money, place.pair)
    there, tokens = place.reserves(stage)
    if place.is_own:
        times = between(stage, 1.3, 4)
        invested = stage.holding(place.token, place.maker) * rng.randint(30, 100) // 100
    else:
        times, invested = between(stage, 1.2, 1.6), place.token.units(between(stage, 1e6, 8e6))
    worth = invested * there // tokens
    market = yield from open_vault(stage, place, int(worth * rng.uniform(0.5, 2)), invested, is_careful=fails)
    push = min(pools.amount_to_push(there, int(100 * (times - 1))), source.most // 2)
    joined = min(int(worth * rng.uniform(3, 12)), source.most - push)
    calls = [(push + joined, push)]
    return (yield from _carry_out(stage, _Raid(market, source, VAULT_RAID, calls), fails))


def _place(stage: Stage, kind: Kind) -> Acts:
    if kind in _GREAT and stage.rng.random() < 0.3:
        return (yield from shared_place(stage))
    return (yield from own_place(stage))


def _carry_out(stage: Stage, raid: _Raid, fails: bool) -> Story:
    """Somebody deploys the contract, at once or days before, calls it, and takes away what it brought."""
    thief = yield from _thief(stage)
    money = raid.market.place.money
    (made,) = yield [create(thief, raid.contract, raid.market.address)]
    raider = created(made)
    yield from rest(stage, _sleeps(stage), blocks=3)
    if fails:
        yield [look(raid.market)]
    before = raid.market.worth(stage)
    runs = yield from _run(stage, raid, thief, raider)
    loss = before - raid.market.worth(stage)
    harm = next((one.hash for one in runs if one.ok), None)
    yield from wait(stage.rng.randint(0, 2))
    moved, wallets = yield from take_away(stage, thief, money)
    stage.cast.leave([thief])
    named = roles(
        [thief, raider, *wallets], victims=[raid.market.address],
        infrastructure=[raid.source.lender, raid.market.place.pair],
    )  # fmt: skip
    note = _note(raid, "it refused a price that it had not seen" if fails else f"{len(runs)} runs")
    done, lost = hashes([made, *runs, *moved]), round(loss, 2) if harm else 0.0
    return Outcome(done, named, note, harm, lost, harm is not None, _ALSO)


def _thief(stage: Stage) -> Acts:
    thief: Address = yield from assailant(stage, stage.ether(0.5, 4))
    yield from look_ordinary(stage, thief)
    return thief


def _sleeps(stage: Stage) -> int:
    """Seconds between the contract and its use, in a third of the raids: some wait for days."""
    return int(between(stage, 2 * HOUR, 4 * DAY)) if stage.rng.random() < 0.33 else 0


def _run(stage: Stage, raid: _Raid, thief: Address, raider: Address) -> Acts:
    source, runs = raid.source, []
    for loan, second in raid.calls:
        arguments = (int(source.kind), source.lender, loan, second, 1)
        runs += yield [call(thief, raider, _RUN, *arguments, gas=FLASH_GAS)]
        yield from wait(stage.rng.randint(0, 1))
    return runs


def _note(raid: _Raid, end: str) -> str:
    place: Place = raid.market.place
    loan = place.money.usd(raid.calls[0][0])
    what = "its own token's" if place.is_own else f"{place.token.symbol}/WETH"
    return f"a loan of {loan:,.0f} dollars in {place.money.symbol}; the protocol's pool is {what}; {end}"
