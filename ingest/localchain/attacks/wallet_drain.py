"""Wallet drain: several people who have nothing to do with each other lose what they have to one thief."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ingest.localchain.chain.actions import (
    DEPLOY_GAS,
    PLAIN_GAS,
    TOKEN_GAS,
    Asset,
    Transaction,
    approve,
    pay,
    pull,
)
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address, call_data
from ingest.localchain.story_parts.funding import fund
from ingest.localchain.story_parts.random_draws import comes_to_nothing, naps, rest
from ingest.localchain.story_parts.victims import tokens_of, unrelated, worth
from ingest.localchain.world.stage import Acts, Outcome, Stage, Story, hashes, in_pairs, roles, wait
from ingest.localchain.world.world import ETH

CATEGORY = "wallet-drain"
WARM_UP = 25
LONGEST = 30
NIGHTS = 3

_CLAIMER = Own("allowance", "Claimer")
_PHISHED = ("approval-phishing",)


@dataclass(slots=True)
class _Drain:
    """What was taken so far, and in dollars."""

    victims: list[Address]
    done: list[Mined] = field(default_factory=list)
    harm: str = ""
    loss: float = 0.0

    def take(self, mined: Sequence[Mined], usd: float) -> None:
        """`mined` took so much."""
        self.done += mined
        self.harm = self.harm or mined[0].hash
        self.loss += usd

    def outcome(self, stage: Stage, attackers: Sequence[Address], note: str) -> Outcome:
        """The victims take no further part in the world."""
        stage.cast.leave(self.victims)
        named = roles(attackers, self.victims)
        return Outcome(hashes(self.done), named, note, self.harm, round(self.loss, 2))


def stolen_keys(stage: Stage) -> Story:
    """The thief has the keys: each victim's own transactions send away each token, then the native value."""
    drain: _Drain = yield from _drain(stage, 5, 11)
    if comes_to_nothing(stage.rng):
        return (yield from _in_vain(stage, drain))
    thief = stage.fresh()
    for victim in drain.victims:
        usd = worth(stage, victim)
        drain.take((yield stage.send_all(victim, thief)), usd)
        yield from wait(stage.rng.randint(0, 1))
    note = f"{len(drain.victims)} wallets emptied by their own keys, one after the other"
    return drain.outcome(stage, [thief], note)


def phished_approvals(stage: Stage) -> Story:
    """Victims approve a spender and "verify" with their native value; then it pulls their tokens. Pulled by
    an allowance that they were tricked into: approval phishing too.
    """
    drain: _Drain = yield from _drain(stage, 5, 12)
    if comes_to_nothing(stage.rng):
        return (yield from _in_vain(stage, drain))
    collector, spender = stage.fresh(), (yield from _spender(stage))
    for pair in in_pairs(drain.victims):
        usd = sum(ETH.usd(stage.holding(ETH, victim)) for victim in pair)
        signed = yield [t for victim in pair for t in _sign(stage, victim, spender, collector)]
        drain.done += signed
        drain.harm, drain.loss = drain.harm or signed[-1].hash, drain.loss + usd
        yield from wait(stage.rng.randint(0, 1))
    for pair in in_pairs(drain.victims):
        yield from _pull(stage, drain, pair, spender, collector)
    note = f"{len(drain.victims)} wallets approved one spender, which pulled everything to a collector"
    return replace(drain.outcome(stage, [collector, spender], note), also=_PHISHED)


def slow_drain(stage: Stage) -> Story:
    """Keys are used one by one, with hours or days between, in an order that nobody can guess."""
    drain: _Drain = yield from _drain(stage, 4, 8)
    if comes_to_nothing(stage.rng):
        return (yield from _in_vain(stage, drain))
    thief = stage.fresh()
    sleeps = naps(stage, len(drain.victims) - 1, NIGHTS)
    for number, victim in enumerate(drain.victims):
        usd = worth(stage, victim)
        drain.take((yield stage.send_all(victim, thief)), usd)
        yield from rest(stage, sleeps.get(number, 0), blocks=1)
    note = f"{len(drain.victims)} wallets emptied over hours or days, in {len(sleeps) + 1} goes"
    return drain.outcome(stage, [thief], note)


def several_collectors(stage: Stage) -> Story:
    """A sweeper sends each victim's money to another of its collectors; later one of them gathers it."""
    drain: _Drain = yield from _drain(stage, 5, 10)
    if comes_to_nothing(stage.rng):
        return (yield from _in_vain(stage, drain))
    collectors = [stage.fresh() for _ in range(stage.rng.randint(2, 4))]
    for number, victim in enumerate(drain.victims):
        usd = worth(stage, victim)
        drain.take((yield stage.send_all(victim, collectors[number % len(collectors)])), usd)
    yield from rest(stage, naps(stage, 2, 1).get(0, 0))
    first, *others = collectors
    for collector in others:
        drain.done += yield stage.send_all(collector, first)
    note = f"{len(drain.victims)} wallets emptied to {len(collectors)} collectors, then gathered"
    return drain.outcome(stage, collectors, note)


