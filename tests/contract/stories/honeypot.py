"""Honeypots: bought by many, sold by those who made it; and honest tokens whose sales fail for a while."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.contract.launches import launched, pays_in, second_pool, sells_taxed
from tests.contract.story import Names, Story, attack, dealt, honest, rests
from tests.fixtures.assembly import SOLD_BY_OTHERS, WHILE_CLOSED, asked, token
from tests.fixtures.frames import ChainBuilder


def positives(seed: int) -> list[Story]:
    """Sixteen: sales that fail, from the beginning, later, but for decoys; that pay nothing; one try; traps
    that nobody entered.
    """
    tales = {
        "fails": _fails,
        "shut later": _shut_later,
        "decoys": _decoys,
        "taxed": _taxed,
        "insiders sell": _insiders_sell,
        "one try": _one_try,
        "nobody came": _nobody_came,
        "closed later": _closed_later,
    }
    return [
        tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales, rounds=2)
    ]


def hard_negatives(seed: int) -> list[Story]:
    """Nine: few sellers, pauses, limits, a slip, fees, a sale through two pools, a busy launch; code that
    lets everybody sell, or nobody do anything for a while.
    """
    tales = {
        "few sellers": _few_sellers,
        "paused": _paused,
        "launch limit": _launch_limit,
        "a slip": _a_slip,
        "fee": _fee,
        "two pools": _two_pools,
        "busy launch": _busy_launch,
        "open code": _open_code,
        "closed to all": _closed_to_all,
    }
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _fails(name: str, rng: Random, names: Names) -> Story:
    mallory, people = names.fresh(), names.many(5)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, mallory, rng)
        pays_in(chain, people)
        yield
        yield from launch.crowd(people, rng)
        for person in rng.sample(people, 3):
            launch.fails_to_sell(person)
            yield from rests(rng, 1)

    return attack(name, acts, mallory, victims=people)


def _shut_later(name: str, rng: Random, names: Names) -> Story:
    """The first buyers sell; then nobody can, while others still buy (6.P1)."""
    mallory, people = names.fresh(), names.many(6)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, mallory, rng)
        pays_in(chain, people)
        yield
        yield from launch.crowd(people[:3], rng)
        launch.sells(people[0], 0.3)
        yield
        yield from launch.crowd(people[3:], rng)
        for person in people[1:4]:
            launch.fails_to_sell(person)
        yield

    return attack(name, acts, mallory, victims=people)


def _decoys(name: str, rng: Random, names: Names) -> Story:
    """Wallets that look like anybody's are let out with a hundredth (6.P2)."""
    mallory, people = names.fresh(), names.many(5)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, mallory, rng)
        pays_in(chain, people)
        yield
        yield from launch.crowd(people, rng)
        launch.fails_to_sell(people[0])
        launch.fails_to_sell(people[1])
        yield
        launch.sells(people[0], 0.01)
        launch.fails_to_sell(people[2])
        yield

    return attack(name, acts, mallory, victims=people)


def _taxed(name: str, rng: Random, names: Names) -> Story:
    """The sale succeeds and pays nothing (6.P1)."""
    mallory, people = names.fresh(), names.many(4)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, mallory, rng)
        pays_in(chain, people)
        yield
        yield from launch.crowd(people, rng)
        sells_taxed(launch, people[0], rng.choice((0.01, 0.1, 0.3)))
        yield

    return attack(name, acts, mallory, victims=people)


def _insiders_sell(name: str, rng: Random, names: Names) -> Story:
    """Two who bought first sell while the others cannot."""
    mallory, inside, people = names.fresh(), names.many(2), names.many(4)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, mallory, rng)
        pays_in(chain, [*inside, *people])
        yield
        yield from launch.crowd([*inside, *people], rng)
        launch.fails_to_sell(people[0])
        yield
        for wallet in inside:
            launch.sells(wallet)
        launch.fails_to_sell(people[1])
        yield

    return attack(name, acts, mallory, inside, people)


def _one_try(name: str, rng: Random, names: Names) -> Story:
    """One sale fails, then its makers take the pool."""
    mallory, people = names.fresh(), names.many(4)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, mallory, rng)
        pays_in(chain, people)
        yield
        yield from launch.crowd(people, rng)
        launch.fails_to_sell(people[0])
        yield
        launch.removes(mallory)

    return attack(name, acts, mallory, victims=people)


def _nobody_came(name: str, rng: Random, names: Names) -> Story:
    """The code lets nobody but its maker sell; there was nobody to be caught."""
    mallory = names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, mallory, rng, code=token(SOLD_BY_OTHERS))
        yield
        chain.calls(mallory, launch.token, asked("openTrading(address)", launch.pool.where))
        yield from rests(rng, 2)
        launch.removes(mallory)

    return attack(name, acts, mallory)


