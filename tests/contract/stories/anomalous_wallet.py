"""Anomalous wallets: machines unlike anybody here, and wallets that are new but ordinary."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.contract.background import POOL, SHOPS
from tests.contract.story import (
    ETHER,
    HOT,
    TOKENS,
    USD,
    Names,
    Story,
    attack,
    dealt,
    ether,
    friend_of,
    honest,
    open_account,
    rests,
)
from tests.fixtures.frames import ChainBuilder


def positives(seed: int) -> list[Story]:
    """Twelve: relays between many payers and many payees, machines that churn, sprayers of every token."""
    tales = {"relay": _relay, "churn": _churn, "spray": _spray}
    return [
        tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales, rounds=4)
    ]


def _relay(name: str, rng: Random, names: Names) -> Story:
    """Takes money from thirty-odd wallets and pays sixty-odd others in five tokens within minutes."""
    machine, payers, payees = names.fresh(), names.many(rng.randint(30, 40)), names.many(rng.randint(60, 80))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        tokens, turns = list(TOKENS.values()), rng.randint(2, 4)
        for turn in range(turns):
            for payer in payers[turn::turns]:
                chain.native(payer, machine, ether(rng, 0.1, 0.4))
            for payee in payees[turn::turns]:
                chain.erc20(rng.choice(tokens), machine, payee, rng.randint(5, 90) * ETHER)
            yield

    return attack(name, acts, machine)


def _churn(name: str, rng: Random, names: Names) -> Story:
    """Swaps every token dozens of times a block and hands slices to ever new wallets."""
    machine = names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.native(HOT, machine, 300 * ETHER)
        for _ in range(rng.randint(2, 4)):
            for token in list(TOKENS.values()) * 3:
                with chain.transaction(machine, POOL):
                    chain.erc20(token, POOL, machine, rng.randint(100, 900) * ETHER)
                chain.erc20(token, machine, names.fresh(), rng.randint(20, 60) * ETHER)
                chain.native(machine, names.fresh(), ETHER // 10)
            yield

    return attack(name, acts, machine)


def _spray(name: str, rng: Random, names: Names) -> Story:
    """Pays dozens of new wallets a block, in tokens and native value of extreme sizes."""
    machine = names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.native(HOT, machine, 300 * ETHER)
        for _ in range(rng.randint(2, 4)):
            for token in TOKENS.values():
                for size in (1, 10**9, 10**24):
                    chain.erc20(token, machine, names.fresh(), size * rng.randint(1, 9))
                    chain.native(machine, names.fresh(), rng.randint(1, 9) * 10**9)
            yield

    return attack(name, acts, machine)


def hard_negatives(seed: int) -> list[Story]:
    """New wallets, a new trader, a busy customer, an airdrop: ordinary, however new."""
    tales = {
        "new wallets": _new_wallets,
        "new trader": _new_trader,
        "busy evening": _busy_evening,
        "airdrop": _airdrop,
    }
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _new_wallets(name: str, rng: Random, names: Names) -> Story:
    """Five people open an account and make a payment here and there."""
    wallets = names.many(5)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        for wallet in wallets:
            open_account(chain, wallet, ether(rng, 0.5, 3), rng.randint(50, 900) * ETHER)
        for _ in range(4):
            yield from rests(rng, 2)
            for wallet in rng.sample(wallets, 2):
                chain.native(wallet, friend_of(rng), ETHER // 50)
            yield

    return honest(name, acts, wallets)


def _new_trader(name: str, rng: Random, names: Names) -> Story:
    """Somebody begins to trade: a handful of swaps, a few blocks apart."""
    trader = names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, trader, ether(rng, 2, 9), 900 * ETHER)
        for _ in range(5):
            yield
            with chain.transaction(trader, POOL):
                chain.erc20(USD, trader, POOL, rng.randint(1, 50) * ETHER)
                chain.erc20(TOKENS["gold"], POOL, trader, rng.randint(1, 50) * ETHER)
            yield from rests(rng, 2)

    return honest(name, acts, [trader])


def _busy_evening(name: str, rng: Random, names: Names) -> Story:
    """Somebody pays the shops and friends for an evening, two or three times in as many minutes."""
    alice = names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, alice, 5 * ETHER, 900 * ETHER)
        for _ in range(3):
            yield
            chain.native(alice, rng.choice([*SHOPS, friend_of(rng)]), ether(rng, 0.01, 0.1))
            yield from rests(rng, 3)

    return honest(name, acts, [alice])


def _airdrop(name: str, rng: Random, names: Names) -> Story:
    """A project hands its token to thirty people."""
    project, token, people = names.fresh(), names.fresh(), names.many(30)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.erc20(token, bytes(20), project, 10**6 * ETHER, by=project)
        yield
        for person in people:
            chain.erc20(token, project, person, 100 * ETHER)

    return honest(name, acts, [project, *people])