def partial_drain(stage: Stage) -> Story:
    """Only what is worth most goes, and not all of it: something is left in each wallet."""
    drain: _Drain = yield from _drain(stage, 4, 9)
    if comes_to_nothing(stage.rng):
        return (yield from _in_vain(stage, drain))
    thief, share = stage.fresh(), stage.rng.uniform(0.5, 0.94)
    for victim in drain.victims:
        taken = _richest(stage, victim, share)
        payments = [pay(asset, victim, thief, amount) for asset, amount in taken]
        drain.take((yield payments), sum(asset.usd(amount) for asset, amount in taken))
        yield from wait(stage.rng.randint(0, 1))
    note = f"{len(drain.victims)} wallets lose {share:.0%} of what is worth most"
    return drain.outcome(stage, [thief], note)


def fee_of_a_claim(stage: Stage) -> Story:
    """No allowance and no key: victims "claim" with all their native value, which the contract sends on."""
    drain: _Drain = yield from _drain(stage, 4, 10)
    owner = yield from _spender(stage)
    made: list[Mined] = yield [Transaction(owner, None, _CLAIMER.deployment(), gas=DEPLOY_GAS)]
    drain.done += made
    contract = made[0].created
    assert contract is not None
    for pair in in_pairs(drain.victims):
        sums = {victim: stage.spendable(victim, TOKEN_GAS) for victim in pair}
        claims = [Transaction(one, contract, call_data("claim()"), wei) for one, wei in sums.items()]
        drain.take((yield claims), ETH.usd(sum(sums.values())))
        yield from wait(stage.rng.randint(0, 2))
    note = f"{len(drain.victims)} wallets paid all their native value to claim nothing"
    return drain.outcome(stage, [owner, contract], note)


VARIANTS = {
    "stolen_keys": stolen_keys,
    "phished_approvals": phished_approvals,
    "slow_drain": slow_drain,
    "several_collectors": several_collectors,
    "partial_drain": partial_drain,
    "fee_of_a_claim": fee_of_a_claim,
}


def _drain(stage: Stage, least: int, most: int) -> Acts:
    return _Drain((yield from unrelated(stage, stage.rng.randint(least, most))))


def _spender(stage: Stage) -> Acts:
    """A wallet with native value for its fees."""
    spender = stage.fresh()
    yield from fund(stage, spender, stage.ether(0.5, 3))
    return spender


def _sign(stage: Stage, victim: Address, spender: Address, collector: Address) -> list[Transaction]:
    """An approval for each token held, then all native value but the fees."""
    approvals = [approve(token.token, victim, spender) for token, _ in tokens_of(stage, victim)]
    left = stage.spendable(victim, *(t.gas for t in approvals), PLAIN_GAS)
    return [*approvals, pay(ETH, victim, collector, left)]


def _pull(
    stage: Stage, drain: _Drain, victims: Sequence[Address], spender: Address, collector: Address
) -> Acts:
    """All tokens of these, which have approved the spender."""
    held = [(victim, token, n) for victim in victims for token, n in tokens_of(stage, victim)]
    if held:
        pulls = [pull(token.token, spender, victim, collector, n) for victim, token, n in held]
        drain.take((yield pulls), sum(token.usd(n) for _, token, n in held))


def _richest(stage: Stage, victim: Address, share: float) -> list[tuple[Asset, int]]:
    """`share` of the victim's two holdings that are worth most, the fees left."""
    native = stage.spendable(victim, TOKEN_GAS, TOKEN_GAS, PLAIN_GAS)
    held = sorted([(ETH, native), *tokens_of(stage, victim)], key=lambda one: -one[0].usd(one[1]))
    return [(asset, int(amount * share)) for asset, amount in held[:2] if amount]


def _in_vain(stage: Stage, drain: _Drain) -> Story:
    """Victims approve a spender, are warned, and revoke before it pulls: every pull fails. It would have been
    approval phishing too.
    """
    spender, collector = (yield from _spender(stage)), stage.fresh()
    for pair in in_pairs(drain.victims):
        held = [(victim, token.token) for victim in pair for token, _ in tokens_of(stage, victim)]
        drain.done += yield [approve(token, victim, spender) for victim, token in held]
        drain.done += yield [approve(token, victim, spender, 0) for victim, token in held]
        drain.done += yield [pull(token, spender, victim, collector, 10**6) for victim, token in held]
    stage.cast.release(drain.victims)
    note = f"{len(drain.victims)} victims revoked in time"
    named = roles([spender, collector], drain.victims)
    return Outcome(hashes(drain.done), named, note, succeeded=False, also=_PHISHED)
