"""Honest doings that look like a drain: many wallets send all they have to one address, as they should."""

from __future__ import annotations

from ingest.localchain.chain import artifacts
from ingest.localchain.chain.actions import (
    DEPLOY_GAS,
    SWAP_GAS,
    TOKEN_GAS,
    Asset,
    Transaction,
    approve,
    mint,
    pay,
    sell,
)
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.honest.customers import sweeps
from ingest.localchain.story_parts.funding import people_with
from ingest.localchain.world.stage import Acts, Outcome, Stage, Story, hashes, in_pairs, roles, wait
from ingest.localchain.world.world import ETH

CATEGORY = "wallet-drain"
WARM_UP = 25
LONGEST = 26

_LEAST_USD = 50


def deposit_sweeps(stage: Stage) -> Story:
    """Ten customers deposit to addresses made for it, which the exchange then empties into its hot wallet."""
    people = yield from people_with(stage, 10, ETH, _LEAST_USD)
    made = [(customer, stage.fresh()) for customer in people]
    yield [pay(ETH, who, there, stage.spendable(who, TOKEN_GAS) // 10) for who, there in made]
    stage.cast.release(people)
    yield from wait(stage.rng.randint(0, 2))
    deposits = [there for _, there in made]
    done: list[Mined] = yield sweeps(stage, [(ETH, there) for there in deposits[:5]])
    yield from wait(stage.rng.randint(0, 2))
    done += yield sweeps(stage, [(ETH, there) for there in deposits[5:]])
    note = f"an exchange sweeps {len(deposits)} deposit addresses"
    named = roles(intermediaries=deposits, infrastructure=[stage.exchange.hot])
    return Outcome(hashes(done), named, note)


def migration(stage: Stage) -> Story:
    """Holders hand in all they have of a token and get as much of its second version."""
    old, holders = yield from _holders_of_one(stage)
    project = stage.dormant(stage.ether(2, 4))
    yield []
    code = artifacts.TOKEN.deployment("Second Edition", "V2")
    done: list[Mined] = yield [Transaction(project, None, code, gas=DEPLOY_GAS)]
    new = done[0].created
    assert new is not None
    for pair in in_pairs(holders):
        amounts = stage.miner.holdings((old, holder) for holder in pair)
        given = list(zip(pair, amounts, strict=True))
        done += yield [pay(old, holder, project, amount) for holder, amount in given]
        done += yield [mint(new, project, holder, amount) for holder, amount in given]
    stage.cast.release(holders)
    note = f"{len(holders)} holders exchange all their {old.symbol} for its second version"
    return Outcome(hashes(done), roles(intermediaries=holders, infrastructure=[project]), note)


def sell_off(stage: Stage) -> Story:
    """Bad news: holders sell all they have of one token to the same pool, each for native value."""
    token, holders = yield from _holders_of_one(stage)
    done: list[Mined] = []
    for pair in in_pairs(holders):
        done += yield [t for holder in pair for t in _sale(stage, token, holder)]
        yield from wait(stage.rng.randint(0, 1))
    stage.cast.release(holders)
    note = f"{len(holders)} holders sell all their {token.symbol} to one pool"
    return Outcome(hashes(done), roles(intermediaries=holders, infrastructure=[stage.world.router]), note)


def consolidation(stage: Stage) -> Story:
    """One owner gives money to own wallets, uses them for a while, and gathers everything in a new one."""
    owner, vault = stage.dormant(stage.ether(30, 60)), stage.fresh()
    own = [stage.fresh() for _ in range(stage.rng.randint(5, 8))]
    yield []
    done: list[Mined] = yield [pay(ETH, owner, wallet, stage.ether(0.5, 3)) for wallet in own]
    yield from wait(1)
    friends = [person.address for person in stage.cast.active(stage.rng, len(own))]
    done += yield [
        pay(ETH, w, friend, stage.ether(0.05, 0.2)) for w, friend in zip(own, friends, strict=False)
    ]
    done += yield [pay(ETH, owner, vault, stage.ether(1, 2))]
    yield from wait(stage.rng.randint(1, 3))
    for pair in in_pairs(own):
        done += yield [t for wallet in pair for t in stage.send_all(wallet, vault)]
    note = f"one owner gathers {len(own)} own wallets, all of which he had funded"
    return Outcome(hashes(done), roles(intermediaries=own, infrastructure=[owner, vault]), note)


VARIANTS = {
    "deposit_sweeps": deposit_sweeps,
    "migration": migration,
    "sell_off": sell_off,
    "consolidation": consolidation,
}


def _holders_of_one(stage: Stage) -> Acts:
    """A token, and six to nine of its holders, who are this story's from now on."""
    token = stage.rng.choice(stage.world.tokens[2:])
    holders = yield from people_with(stage, stage.rng.randint(6, 9), token, _LEAST_USD)
    yield []  # what they did before they were reserved is in this block
    return token, holders


def _sale(stage: Stage, token: Asset, holder: Address) -> list[Transaction]:
    amount = stage.holding(token, holder)
    if token.address is None or not amount or not stage.spendable(holder, TOKEN_GAS, SWAP_GAS):
        return []
    router, path = stage.world.router, [token.address, stage.world.weth]
    return [approve(token.address, holder, router), sell(router, holder, path, amount)]
