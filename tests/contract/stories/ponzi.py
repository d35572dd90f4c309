"""Ponzi schemes: who came first is paid from who comes later; and honest schemes that take and pay."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.contract.story import ETHER, USD, Names, Story, attack, dealt, honest, open_account, rests
from tests.fixtures.frames import ChainBuilder

ZERO = bytes(20)


def positives(seed: int) -> list[Story]:
    """Twelve: by hand in the coin and in a token, a plan with interest, a queue, one that keeps nothing."""
    tales = {
        "scheme by hand": _by_hand,
        "scheme in dollars": _in_dollars,
        "plan": _plan,
        "queue": _queue,
        "matrix": _matrix,
        "waves": _waves,
    }
    return [
        tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales, rounds=2)
    ]


def hard_negatives(seed: int) -> list[Story]:
    """Seven: shares with a yield, a business, a payroll, a refund, a lottery, a till, a desk."""
    tales = {
        "savings": _savings,
        "business": _business,
        "payroll": _payroll,
        "refund": _refund,
        "lottery": _lottery,
        "own money": _own_money,
        "desk": _desk,
    }
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _open(chain: ChainBuilder, people: list[bytes]) -> None:
    for person in people:
        open_account(chain, person, 10 * ETHER, 900 * ETHER)


def _collected(name: str, rng: Random, names: Names, token: bytes | None, turns: int = 4) -> Story:
    """A wallet takes deposits in waves and pays a part of it to those who came before."""
    mallory, people = names.fresh(), names.many(3 * turns)

    def pay(chain: ChainBuilder, payer: bytes, payee: bytes, units: int) -> None:
        if token is None:
            chain.native(payer, payee, units)
        else:
            chain.erc20(token, payer, payee, units)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, mallory, ETHER)
        _open(chain, people)
        yield
        for turn in range(turns):
            for person in people[3 * turn : 3 * turn + 3]:
                pay(chain, person, mallory, rng.randint(2, 6) * ETHER)
            yield from rests(rng, 2)
            yield
            for person in people[: 3 * turn]:
                pay(chain, mallory, person, rng.randint(2, 6) * ETHER // 5)
        yield
        pay(chain, mallory, names.fresh(), ETHER)

    return attack(name, acts, mallory, victims=people)


def _by_hand(name: str, rng: Random, names: Names) -> Story:
    return _collected(name, rng, names, None)


def _in_dollars(name: str, rng: Random, names: Names) -> Story:
    return _collected(name, rng, names, USD)


def _waves(name: str, rng: Random, names: Names) -> Story:
    return _collected(name, rng, names, USD, turns=6)


def _plan(name: str, rng: Random, names: Names) -> Story:
    """A contract, whose operator pays interest to all who are in."""
    mallory, plan, people = names.fresh(), names.fresh(), names.many(9)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, mallory, ETHER)
        chain.creates(mallory, plan)
        _open(chain, people)
        yield
        for turn in range(3):
            for person in people[3 * turn : 3 * turn + 3]:
                with chain.transaction(person, plan):
                    chain.erc20(USD, person, plan, rng.randint(100, 500) * ETHER)
            yield
            with chain.transaction(mallory, plan):
                for person in people[: 3 * turn + 3]:
                    chain.erc20(USD, plan, person, rng.randint(2, 20) * ETHER)
            yield from rests(rng, 2)
        with chain.transaction(mallory, plan):
            chain.erc20(USD, plan, mallory, 500 * ETHER)

    return attack(name, acts, plan, [mallory], people)


def _queue(name: str, rng: Random, names: Names) -> Story:
    """Whoever has waited longest gets half as much again, out of the next entries, and the operator a fee."""
    mallory, queue, people = names.fresh(), names.fresh(), names.many(9)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, mallory, ETHER)
        chain.creates(mallory, queue)
        _open(chain, people)
        yield
        for n, person in enumerate(people):
            with chain.transaction(person, queue):
                chain.erc20(USD, person, queue, 100 * ETHER)
                chain.erc20(USD, queue, mallory, 5 * ETHER)
                if n % 2:
                    chain.erc20(USD, queue, people[n // 2], 150 * ETHER)
            if n % 2:
                yield

    return attack(name, acts, queue, [mallory], people[5:])


def _matrix(name: str, rng: Random, names: Names) -> Story:
    """The contract keeps nothing: each entry is passed to those above (24.P1)."""
    mallory, matrix, people = names.fresh(), names.fresh(), names.many(10)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.creates(mallory, matrix)
        _open(chain, people)
        yield
        for n, person in enumerate(people):
            with chain.transaction(person, matrix):
                chain.erc20(USD, person, matrix, 40 * ETHER)
                chain.erc20(USD, matrix, people[max(0, (n - 1) // 2)] if n else mallory, 30 * ETHER)
                chain.erc20(USD, matrix, people[max(0, (n - 1) // 4)] if n else mallory, 10 * ETHER)
            if n % 3 == 2:
                yield

    return attack(name, acts, matrix, [mallory], people[6:])


def _savings(name: str, rng: Random, names: Names) -> Story:
    """Who pays in holds shares, a business pays the yield in (24.N1 is of the same kind)."""
    vault, business, people = names.fresh(), names.fresh(), names.many(6)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        _open(chain, [business, *people])
        chain.creates(business, vault)
        yield
        for half in (people[:3], people[3:]):
            for person in half:
                with chain.transaction(person, vault):
                    chain.erc20(USD, person, vault, 100 * ETHER)
                    chain.erc20(vault, ZERO, person, 100 * ETHER)
            yield
            chain.erc20(USD, business, vault, 20 * ETHER)
            with chain.transaction(business, vault):
                for person in half:
                    chain.erc20(USD, vault, person, 3 * ETHER)
        yield

    return honest(name, acts, [vault, business, *people])


def _business(name: str, rng: Random, names: Names) -> Story:
    """People lend to a shop without a paper; it pays them interest from what it earns."""
    shop, till, people = names.fresh(), names.fresh(), names.many(6)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        _open(chain, [till, *people])
        open_account(chain, shop, ETHER, 900 * ETHER)
        yield
        for half in (people[:3], people[3:]):
            for person in half:
                chain.erc20(USD, person, shop, 20 * ETHER)
            yield
            chain.erc20(USD, till, shop, 50 * ETHER)
            for person in half:
                chain.erc20(USD, shop, person, 2 * ETHER)
        yield
        for person in people:
            chain.erc20(USD, shop, person, 2 * ETHER)

    return honest(name, acts, [shop, till, *people])


def _payroll(name: str, rng: Random, names: Names) -> Story:
    company, people = names.fresh(), names.many(6)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, company, 5 * ETHER, 900 * ETHER)
        for _ in range(4):
            for person in people:
                chain.erc20(USD, company, person, 9 * ETHER)
            yield

    return honest(name, acts, [company, *people])


def _refund(name: str, rng: Random, names: Names) -> Story:
    """A collection that comes to nothing: all get back what they gave, at once."""
    alice, people = names.fresh(), names.many(8)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        _open(chain, [alice, *people])
        yield
        for person in people:
            chain.native(person, alice, ETHER)
        yield from rests(rng, 3)
        yield
        for person in people:
            chain.native(alice, person, ETHER)

    return honest(name, acts, [alice, *people])


def _lottery(name: str, rng: Random, names: Names) -> Story:
    """In each round one of many wins nearly all of it (24.N2)."""
    house, people = names.fresh(), names.many(16)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, house, ETHER)
        _open(chain, people)
        yield
        for turn in range(3):
            for person in people:
                chain.native(person, house, ETHER // 10)
            yield
            chain.native(house, people[5 * turn], 15 * ETHER // 10)
            yield

    return honest(name, acts, [house, *people])


def _own_money(name: str, rng: Random, names: Names) -> Story:
    """A till that each takes his own out of again, by his own call."""
    till, people = names.fresh(), names.many(8)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.creates(people[0], till)
        _open(chain, people)
        yield
        for n, person in enumerate(people):
            with chain.transaction(person, till):
                chain.erc20(USD, person, till, 100 * ETHER)
            if n >= 3:
                with chain.transaction(people[n - 3], till):
                    chain.erc20(USD, till, people[n - 3], 80 * ETHER)
            yield

    return honest(name, acts, [till, *people])


def _desk(name: str, rng: Random, names: Names) -> Story:
    """People sell dollars to a desk, which pays others, and now and then one of them."""
    desk, people = names.fresh(), names.many(12)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, desk, 9 * ETHER, 9_000 * ETHER)
        _open(chain, people)
        yield
        for turn in range(3):
            for person in people[:6]:
                chain.erc20(USD, person, desk, 10 * ETHER)
            yield
            for person in people[6:]:
                chain.erc20(USD, desk, person, 9 * ETHER)
            chain.erc20(USD, desk, people[turn], 9 * ETHER)
            yield

    return honest(name, acts, [desk, *people])
