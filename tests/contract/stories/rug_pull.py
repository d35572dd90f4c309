"""Rug pulls: those who made a token take its buyers' money; and honest comings and goings of liquidity."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.contract.launches import Launch, launched, pays_in, second_pool
from tests.contract.story import ETHER, HOT, Names, Story, attack, dealt, honest, rests
from tests.fixtures.frames import ChainBuilder


def positives(seed: int) -> list[Story]:
    """Fourteen: at once, in parts, by what was never pooled, through others, by a locker, with a group."""
    tales = {
        "at once": _at_once,
        "in parts": _in_parts,
        "pre-mine": _premine,
        "through wallets": _through_wallets,
        "handed over": _handed_over,
        "locker": _locker,
        "with early buyers": _with_early_buyers,
    }
    return [
        tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales, rounds=2)
    ]


def hard_negatives(seed: int) -> list[Story]:
    """Nine: moves, parts, locks that end, sales of a team, providers of others' tokens, a collapse."""
    tales = {
        "migrator": _migrator,
        "moved by hand": _moved_by_hand,
        "second edition": _second_edition,
        "a part": _a_part,
        "lock ended": _lock_ended,
        "team sells": _team_sells,
        "provider leaves": _provider_leaves,
        "just in time": _just_in_time,
        "collapse": _collapse,
    }
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _at_once(name: str, rng: Random, names: Names) -> Story:
    mallory, people = names.fresh(), names.many(rng.randint(2, 5))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, mallory, rng, rng.uniform(0.5, 1))
        pays_in(chain, people)
        yield
        yield from launch.crowd(people, rng)
        yield from rests(rng, 3)
        launch.removes(mallory)

    return attack(name, acts, mallory, victims=people)


def _in_parts(name: str, rng: Random, names: Names) -> Story:
    """One buyer notices the first part and sells in time."""
    mallory, people = names.fresh(), names.many(4)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, mallory, rng)
        pays_in(chain, people)
        yield
        yield from launch.crowd(people, rng)
        for turn, share in enumerate((0.4, 0.5, rng.uniform(0.8, 1))):
            launch.removes(mallory, share)
            if turn == 0:
                launch.sells(people[0])
            yield from rests(rng, 3)

    return attack(name, acts, mallory, victims=people[1:])


def _premine(name: str, rng: Random, names: Names) -> Story:
    """The liquidity is burnt in truth; the supply was never pooled (P4)."""
    mallory, people = names.fresh(), names.many(4)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, mallory, rng, 0.05)
        launch.hands_liquidity(mallory, bytes(18) + b"\xde\xad")
        pays_in(chain, people)
        yield
        yield from launch.crowd(people, rng)
        for share in (0.5, 0.6, 1.0):
            launch.sells(mallory, share)
            yield from rests(rng, 2)

    return attack(name, acts, mallory, victims=people)


def _through_wallets(name: str, rng: Random, names: Names) -> Story:
    """Wallets that the maker gave of the token sell it."""
    mallory, sellers, people = names.fresh(), names.many(3), names.many(4)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, mallory, rng, 0.1)
        for seller in sellers:
            chain.native(HOT, seller, ETHER)
            launch.hands(mallory, seller, 0.5)
        pays_in(chain, people)
        yield
        yield from launch.crowd(people, rng)
        for seller in sellers:
            launch.sells(seller)
            yield

    return attack(name, acts, mallory, sellers, people)


def _handed_over(name: str, rng: Random, names: Names) -> Story:
    mallory, puller, people = names.fresh(), names.fresh(), names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, mallory, rng)
        chain.native(HOT, puller, ETHER)
        pays_in(chain, people)
        yield
        yield from launch.crowd(people, rng)
        launch.hands_liquidity(mallory, puller)
        yield from rests(rng, 3)
        launch.removes(puller)

    return attack(name, acts, puller, [mallory], people)


def _locker(name: str, rng: Random, names: Names) -> Story:
    """Whoever has come to own a locker takes what the token's maker locked there (P1)."""
    alice, thief, locker, people = names.fresh(), names.fresh(), names.fresh(), names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.native(HOT, thief, ETHER)
        launch = launched(chain, names, alice, rng)
        pays_in(chain, people)
        yield
        launch.hands_liquidity(alice, locker, via=locker)
        yield from launch.crowd(people, rng)
        launch.hands_liquidity(locker, thief, via=locker)
        launch.removes(thief)

    return attack(name, acts, thief, victims=[alice, *people])


def _with_early_buyers(name: str, rng: Random, names: Names) -> Story:
    """A group that nothing ties to the maker buys first and sells on the others; the maker takes the rest."""
    mallory, group, people = names.fresh(), names.many(3), names.many(4)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, mallory, rng, 1.0)
        pays_in(chain, [*group, *people])
        yield
        yield from launch.crowd(group, rng, 2, 5)
        yield from launch.crowd(people, rng)
        for wallet in group:
            launch.sells(wallet)
        yield
        launch.removes(mallory, rng.uniform(0.85, 1))

    return attack(name, acts, mallory, group, people)


