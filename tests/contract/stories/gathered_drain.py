"""Drains that no single hour shows: one by one over days, by way of collectors, and as the fee of a claim."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.contract.background import SHOPS
from tests.contract.stories.wallet_drain import FEE, in_use
from tests.contract.story import (
    ETHER,
    HOT,
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
    """Twelve: keys used one by one with days between, several collectors, claims."""
    tales = {"one by one": _one_by_one, "collectors": _collectors, "claims": _claims}
    return [
        tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales, rounds=4)
    ]


def a_day(chain: ChainBuilder) -> Iterator[None]:
    """A day passes for everybody: the next block stands that much later."""
    chain._blocks[-1].timestamp += 100_000
    yield


def _one_by_one(name: str, rng: Random, names: Names) -> Story:
    victims, thief = names.many(rng.randint(3, 4)), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        left: dict[bytes, int] = {}
        yield from in_use(chain, rng, victims, 0, left)
        for victim in victims:
            chain.native(victim, thief, left[victim] - FEE)
            yield from a_day(chain)

    return attack(name, acts, thief, victims=victims)


def _collectors(name: str, rng: Random, names: Names) -> Story:
    """Each collector gets what two wallets had; then all but one hand it on."""
    first, *others = collectors = names.many(rng.randint(2, 3))
    victims = names.many(2 * len(collectors))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        left, got = dict[bytes, int](), dict.fromkeys(collectors, 0)
        yield from in_use(chain, rng, victims, 0, left)
        for at, victim in enumerate(victims):
            collector = collectors[at % len(collectors)]
            chain.native(victim, collector, left[victim] - FEE)
            got[collector] += left[victim] - FEE
            yield from rests(rng, 1)
        for collector in others:
            chain.native(collector, first, got[collector] - FEE)
            yield

    return attack(name, acts, first, others, victims)


def _claims(name: str, rng: Random, names: Names) -> Story:
    """Wallets call a contract with all native value; the tokens that they use stay."""
    victims, contract = names.many(rng.randint(3, 6)), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        left: dict[bytes, int] = {}
        yield from in_use(chain, rng, victims, 300 * ETHER, left)
        for victim in victims:
            chain.erc20(USD, victim, friend_of(rng), 9 * ETHER)
        yield
        for victim in victims:
            with chain.transaction(victim, contract, left[victim] - FEE):
                pass
            yield from rests(rng, 1)

    return attack(name, acts, contract, victims=victims)


def hard_negatives(seed: int) -> list[Story]:
    """Deposits swept again and again, own wallets, one hand's wallets, a busy contract, who goes on."""
    tales = {
        "swept deposits": _swept,
        "own wallets": _own,
        "hunters": _hunters,
        "busy contract": _busy,
        "go on": _go_on,
    }
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _swept(name: str, rng: Random, names: Names) -> Story:
    customers, deposits, wallet = names.many(4), names.many(4), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        yield from in_use(chain, rng, customers, 0, {})
        for _ in range(2):
            for customer, there in zip(customers, deposits, strict=True):
                chain.native(customer, there, paid := ether(rng, 0.1, 0.4))
                chain.native(there, wallet, paid - FEE)
            yield from a_day(chain)

    return honest(name, acts, [*customers, *deposits, wallet])


def _own(name: str, rng: Random, names: Names) -> Story:
    owner, vault, own = names.fresh(), names.fresh(), names.many(4)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, owner, 100 * ETHER)
        yield
        for wallet in own:
            chain.native(owner, wallet, ETHER)
        yield
        for wallet in own:
            for shop in rng.sample(SHOPS, 3):
                chain.native(wallet, shop, ETHER // 100)
        yield
        for wallet in own:
            chain.native(wallet, vault, ETHER - 3 * ETHER // 100 - FEE)
            yield from a_day(chain)

    return honest(name, acts, [owner, vault, *own])


def _hunters(name: str, rng: Random, names: Names) -> Story:
    """Wallets of one hand, funded by the exchange, do the same and are gathered with days between."""
    hunters, home, shops = names.many(5), names.fresh(), rng.sample(SHOPS, 2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        for hunter in hunters:
            open_account(chain, hunter, ETHER)
        yield
        for hunter in hunters:
            for shop in shops:
                chain.native(hunter, shop, ETHER // 10)
        yield
        for hunter in hunters:
            chain.native(hunter, home, 8 * ETHER // 10 - FEE)
            yield from a_day(chain)

    return honest(name, acts, [home, *hunters])


def _busy(name: str, rng: Random, names: Names) -> Story:
    """A bridge: most keep some of what they have, a few send all."""
    people, bridge = names.many(20), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        left: dict[bytes, int] = {}
        yield from in_use(chain, rng, people, 0, left)
        for at, person in enumerate(people):
            part = left[person] - FEE if at % 7 == 5 else left[person] * 6 // 10
            with chain.transaction(person, bridge, part):
                pass
            if at % 5 == 4:
                yield from a_day(chain)

    return honest(name, acts, [*people, bridge])


def _go_on(name: str, rng: Random, names: Names) -> Story:
    """Each invests all there is, is paid again, and goes on paying."""
    people, fund = names.many(4), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        left: dict[bytes, int] = {}
        yield from in_use(chain, rng, people, 0, left)
        for person in people:
            chain.native(person, fund, left[person] - FEE)
            chain.native(HOT, person, ETHER)
            chain.native(person, friend_of(rng), ETHER // 10)
            yield from a_day(chain)

    return honest(name, acts, [*people, fund])
