"""Honest schemes that take from many and pay many: what they pay out was earned, or given for the purpose."""

from __future__ import annotations

from ingest.localchain.chain.actions import DEPLOY_GAS, SWAP_GAS, TOKEN_GAS, Asset, Transaction, approve, pay
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import call_data
from ingest.localchain.story_parts.funding import between, fund, people_with
from ingest.localchain.world.clock import DAY
from ingest.localchain.world.stage import Outcome, Stage, Story, hashes, roles, sleep

CATEGORY = "ponzi"
WARM_UP = 25
LONGEST = 30
NIGHTS = 3

_SAVINGS = Own("allowance", "Savings", ("address",))
_STANDING = Own("allowance", "Standing")


def real_yield(stage: Stage) -> Story:
    """A savings contract whose yield comes from outside: its business pays in, savers take out more."""
    asset = stage.rng.choice(stage.world.tokens[:3])
    savers = yield from people_with(stage, stage.rng.randint(5, 12), asset, 100)
    business = stage.fresh()
    yield from fund(stage, business, stage.ether(0.4, 1))
    done: list[Mined] = yield [Transaction(business, None, _SAVINGS.deployment(asset.token), gas=DEPLOY_GAS)]
    savings = done[0].created
    assert savings is not None
    held = stage.miner.holdings((asset, saver) for saver in savers)
    stakes = {s: int(n * stage.rng.uniform(0.1, 0.6)) for s, n in zip(savers, held, strict=True)}
    for half in (savers[::2], savers[1::2]):
        done += yield [approve(asset.token, saver, savings) for saver in half]
        calls = {saver: call_data("deposit(uint256)", stakes[saver]) for saver in half}
        done += yield [Transaction(saver, savings, data, gas=SWAP_GAS) for saver, data in calls.items()]
        yield from sleep(stage, round(between(stage, DAY, 10 * DAY)))
        earned = sum(stakes.values()) * stage.rng.randint(1, 6) // 100
        done += yield [pay(asset, stage.exchange.hot, savings, earned)]
    shares = stage.miner.holdings((Asset("hSAVE", savings, 0), saver) for saver in savers)
    out = {s: call_data("withdraw(uint256)", share) for s, share in zip(savers, shares, strict=True)}
    done += yield [Transaction(saver, savings, data, gas=SWAP_GAS) for saver, data in out.items()]
    stage.cast.release(savers)
    note = f"{len(savers)} savers of {asset.symbol} get back what they gave and what a business earned"
    return Outcome(hashes(done), roles(intermediaries=savers, infrastructure=[business, savings]), note)


def streaming_payroll(stage: Stage) -> Story:
    """A contract, filled by one employer, pays many employees again and again."""
    asset = stage.rng.choice(stage.world.tokens[:3])
    employees = yield from people_with(stage, stage.rng.randint(5, 12), asset, 20)
    employer = stage.fresh()
    yield from fund(stage, employer, stage.ether(0.4, 1))
    done: list[Mined] = yield [Transaction(employer, None, _STANDING.deployment(), gas=DEPLOY_GAS)]
    payroll = done[0].created
    assert payroll is not None
    wages = [asset.units(round(between(stage, 50, 3_000))) for _ in employees]
    done += yield [pay(asset, stage.exchange.hot, payroll, (NIGHTS + 1) * sum(wages))]
    for week in range(NIGHTS + 1):
        data = call_data("stream(address,address[],uint256[])", asset.token, employees, wages)
        done += yield [Transaction(employer, payroll, data, gas=SWAP_GAS + len(wages) * TOKEN_GAS)]
        if week < NIGHTS:
            yield from sleep(stage, 7 * DAY)
    stage.cast.release(employees)
    note = f"{len(employees)} employees paid {NIGHTS + 1} times by a contract that one employer filled"
    return Outcome(hashes(done), roles(intermediaries=employees, infrastructure=[employer, payroll]), note)


VARIANTS = {"real_yield": real_yield, "streaming_payroll": streaming_payroll}
