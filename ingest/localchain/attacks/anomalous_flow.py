"""Anomalous flows: bursts of payments unlike what the wallets, the pairs or the token did before."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.localchain.chain.actions import DEPLOY_GAS, PLAIN_GAS, TOKEN_GAS, Asset, Transaction, mint, pay
from ingest.localchain.chain.artifacts import TOKEN
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.story_parts.funding import between, fund
from ingest.localchain.story_parts.money_trails import stuck
from ingest.localchain.story_parts.random_draws import comes_to_nothing, naps, rest, split
from ingest.localchain.world.stage import ETHER, Acts, Outcome, Stage, Story, hashes, roles, wait
from ingest.localchain.world.world import ETH

CATEGORY = "anomalous-flow"
WARM_UP = 60
LONGEST = 24
NIGHTS = 1


def waking_whale(stage: Stage) -> Story:
    """Silent since before the chain was watched, then dozens of large payments within minutes."""
    whale = stage.dormant(int(between(stage, 300, 8_000) * ETHER))
    yield []
    if comes_to_nothing(stage.rng):
        return (yield from _failing(stage, whale))
    count = stage.rng.randint(15, 60)
    left = int(stage.spendable(whale, *[PLAIN_GAS] * count) * stage.rng.uniform(0.5, 0.99))
    some = [stage.fresh() for _ in range(stage.rng.randint(5, count))]
    parts = split(stage.rng, left, count, 0.9)
    payments = [pay(ETH, whale, stage.rng.choice(some), part) for part in parts]
    done = yield from _burst(stage, payments, stage.rng.randint(1, 5))
    note = f"{count} payments of a whale that had slept, {ETH.usd(left):,.0f} dollars"
    return Outcome(hashes(done), roles([whale], intermediaries=some), note)


def storm_of_crumbs(stage: Stage) -> Story:
    """A swarm of wallets sends crumbs to another swarm, many hundred in few blocks."""
    senders = [stage.dormant(stage.ether(0.05, 0.3)) for _ in range(stage.rng.randint(4, 20))]
    yield []
    if comes_to_nothing(stage.rng):
        return (yield from _failing(stage, senders[0]))
    receivers = [stage.fresh() for _ in range(stage.rng.randint(20, 80))]
    count = stage.rng.randint(120, 400)
    crumb = between(stage, 0.0001, 0.05)
    payments = [
        pay(ETH, senders[n % len(senders)], stage.rng.choice(receivers), ETH.units(crumb) + n)
        for n in range(count)
    ]
    done = yield from _burst(stage, payments, stage.rng.randint(3, 8))
    note = f"{count} crumbs of {len(senders)} wallets to {len(receivers)}"
    return Outcome(hashes(done), roles(senders, intermediaries=receivers), note)


def sudden_token(stage: Stage) -> Story:
    """A token nobody had heard of is in hundreds of hands within minutes, and goes to and fro among them."""
    issuer = stage.fresh()
    yield from fund(stage, issuer, stage.ether(2, 5))
    if comes_to_nothing(stage.rng):
        return (yield from _failing(stage, issuer))
    done: list[Mined] = yield [
        Transaction(issuer, None, TOKEN.deployment("Undertide", "TIDE"), gas=DEPLOY_GAS)
    ]
    created = done[0].created
    assert created is not None
    token, hands = Asset("TIDE", created, 0), [stage.fresh() for _ in range(stage.rng.randint(15, 40))]
    done += yield [mint(created, issuer, issuer, 10**9 * ETHER)]
    fees = stage.miner.fee(*[TOKEN_GAS] * 12)
    done += yield [pay(ETH, issuer, hand, fees) for hand in hands]
    done += yield [pay(token, issuer, hand, 10**6 * ETHER) for hand in hands]
    passed = [_toss(stage, token, hands) for _ in range(stage.rng.randint(60, 10 * len(hands)))]
    done += yield from _burst(stage, passed, stage.rng.randint(2, 6))
    note = f"a new token goes {len(passed)} times to and fro among {len(hands)} wallets"
    return Outcome(hashes(done), roles([issuer, *hands]), note)


def hammering_pair(stage: Stage) -> Story:
    """Two wallets that had paid each other now and then do so hundreds of times, after a long silence."""
    pair = [stage.dormant(stage.ether(2, 30)) for _ in range(2)]
    yield []
    done: list[Mined] = []
    for payer, payee in (pair, pair[::-1]):
        done += yield [pay(ETH, payer, payee, stage.ether(0.01, 0.1))]
        yield from wait(stage.rng.randint(0, 2))
    yield from rest(stage, naps(stage, 2, 1).get(0, 0))
    if comes_to_nothing(stage.rng):
        return (yield from _failing(stage, pair[0]))
    count, most = stage.rng.randint(80, 300), between(stage, 0.0005, 0.01)
    payments = [
        pay(ETH, pair[n % 2], pair[1 - n % 2], int(stage.rng.uniform(0.1, 1) * most * ETHER))
        for n in range(count)
    ]
    done += yield from _burst(stage, payments, stage.rng.randint(2, 6))
    note = f"{count} payments between two wallets that had made two"
    return Outcome(hashes(done), roles(pair), note)


VARIANTS = {
    "waking_whale": waking_whale,
    "storm_of_crumbs": storm_of_crumbs,
    "sudden_token": sudden_token,
    "hammering_pair": hammering_pair,
}


def _burst(stage: Stage, payments: Sequence[Transaction], blocks: int) -> Acts:
    """All of them within so many blocks, a pause of one here and there."""
    step = -(-len(payments) // blocks)
    done: list[Mined] = []
    for start in range(0, len(payments), step):
        done += yield list(payments[start : start + step])
        yield from wait(stage.rng.choice((0, 0, 1)))
    return done


def _toss(stage: Stage, token: Asset, hands: Sequence[Address]) -> Transaction:
    giver, taker = stage.rng.sample(hands, 2)
    return pay(token, giver, taker, stage.rng.randint(1, 1_000) * ETHER)


def _failing(stage: Stage, wallet: Address) -> Story:
    """A first payment arrives; of the burst that follows every one fails."""
    token = stage.rng.choice(stage.world.tokens)
    count = stage.rng.randint(10, 40)
    done: list[Mined] = yield [pay(ETH, wallet, stage.fresh(), ETHER // 1_000)]
    done += yield [stuck(stage, token, wallet) for _ in range(count)]
    note = f"a burst of {count} payments that all failed"
    return Outcome(hashes(done), roles([wallet]), note, succeeded=False)
