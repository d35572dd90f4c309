"""Honest allowances: many owners let one young spender have their tokens, and get what they came for."""

from __future__ import annotations

from ingest.localchain.chain.actions import DEPLOY_GAS, SWAP_GAS, Asset, Transaction, approve, sell
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import call_data
from ingest.localchain.story_parts.funding import between, fund, people_with
from ingest.localchain.world.clock import DAY, HOUR
from ingest.localchain.world.stage import Outcome, Stage, Story, hashes, roles, sleep, wait

CATEGORY = "approval-phishing"
WARM_UP = 25
LONGEST = 28
NIGHTS = 1

_SAVINGS = Own("allowance", "Savings", ("address",))


def router(stage: Stage) -> Story:
    """People approve Uniswap's router and sell, each for themselves."""
    asset = stage.rng.choice(stage.world.tokens[:4])
    people = yield from people_with(stage, stage.rng.randint(3, 8), asset, 100)
    amounts = [int(held * stage.rng.uniform(0.1, 0.6)) for held in _held(stage, asset, people)]
    done: list[Mined] = yield [approve(asset.token, who, stage.world.router) for who in people]
    yield from wait(stage.rng.randint(0, 2))
    path = [asset.token, stage.world.weth]
    pairs = zip(people, amounts, strict=True)
    done += yield [sell(stage.world.router, who, path, amount) for who, amount in pairs]
    stage.cast.release(people)
    note = f"{len(people)} people approve the router and sell {asset.symbol}"
    named = roles(intermediaries=people, infrastructure=[stage.world.router])
    return Outcome(hashes(done), named, note)


def new_savings(stage: Stage) -> Story:
    """A protocol opened minutes ago takes deposits by allowance and gives shares in the same transaction."""
    return (yield from _savings(stage, comes_back=False))


def savings_withdrawn(stage: Stage) -> Story:
    """The same, and some days later its users take their deposits out again."""
    return (yield from _savings(stage, comes_back=True))


VARIANTS = {"router": router, "new_savings": new_savings, "savings_withdrawn": savings_withdrawn}


def _savings(stage: Stage, comes_back: bool) -> Story:
    asset = stage.rng.choice(stage.world.tokens[:3])
    builder = stage.fresh()
    yield from fund(stage, builder, stage.ether(0.3, 1))
    people = yield from people_with(stage, stage.rng.randint(3, 9), asset, 100)
    done: list[Mined] = yield [Transaction(builder, None, _SAVINGS.deployment(asset.token), gas=DEPLOY_GAS)]
    savings = done[0].created
    assert savings is not None
    for person, held in zip(people, _held(stage, asset, people), strict=True):
        amount = int(held * stage.rng.uniform(0.2, 1))
        deposit = Transaction(person, savings, call_data("deposit(uint256)", amount), gas=SWAP_GAS)
        done += yield [approve(asset.token, person, savings), deposit]
    if comes_back:
        yield from sleep(stage, round(between(stage, 6 * HOUR, 6 * DAY)))
        shares = _held(stage, Asset("hSAVE", savings, 0), people)
        done += yield [
            Transaction(person, savings, call_data("withdraw(uint256)", share), gas=SWAP_GAS)
            for person, share in zip(people, shares, strict=True)
        ]
    stage.cast.release(people)
    note = f"{len(people)} people save {asset.symbol} with a protocol just opened, and get shares at once"
    return Outcome(hashes(done), roles(intermediaries=people, infrastructure=[builder, savings]), note)


def _held(stage: Stage, asset: Asset, people: list[str]) -> list[int]:
    return stage.miner.holdings((asset, person) for person in people)