def _migrator(name: str, rng: Random, names: Names) -> Story:
    """All liquidity goes to another pool in one transaction; trading goes on there."""
    alice, people, migrator = names.fresh(), names.many(3), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, alice, rng)
        pays_in(chain, people)
        yield
        yield from launch.crowd(people, rng)
        other = second_pool(launch, names)
        with chain.transaction(alice, migrator):
            units, wei = launch.goes_out(alice, 1.0, migrator)
            other._in(alice, migrator, units, wei, wei)
        yield
        other.buys(people[0], ETHER // 2)

    return honest(name, acts, [alice, *people])


def _moved_by_hand(name: str, rng: Random, names: Names) -> Story:
    """Taken out, and in another pool of the token some blocks later."""
    alice, people = names.fresh(), names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, alice, rng)
        pays_in(chain, people)
        yield
        yield from launch.crowd(people, rng)
        units, wei = launch.removes(alice)
        yield from rests(rng, 4)
        other = second_pool(launch, names)
        other.adds(alice, units, wei)
        yield
        other.buys(people[0], ETHER // 2)

    return honest(name, acts, [alice, *people])


def _second_edition(name: str, rng: Random, names: Names) -> Story:
    """Nobody had bought, and the money opens a pool for the token's second edition."""
    alice = names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, alice, rng)
        yield from rests(rng, 4)
        _, wei = launch.removes(alice)
        yield
        launched(chain, names, alice, rng, wei=wei)

    return honest(name, acts, [alice])


def _a_part(name: str, rng: Random, names: Names) -> Story:
    alice, people = names.fresh(), names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, alice, rng)
        pays_in(chain, people)
        yield
        yield from launch.crowd(people, rng)
        for _ in range(2):
            launch.removes(alice, rng.uniform(0.05, 0.2))
            yield
            launch.sells(people[0], 0.3)

    return honest(name, acts, [alice, *people])


def _lock_ended(name: str, rng: Random, names: Names) -> Story:
    """Locked liquidity comes back on its day, and most of it stays in the pool."""
    alice, locker, people = names.fresh(), names.fresh(), names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, alice, rng)
        launch.hands_liquidity(alice, locker, via=locker)
        pays_in(chain, people)
        yield
        yield from launch.crowd(people, rng)
        launch.hands_liquidity(locker, alice, via=locker)
        launch.removes(alice, rng.uniform(0.05, 0.3))

    return honest(name, acts, [alice, *people])


def _team_sells(name: str, rng: Random, names: Names) -> Story:
    """A member of the team sells a little of what he was given, again and again."""
    alice, member, people = names.fresh(), names.fresh(), names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, alice, rng, 0.6)
        launch.hands(alice, member, 0.05)
        pays_in(chain, people)
        yield
        for _ in range(3):
            yield from launch.crowd(people, rng)
            launch.sells(member, 0.3)

    return honest(name, acts, [alice, member, *people])


def _provider_leaves(name: str, rng: Random, names: Names) -> Story:
    """Who provided most for somebody else's token takes his own out again (N1)."""
    alice, bob, people = names.fresh(), names.fresh(), names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, alice, rng, 0.1)
        chain.native(HOT, bob, 300 * ETHER)
        pays_in(chain, people)
        yield
        units = launch.buys(bob, launch.pool.reserves[1])
        launch.adds(bob, units, launch.pool.reserves[1] * units // launch.pool.reserves[0])
        yield from launch.crowd(people, rng)
        launch.removes(bob)
        yield
        launch.sells(people[0])

    return honest(name, acts, [alice, bob, *people])


def _just_in_time(name: str, rng: Random, names: Names) -> Story:
    """Ten times the pool comes before one purchase, and leaves in its block (N2)."""
    alice, bob, people = names.fresh(), names.fresh(), names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, alice, rng, 0.05)
        launch.hands(alice, bob, 0.8)
        chain.native(HOT, bob, 900 * ETHER)
        pays_in(chain, people)
        yield
        yield from launch.crowd(people[1:], rng)
        launch.adds(bob, 10 * launch.pool.reserves[0], 10 * launch.pool.reserves[1])
        launch.buys(people[0], 3 * ETHER)
        launch.removes(bob)

    return honest(name, acts, [alice, bob, *people])


def _collapse(name: str, rng: Random, names: Names) -> Story:
    """Everybody who had bought sells, those who came first at the cost of the others; the maker stays."""
    alice, people = names.fresh(), names.many(6)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch: Launch = launched(chain, names, alice, rng, 0.9, ETHER)
        pays_in(chain, people)
        yield
        yield from launch.crowd(people, rng, 1, 4)
        for person in people:
            launch.sells(person)
            yield

    return honest(name, acts, [alice, *people])
