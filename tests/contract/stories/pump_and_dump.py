"""Pump and dump: a few make the price, others follow, the few leave; and honest bursts."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.contract.launches import Launch, launched, pays_in
from tests.contract.story import ETHER, Names, Story, attack, dealt, ether, honest, rests
from tests.fixtures.frames import ChainBuilder


def positives(seed: int) -> list[Story]:
    """Fourteen: a group, one wallet, volume faked before, in steps, at birth, by wallets of one funder; one
    that nobody followed.
    """
    tales = {
        "group": _group,
        "alone": _alone,
        "washed first": _washed_first,
        "in steps": _in_steps,
        "at birth": _at_birth,
        "one funder": _one_funder,
        "nobody followed": _nobody_followed,
    }
    return [
        tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales, rounds=2)
    ]


def hard_negatives(seed: int) -> list[Story]:
    """Seven: a listing, a large buyer, profits, traders back and forth, snipers, a loss, second thoughts."""
    tales = {
        "listing": _listing,
        "large buyer": _large_buyer,
        "profits": _profits,
        "back and forth": _back_and_forth,
        "snipers": _snipers,
        "loss": _loss,
        "second thoughts": _second_thoughts,
    }
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _thin(chain: ChainBuilder, names: Names, rng: Random, people: list[bytes]) -> Launch:
    """Somebody's token with a pool of 5 to 10 of the coin."""
    launch = launched(chain, names, names.fresh(), rng, wei=ether(rng, 5, 10))
    pays_in(chain, people)
    return launch


def _burst(launch: Launch, group: list[bytes], rng: Random, times: float = 1) -> None:
    """Together as much as the pool holds, about."""
    for wallet in group:
        launch.buys(wallet, int(ether(rng, 5, 9) * times) // len(group))


def _told(name: str, rng: Random, group: list[bytes], people: list[bytes], names: Names, steps: int) -> Story:
    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = _thin(chain, names, rng, [*group, *people])
        yield
        _burst(launch, group, rng)
        yield
        yield from launch.crowd(people, rng)
        for left in range(steps, 0, -1):
            for wallet in group:
                launch.sells(wallet, 1 / left)
            yield
        launch.sells(people[0])
        yield

    return attack(name, acts, group[0], group, people)


def _group(name: str, rng: Random, names: Names) -> Story:
    return _told(name, rng, names.many(rng.randint(3, 6)), names.many(5), names, 1)


def _alone(name: str, rng: Random, names: Names) -> Story:
    return _told(name, rng, names.many(1), names.many(5), names, rng.randint(1, 2))


def _nobody_followed(name: str, rng: Random, names: Names) -> Story:
    """They buy again and again, alone, and leave with less than they had."""
    funder, group = names.fresh(), names.many(rng.randint(1, 4))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = _thin(chain, names, rng, [])
        for wallet in group:
            chain.native(funder, wallet, 20 * ETHER)
        yield
        for _ in range(2):
            _burst(launch, group, rng, 0.6)
            yield
        for wallet in group:
            launch.sells(wallet)
        yield

    return attack(name, acts, group[0], group)


def _second_thoughts(name: str, rng: Random, names: Names) -> Story:
    """One buys much of a thin token, once, and thinks again."""
    buyer = names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = _thin(chain, names, rng, [buyer])
        yield
        _burst(launch, [buyer], rng)
        yield from rests(rng, 2)
        yield
        launch.sells(buyer)

    return honest(name, acts, [buyer])


def _in_steps(name: str, rng: Random, names: Names) -> Story:
    return _told(name, rng, names.many(4), names.many(6), names, 3)


def _washed_first(name: str, rng: Random, names: Names) -> Story:
    """They sell to the pool what they bought from it, and buy again, before others come."""
    group, people = names.many(3), names.many(5)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = _thin(chain, names, rng, [*group, *people])
        yield
        for _ in range(2):
            _burst(launch, group, rng, 0.4)
            yield
            for wallet in group:
                launch.sells(wallet, 0.5)
            yield
        _burst(launch, group, rng)
        yield
        yield from launch.crowd(people, rng)
        for wallet in group:
            launch.sells(wallet)

    return attack(name, acts, group[0], group, people)


def _at_birth(name: str, rng: Random, names: Names) -> Story:
    """A bundle that buys in the block in which the pool opens (18.P1)."""
    group, people = names.many(5), names.many(5)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = _thin(chain, names, rng, [*group, *people])
        _burst(launch, group, rng)
        yield
        yield from launch.crowd(people, rng)
        for wallet in group:
            launch.sells(wallet)

    return attack(name, acts, group[0], group, people)


def _one_funder(name: str, rng: Random, names: Names) -> Story:
    boss, group, people = names.fresh(), names.many(4), names.many(5)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = _thin(chain, names, rng, [boss, *people])
        for wallet in group:
            chain.native(boss, wallet, ether(rng, 2, 3))
        yield
        _burst(launch, group, rng)
        yield
        yield from launch.crowd(people, rng)
        for wallet in group:
            launch.sells(wallet)

    return attack(name, acts, group[0], [boss, *group], people)


def _listing(name: str, rng: Random, names: Names) -> Story:
    """Many strangers buy, some take a part of their profits."""
    people = names.many(10)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = _thin(chain, names, rng, people)
        yield
        yield from launch.crowd(people, rng)
        for person in people[:4]:
            launch.sells(person, rng.uniform(0.1, 0.8))
            yield

    return honest(name, acts, people)


def _large_buyer(name: str, rng: Random, names: Names) -> Story:
    """The price doubles by one who stays."""
    people = names.many(6)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = _thin(chain, names, rng, people)
        yield
        launch.buys(people[0], ether(rng, 4, 8))
        yield
        yield from launch.crowd(people[1:], rng)
        launch.sells(people[0], rng.uniform(0.02, 0.5))
        yield

    return honest(name, acts, people)


def _profits(name: str, rng: Random, names: Names) -> Story:
    """A small early buyer sells all of it: he did not make the price."""
    people = names.many(6)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = _thin(chain, names, rng, people)
        yield
        launch.buys(people[0], ether(rng, 0.2, 0.6))
        yield
        yield from launch.crowd(people[1:], rng)
        launch.sells(people[0])
        yield

    return honest(name, acts, people)


def _back_and_forth(name: str, rng: Random, names: Names) -> Story:
    """One who buys a little and sells it, again and again, while others buy: never much at a time."""
    people = names.many(6)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = _thin(chain, names, rng, people)
        yield
        for person in people[1:]:
            launch.buys(people[0], ether(rng, 0.3, 0.6))
            yield
            launch.buys(person, ether(rng, 0.2, 2))
            launch.sells(people[0])
            yield from rests(rng, 1)

    return honest(name, acts, people)


def _snipers(name: str, rng: Random, names: Names) -> Story:
    """Strangers' machines buy in the first block; each leaves when it likes (18.N1)."""
    machines, people = names.many(3), names.many(4)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = _thin(chain, names, rng, [*machines, *people])
        for machine in machines:
            launch.buys(machine, ether(rng, 0.3, 0.8))
        yield
        yield from launch.crowd(people, rng, 0.1, 0.4)
        for machine in machines:
            launch.sells(machine)
            yield

    return honest(name, acts, [*machines, *people])


def _loss(name: str, rng: Random, names: Names) -> Story:
    """A large buyer gives up, and has less than before: others hardly followed."""
    people = names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = _thin(chain, names, rng, people)
        yield
        launch.buys(people[0], ether(rng, 5, 8))
        yield
        launch.buys(people[1], 10**15)
        yield
        launch.sells(people[0])
        yield

    return honest(name, acts, people)