def _closed_later(name: str, rng: Random, names: Names) -> Story:
    """Sales work until its maker tells the token where its pool is; a few have bought by then."""
    mallory, people = names.fresh(), names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, mallory, rng, code=token(SOLD_BY_OTHERS))
        pays_in(chain, people)
        yield
        yield from launch.crowd(people, rng)
        launch.sells(people[0], 0.2)
        yield
        chain.calls(mallory, launch.token, asked("openTrading(address)", launch.pool.where))
        yield

    return attack(name, acts, mallory, victims=people)


def _open_code(name: str, rng: Random, names: Names) -> Story:
    """The same calls, and everybody may sell."""
    alice, people = names.fresh(), names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, alice, rng, code=token())
        pays_in(chain, people)
        yield
        chain.calls(alice, launch.token, asked("openTrading(address)", launch.pool.where))
        yield from launch.crowd(people, rng)
        launch.removes(alice, 0.1)

    return honest(name, acts, [alice, *people])


def _closed_to_all(name: str, rng: Random, names: Names) -> Story:
    """For some minutes nobody can buy or sell; then everybody can."""
    alice, people = names.fresh(), names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, alice, rng, code=token(WHILE_CLOSED))
        pays_in(chain, people)
        chain.calls(alice, launch.token, asked("pause(uint256)", 1))
        yield
        chain.calls(alice, launch.token, asked("openTrading(address)", launch.pool.where))
        yield from rests(rng, 3)
        chain.calls(alice, launch.token, asked("pause(uint256)", 0))
        yield from launch.crowd(people, rng)

    return honest(name, acts, [alice, *people])


def _few_sellers(name: str, rng: Random, names: Names) -> Story:
    alice, people = names.fresh(), names.many(5)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, alice, rng)
        pays_in(chain, people)
        yield
        yield from launch.crowd(people, rng)
        launch.sells(alice, 0.02)

    return honest(name, acts, [alice, *people])


def _paused(name: str, rng: Random, names: Names) -> Story:
    """Nobody can sell for a while; then the same people do."""
    alice, people = names.fresh(), names.many(5)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, alice, rng)
        pays_in(chain, people)
        yield
        yield from launch.crowd(people, rng)
        launch.sells(people[4], 0.5)
        for person in people[:3]:
            launch.fails_to_sell(person, 0.5)
        yield from rests(rng, 3)
        for person in people[:3]:
            launch.sells(person, 0.5)
        yield

    return honest(name, acts, [alice, *people])


def _launch_limit(name: str, rng: Random, names: Names) -> Story:
    """In the first minutes nobody may sell much at once."""
    alice, people = names.fresh(), names.many(5)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, alice, rng)
        pays_in(chain, people)
        yield
        yield from launch.crowd(people, rng)
        for person in people[:3]:
            launch.fails_to_sell(person)
        yield
        launch.sells(people[0], 0.4)

    return honest(name, acts, [alice, *people])


def _a_slip(name: str, rng: Random, names: Names) -> Story:
    """One sale fails for its price, the makers take out a part, nobody else tries."""
    alice, people = names.fresh(), names.many(5)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, alice, rng)
        pays_in(chain, people)
        yield
        yield from launch.crowd(people, rng)
        launch.fails_to_sell(people[0])
        yield
        launch.removes(alice, 0.1)

    return honest(name, acts, [alice, *people])


def _fee(name: str, rng: Random, names: Names) -> Story:
    """An honest token takes up to a quarter of each transfer."""
    alice, people = names.fresh(), names.many(4)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, alice, rng)
        pays_in(chain, people)
        yield
        yield from launch.crowd(people, rng)
        for person in people[:2]:
            sells_taxed(launch, person, rng.choice((0.95, 0.9, 0.75)))

    return honest(name, acts, [alice, *people])


def _two_pools(name: str, rng: Random, names: Names) -> Story:
    """One transaction sells a third in one pool and the rest in another."""
    alice, people = names.fresh(), names.many(4)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, alice, rng, 0.4)
        other = second_pool(launch, names)
        other.adds(alice, launch.pool.reserves[0], launch.pool.reserves[1])
        pays_in(chain, people)
        yield
        yield from launch.crowd(people, rng)
        units = launch.held[people[0]]
        with chain.transaction(people[0], alice):
            launch.market.swaps(launch.pool, 0, units // 3, people[0], people[0], alice)
            launch.market.swaps(other.pool, 0, units - units // 3, people[0], people[0], alice)

    return honest(name, acts, [alice, *people])


def _busy_launch(name: str, rng: Random, names: Names) -> Story:
    """Two sales fail while six others work."""
    alice, people = names.fresh(), names.many(8)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, alice, rng)
        pays_in(chain, people)
        yield
        yield from launch.crowd(people, rng)
        launch.fails_to_sell(people[0])
        for person in people[2:]:
            launch.sells(person, 0.5)
        yield
        launch.fails_to_sell(people[1])
        yield

    return honest(name, acts, [alice, *people])
