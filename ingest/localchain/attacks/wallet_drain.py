"""Wallet drain: several people who have nothing to do with each other lose everything to one new address."""

from __future__ import annotations

from ingest.localchain.actions import PLAIN_GAS, Transaction, approve, pay, pull
from ingest.localchain.cast import Person
from ingest.localchain.miner import Mined
from ingest.localchain.stage import Acts, Outcome, Stage, Story, hashes, in_pairs, roles, wait
from ingest.localchain.wallet import Address
from ingest.localchain.world import ETH

CATEGORY = "wallet-drain"
WARM_UP = 25
LONGEST = 26

_VICTIMS = (5, 9)
_LEAST_USD = 200


def stolen_keys(stage: Stage) -> Story:
    """The thief has the keys: each victim's own transactions send away each token, then the native value."""
    victims, thief = (yield from _choose_victims(stage)), stage.fresh()
    stolen: list[Mined] = []
    loss = 0.0
    for victim in victims:
        loss += _worth(stage, victim)
        stolen += yield stage.send_all(victim, thief)
        yield from wait(stage.rng.randint(0, 2))
    stage.cast.leave(victims)
    note = f"{len(victims)} wallets emptied by their own keys, one after the other"
    return Outcome(hashes(stolen), roles([thief], victims), note, stolen[0].hash, round(loss, 2))


def phished_approvals(stage: Stage) -> Story:
    """Victims approve a spender and "verify" with their native value; then it pulls their tokens."""
    victims, collector = (yield from _choose_victims(stage)), stage.fresh()
    spender = stage.dormant(stage.ether(1, 3))
    loss = sum(_worth(stage, victim) for victim in victims)
    done: list[Mined] = []
    harm = ""
    for pair in in_pairs(victims):
        signed = yield [t for victim in pair for t in _sign(stage, victim, spender, collector)]
        done += signed
        harm = harm or signed[-1].hash
        yield from wait(stage.rng.randint(0, 1))
    for pair in in_pairs(victims):
        done += yield [t for victim in pair for t in _pull_all(stage, victim, spender, collector)]
    stage.cast.leave(victims)
    note = f"{len(victims)} wallets approved one spender, which pulled everything to a collector"
    return Outcome(hashes(done), roles([collector, spender], victims), note, harm, round(loss, 2))


VARIANTS = {"stolen_keys": stolen_keys, "phished_approvals": phished_approvals}


def _choose_victims(stage: Stage) -> Acts:
    """Active people with something to lose, none known to another. They belong to this story."""
    people = stage.holders(stage.cast.veterans(stage.rng), ETH, _LEAST_USD)
    chosen: list[Person] = []
    for person in people:
        if not any(person.knows(one) for one in chosen):
            chosen.append(person)
    victims = [person.address for person in chosen[: stage.rng.randint(*_VICTIMS)]]
    stage.cast.reserve(victims)
    yield []  # what they did before they were reserved is in this block
    return victims


def _worth(stage: Stage, victim: Address) -> float:
    assets = stage.world.assets
    held = stage.miner.holdings((asset, victim) for asset in assets)
    return sum(asset.usd(amount) for asset, amount in zip(assets, held, strict=True))


def _sign(stage: Stage, victim: Address, spender: Address, collector: Address) -> list[Transaction]:
    """An approval for each token held, then all native value but the fees."""
    approvals = [approve(token, victim, spender) for token, _ in _tokens(stage, victim)]
    left = stage.spendable(victim, *(t.gas for t in approvals), PLAIN_GAS)
    return [*approvals, pay(ETH, victim, collector, left)]


def _pull_all(stage: Stage, victim: Address, spender: Address, collector: Address) -> list[Transaction]:
    return [pull(token, spender, victim, collector, held) for token, held in _tokens(stage, victim)]


def _tokens(stage: Stage, victim: Address) -> list[tuple[Address, int]]:
    """Each token the victim holds, with the amount."""
    tokens = [asset for asset in stage.world.assets if asset.address]
    held = stage.miner.holdings((token, victim) for token in tokens)
    return [(t.address, n) for t, n in zip(tokens, held, strict=True) if n and t.address]
