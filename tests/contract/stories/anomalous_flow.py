"""Anomalous flows: bursts unlike the past; and busy hours of those who are always busy."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.contract.background import COMPANY, DEPOSITS, PEOPLE
from tests.contract.story import ETHER, HOT, Names, Story, attack, dealt, ether, honest
from tests.fixtures.frames import ChainBuilder


def positives(seed: int) -> list[Story]:
    """Ten: a pair that hammers, a whale that wakes, a swarm, a new token to and fro, failures in a row."""
    tales = {
        "pair": _pair,
        "whale": _whale,
        "swarm": _swarm,
        "new token": _new_token,
        "failures": _failures,
    }
    return [
        tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales, rounds=2)
    ]


def _pair(name: str, rng: Random, names: Names) -> Story:
    one, other = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.native(one, other, 10**16)
        for _ in range(4):
            yield
            for _ in range(rng.randint(8, 20)):
                chain.native(one, other, rng.randint(10**12, 10**15))

    return attack(name, acts, one, [other])


def _whale(name: str, rng: Random, names: Names) -> Story:
    whale, *payees = names.many(rng.randint(5, 9))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        for _ in range(3):
            yield
            for _ in range(rng.randint(7, 12)):
                chain.native(whale, rng.choice(payees), ether(rng, 5, 50))

    return attack(name, acts, whale, payees)


def _swarm(name: str, rng: Random, names: Names) -> Story:
    """Found by each of several; the first one is the subject."""
    senders, receivers = names.many(4), names.many(20)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        for _ in range(3):
            yield
            for sender in senders:
                for receiver in rng.sample(receivers, 6 if sender == senders[0] else 5):
                    chain.native(sender, receiver, rng.randint(10**12, 10**15))

    return attack(name, acts, senders[0], [*senders, *receivers])


def _new_token(name: str, rng: Random, names: Names) -> Story:
    token, *hands = names.many(21)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        for hand in hands:
            chain.erc20(token, token, hand, 1_000, by=hands[0])
        for _ in range(3):
            yield
            for _ in range(rng.randint(30, 40)):
                here, there = rng.sample(hands, 2)
                chain.erc20(token, here, there, rng.randint(1, 9))

    return attack(name, acts, token, hands)


def _failures(name: str, rng: Random, names: Names) -> Story:
    wallet, contract = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.native(wallet, names.fresh(), 10**15)
        yield
        for _ in range(rng.randint(12, 30)):
            chain.calls(wallet, contract, bytes.fromhex("a9059cbb") + bytes(64), status=0)

    return attack(name, acts, wallet, [contract])


def hard_negatives(seed: int) -> list[Story]:
    """Withdrawals at noon, a rush of deposits, a payroll, gifts to many."""
    tales = {"noon": _noon, "deposits": _deposits, "payroll": _payroll, "gifts": _gifts}
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _noon(name: str, rng: Random, _names: Names) -> Story:
    def acts(chain: ChainBuilder) -> Iterator[None]:
        for _ in range(3):
            for person in rng.sample(PEOPLE, 15):
                chain.native(HOT, person, ether(rng, 0.1, 2))
            yield

    return honest(name, acts, [HOT])


def _deposits(name: str, rng: Random, _names: Names) -> Story:
    people = rng.sample(PEOPLE, 20)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        for person in people:
            chain.native(person, DEPOSITS[person], ETHER)
        yield
        for person in people:
            chain.native(DEPOSITS[person], HOT, ETHER)

    return honest(name, acts, [HOT, *people, *(DEPOSITS[person] for person in people)])


def _payroll(name: str, rng: Random, _names: Names) -> Story:
    def acts(chain: ChainBuilder) -> Iterator[None]:
        for employee in rng.sample(PEOPLE, 25):
            chain.native(COMPANY, employee, ether(rng, 1, 3))
        yield

    return honest(name, acts, [COMPANY])


def _gifts(name: str, rng: Random, names: Names) -> Story:
    """Somebody new gives a little to each of thirty people."""
    host = names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.native(HOT, host, 10 * ETHER)
        yield
        for person in rng.sample(PEOPLE, 30):
            chain.native(host, person, 10**16)

    return honest(name, acts, [host])
