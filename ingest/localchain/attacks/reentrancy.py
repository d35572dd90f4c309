"""Reentrancy: a bank that pays before it books is entered again while it pays, and pays again.

Code that was deployed for the purpose enters it: a suspicious contract too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.localchain.chain.actions import Asset, Transaction, pay
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.contracts import call, create, created
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.story_parts.attack_contracts import CROSS_RAIDER, HOOK_RAIDER, RAIDER, STRIKE_GAS
from ingest.localchain.story_parts.attackers import assailant, look_ordinary
from ingest.localchain.story_parts.banks import Care, HookBank, hooked, open_bank, open_hook_bank
from ingest.localchain.story_parts.funding import between, withdrawal
from ingest.localchain.story_parts.random_draws import comes_to_nothing
from ingest.localchain.story_parts.treasuries import PROXY
from ingest.localchain.world.clock import DAY, HOUR
from ingest.localchain.world.stage import ETHER, Outcome, Stage, Story, hashes, roles, sleep, wait
from ingest.localchain.world.world import ETH

CATEGORY = "reentrancy"
WARM_UP = 20
LONGEST = 30
NIGHTS = 2

_BANK_ETHER = (2, 600)
_BANK_USD = (5_000, 1_500_000)
_DEPTHS = (2, 11)


@dataclass(frozen=True, slots=True)
class _Strike:
    """One transaction: `stake` is deposited, and withdrawn `depth` times."""

    stake: int
    depth: int

    @property
    def loot(self) -> int:
        return self.stake * (self.depth - 1)


_Raid = Callable[[_Strike], list[Transaction]]
"""A strike's transactions: the last but one enters the bank, the last one brings the loot home."""


@dataclass(frozen=True, slots=True)
class _Plot:
    """Who robs what; `tokens` are contracts in between. `sleepy`: hours or days may lie between strikes."""

    asset: Asset
    bank: Address
    attackers: list[Address]
    tokens: Sequence[Address] = ()
    sleepy: bool = False


def single_function(stage: Stage) -> Story:
    """`withdraw` is called again from inside of itself."""
    return (yield from _native(stage, RAIDER, Care.NONE))


def cross_function(stage: Stage) -> Story:
    """`withdraw` is locked; while it pays, the balance it has not yet booked goes to a second contract."""
    return (yield from _native(stage, CROSS_RAIDER, Care.ONE_FUNCTION))


def behind_proxy(stage: Stage) -> Story:
    """The raiding contract lies behind a proxy, deployed hours or days before, and takes small parts."""
    return (yield from _native(stage, RAIDER, Care.NONE, with_proxy=True))


def hook_token(stage: Stage) -> Story:
    """A token bank is entered again from the hook of a token that calls its receiver, as ERC-777 does."""
    care = Care.BOOKS_FIRST if comes_to_nothing(stage.rng) else Care.NONE
    bank: HookBank = yield from open_hook_bank(stage, care, between(stage, *_BANK_USD))
    token = Asset("", bank.token, 0)
    strikes = _plan(stage, stage.holding(token, bank.bank))
    stake = max(strike.stake for strike in strikes)
    thief = yield from assailant(stage, ETHER)
    yield withdrawal(stage, thief, bank.underlying, 1.01 * bank.underlying.usd(stake) + 1)
    yield from look_ordinary(stage, thief)
    done: list[Mined] = yield [create(thief, HOOK_RAIDER, bank.bank, bank.token)]
    raider = created(done[0])

    def raid(strike: _Strike) -> list[Transaction]:
        return [
            *hooked(bank, thief, strike.stake),
            pay(token, thief, raider, strike.stake),
            call(thief, raider, "raid(uint256,uint256)", strike.stake, strike.depth, gas=STRIKE_GAS),
            call(thief, raider, "collect()"),
        ]

    plot = _Plot(bank.underlying, bank.bank, [thief, raider], [bank.token])
    return (yield from _raids(stage, plot, strikes, raid, done))


VARIANTS = {
    "single_function": single_function,
    "cross_function": cross_function,
    "hook_token": hook_token,
    "behind_proxy": behind_proxy,
}


def _native(stage: Stage, code: Own, flaw: Care, with_proxy: bool = False) -> Story:
    """A bank of native value with that flaw, or sometimes without it, and who raids it with `code`."""
    care = Care.BOOKS_FIRST if comes_to_nothing(stage.rng) else flaw
    bank = yield from open_bank(stage, care, ETH.units(between(stage, *_BANK_ETHER) * 2_500))
    strikes = _plan(stage, stage.holding(ETH, bank), most_share=0.2 if with_proxy else 1)
    thief = yield from assailant(stage, max(strike.stake for strike in strikes) + ETHER // 2)
    yield from look_ordinary(stage, thief)
    done: list[Mined] = yield [create(thief, code, bank)]
    contracts = [created(done[0])]
    if with_proxy:
        done += yield [create(thief, PROXY, contracts[0], b"")]
        contracts.append(created(done[-1]))
        yield from sleep(stage, stage.rng.randint(2 * HOUR, 5 * DAY))

    def raid(strike: _Strike) -> list[Transaction]:
        into, depth, stake = contracts[-1], strike.depth, strike.stake
        return [
            call(thief, into, "raid(uint256)", depth, value=stake, gas=STRIKE_GAS),
            call(thief, into, "collect()"),
        ]

    plot = _Plot(ETH, bank, [thief, *contracts], sleepy=with_proxy)
    return (yield from _raids(stage, plot, strikes, raid, done))


def _raids(stage: Stage, plot: _Plot, strikes: list[_Strike], raid: _Raid, done: list[Mined]) -> Story:
    """Each strike in a block of its own, until one fails; `done` is what was done before."""
    harm, loot, failed = None, 0, False
    for number, strike in enumerate(strikes):
        if number == 1 and plot.sleepy and stage.rng.random() < 0.5:
            yield from sleep(stage, stage.rng.randint(HOUR, 2 * DAY))
        struck = yield raid(strike)
        done += struck
        if not struck[-2].ok:
            failed = True
            break
        harm = harm or struck[-2].hash
        loot += strike.loot
        yield from wait(stage.rng.randint(0, 3))
    stage.cast.leave(plot.attackers[:1])
    depths = ", ".join(str(strike.depth) for strike in strikes)
    note = "the bank books first: the strike reverts" if failed else f"entered {depths} deep"
    named = roles(plot.attackers, [plot.bank], infrastructure=plot.tokens)
    return Outcome(
        hashes(done), named, note, harm, plot.asset.usd(loot), not failed, ("suspicious-contract",)
    )


def _plan(stage: Stage, held: int, most_share: float = 1) -> list[_Strike]:
    """One to three strikes that together take from a thousandth to all of what the bank holds."""
    count = stage.rng.choice((1, 1, 1, 2, 3))
    share = most_share if stage.rng.random() < 0.4 else between(stage, 0.001, most_share)
    strikes = []
    for _ in range(count):
        depth = stage.rng.randint(*_DEPTHS)
        part = held * int(share * 10**6) // 10**6 // count
        strikes.append(_Strike(part // (depth - 1), depth))
    return strikes
