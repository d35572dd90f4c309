"""Honest takings by one spender over weeks: what is agreed, or what gives its worth at once."""

from __future__ import annotations

from ingest.localchain.chain.actions import DEPLOY_GAS, SWAP_GAS, TOKEN_GAS, Transaction, approve
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address, call_data
from ingest.localchain.story_parts.funding import between, fund, people_with
from ingest.localchain.world.clock import DAY
from ingest.localchain.world.stage import Acts, Outcome, Stage, Story, hashes, roles, sleep

CATEGORY = "pig-butchering"
WARM_UP = 22
LONGEST = 30
NIGHTS = 3

_STANDING = Own("allowance", "Standing")
_SAVINGS = Own("allowance", "Savings", ("address",))


def subscription(stage: Stage) -> Story:
    """A service charges its customers the same fee each month."""
    asset = stage.rng.choice(stage.world.tokens[:3])
    customers = yield from people_with(stage, stage.rng.randint(2, 7), asset, 300)
    seller, service, deployed = yield from _opened(stage, _STANDING.deployment())
    fee = asset.units(round(between(stage, 5, 60)))
    done: list[Mined] = [*deployed, *(yield [approve(asset.token, who, service) for who in customers])]
    for month in range(NIGHTS + 1):
        data = call_data("charge(address,address[],uint256,address)", asset.token, customers, fee, seller)
        done += yield [Transaction(seller, service, data, gas=SWAP_GAS + len(customers) * TOKEN_GAS)]
        if month < NIGHTS:
            yield from sleep(stage, 30 * DAY)
    stage.cast.release(customers)
    note = f"{len(customers)} customers charged the same fee {NIGHTS + 1} times, a month apart"
    named = roles(intermediaries=customers, infrastructure=[seller, service])
    return Outcome(hashes(done), named, note)


def savings_plan(stage: Stage) -> Story:
    """Somebody saves more each week with a protocol that gives shares at once, then takes it all out."""
    asset = stage.rng.choice(stage.world.tokens[:3])
    (saver,) = yield from people_with(stage, 1, asset, 400)
    builder, savings, deployed = yield from _opened(stage, _SAVINGS.deployment(asset.token))
    done: list[Mined] = [*deployed, *(yield [approve(asset.token, saver, savings)])]
    share = stage.rng.uniform(0.02, 0.05)
    for _week in range(NIGHTS):
        amount = int(stage.holding(asset, saver) * share)
        data = call_data("deposit(uint256)", amount)
        done += yield [Transaction(saver, savings, data, gas=SWAP_GAS)]
        share *= stage.rng.uniform(1.5, 2.5)
        yield from sleep(stage, 7 * DAY)
    shares = stage.miner.number(savings, "balanceOf(address)", saver)
    done += yield [Transaction(saver, savings, call_data("withdraw(uint256)", shares), gas=SWAP_GAS)]
    stage.cast.release([saver])
    note = f"{NIGHTS} rising deposits a week apart, each answered by shares, and all of it taken out"
    named = roles(intermediaries=[saver], infrastructure=[builder, savings])
    return Outcome(hashes(done), named, note)


VARIANTS = {"subscription": subscription, "savings_plan": savings_plan}


def _opened(stage: Stage, code: str) -> Acts:
    """Somebody honest deploys a contract: who, where, and the deployment."""
    builder: Address = stage.fresh()
    yield from fund(stage, builder, stage.ether(0.3, 1))
    deployed = yield [Transaction(builder, None, code, gas=DEPLOY_GAS)]
    return builder, deployed[0].created, deployed
