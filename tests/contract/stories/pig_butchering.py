"""Pig butchering: ever larger sums from one person over days; and honest takings over weeks."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.contract.allowances import allows, ends, fails_to_take, pulls
from tests.contract.story import ETHER, HOT, USD, Names, Story, attack, dealt, honest, open_account, rests
from tests.fixtures.frames import ChainBuilder, address


def positives(seed: int) -> list[Story]:
    """Twelve: rising pulls of one victim and of several, a platform, by hand, all at once, ended in time."""
    tales = {
        "rising pulls": _rising,
        "several victims": _several,
        "platform": _platform,
        "by hand": _by_hand,
        "all at once": _all_at_once,
        "second thoughts": _second_thoughts,
    }
    return [
        tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales, rounds=2)
    ]


def _sums(rng: Random) -> list[int]:
    """Four, each larger."""
    found = [rng.randint(20, 60) * ETHER]
    for _ in range(3):
        found.append(int(found[-1] * rng.uniform(1.5, 3)))
    return found


def _day(chain: ChainBuilder) -> Iterator[None]:
    """A day or two pass for everybody: the next block stands that much later."""
    chain._blocks[-1].timestamp += 100_000
    yield


def _saves(chain: ChainBuilder, victim: bytes, amount: int) -> None:
    """Takes it out of the exchange, as told."""
    chain.erc20(USD, HOT, victim, amount)


def _rising(name: str, rng: Random, names: Names) -> Story:
    victim, spender, thief = names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.native(HOT, spender, ETHER // 2)
        open_account(chain, victim, ETHER, 30 * ETHER)
        yield
        allows(chain, USD, victim, spender)
        for amount in _sums(rng):
            _saves(chain, victim, amount)
            yield
            pulls(chain, USD, victim, thief, amount, spender)
            yield from _day(chain)

    return attack(name, acts, spender, [thief], [victim])


def _several(name: str, rng: Random, names: Names) -> Story:
    victims, spender, thief = names.many(3), names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.native(HOT, spender, ETHER // 2)
        for victim in victims:
            open_account(chain, victim, ETHER, 30 * ETHER)
        yield
        for victim in victims:
            allows(chain, USD, victim, spender)
        for amounts in zip(*(_sums(rng) for _ in victims), strict=True):
            for victim, amount in zip(victims, amounts, strict=True):
                _saves(chain, victim, amount)
            yield
            for victim, amount in zip(victims, amounts, strict=True):
                pulls(chain, USD, victim, thief, amount, spender)
            yield from _day(chain)

    return attack(name, acts, spender, [thief], victims)


def _platform(name: str, rng: Random, names: Names) -> Story:
    """The victim pays into a contract; a little comes back once, by another wallet too (25.P2)."""
    victim, maker, platform, other = names.many(4)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, victim, ETHER, 30 * ETHER)
        chain.creates(maker, platform)
        yield
        allows(chain, USD, victim, platform)
        for turn, amount in enumerate(_sums(rng)):
            _saves(chain, victim, amount)
            yield
            with chain.transaction(victim, platform):
                chain.erc20(USD, victim, platform, amount)
            if turn == 0:
                yield
                chain.erc20(USD, other if rng.random() < 0.5 else platform, victim, amount // 6, by=maker)
            yield from _day(chain)

    return attack(name, acts, platform, [maker], [victim])


def _by_hand(name: str, rng: Random, names: Names) -> Story:
    """One small pull as a test; then the victim pays another new wallet each time."""
    victim, spender, thief = names.many(3)
    fronts = names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.native(HOT, spender, ETHER // 2)
        open_account(chain, victim, ETHER, 300 * ETHER)
        yield
        first, *sums = _sums(rng)
        allows(chain, USD, victim, spender, first // 2)
        pulls(chain, USD, victim, thief, first // 2, spender)
        yield
        for front, amount in zip(fronts, sums, strict=True):
            yield from _day(chain)
            _saves(chain, victim, amount)
            yield
            chain.erc20(USD, victim, front, amount)
        yield

    return attack(name, acts, spender, [thief, *fronts], [victim])


def _all_at_once(name: str, rng: Random, names: Names) -> Story:
    """Robbed as soon as the exchange has paid (25.P1)."""
    victim, spender, thief = names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.native(HOT, spender, ETHER // 2)
        open_account(chain, victim, ETHER)
        allows(chain, USD, victim, spender)
        yield
        _saves(chain, victim, amount := rng.randint(300, 900) * ETHER)
        yield from rests(rng, 2)
        pulls(chain, USD, victim, thief, amount, spender)

    return attack(name, acts, spender, [thief], [victim])


def _second_thoughts(name: str, rng: Random, names: Names) -> Story:
    victim, spender = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.native(HOT, spender, ETHER // 2)
        open_account(chain, victim, ETHER, 300 * ETHER)
        yield
        allows(chain, USD, victim, spender)
        yield from _day(chain)
        yield
        ends(chain, USD, victim, spender)
        yield
        fails_to_take(chain, USD, spender)

    return attack(name, acts, spender, victims=[victim])


def hard_negatives(seed: int) -> list[Story]:
    """A desk's customers, subscriptions, bills, a savings plan, own wallets, deposits, a game."""
    tales = {
        "payment desk": _desk,
        "subscription": _subscription,
        "falling bills": _falling,
        "savings plan": _savings,
        "second wallet": _second_wallet,
        "deposits": _deposits,
        "game": _game,
    }
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _desk(name: str, rng: Random, names: Names) -> Story:
    """Customers are refilled by the exchange and emptied by the same desk, again and again (25.N1)."""
    people, desk, account = names.many(3), names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        for person in people:
            open_account(chain, person, ETHER)
            allows(chain, USD, person, desk)
        yield
        for _ in range(8):
            amounts = [rng.randint(50, 150) * ETHER for _ in people]
            for person, amount in zip(people, amounts, strict=True):
                _saves(chain, person, amount)
            yield
            for person, amount in zip(people, amounts, strict=True):
                pulls(chain, USD, person, account, amount, desk)
            yield from _day(chain)

    return honest(name, acts, [*people, desk, account])


def _subscription(name: str, rng: Random, names: Names) -> Story:
    """The same fee each month (25.N2)."""
    people, seller, service, account = names.many(3), names.fresh(), names.fresh(), names.fresh()
    fee = rng.randint(5, 40) * ETHER

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.creates(seller, service)
        for person in people:
            open_account(chain, person, ETHER, 900 * ETHER)
            allows(chain, USD, person, service)
        yield
        for _ in range(5):
            with chain.transaction(seller, service):
                for person in people:
                    chain.erc20(USD, person, account, fee)
            yield from _day(chain)

    return honest(name, acts, [*people, seller, service, account])


def _falling(name: str, rng: Random, names: Names) -> Story:
    """One customer's bills by use, up and down."""
    person, seller, account = names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, person, ETHER, 900 * ETHER)
        allows(chain, USD, person, seller)
        yield
        for units in (9, 7, 11, 8, 10, 6):
            pulls(chain, USD, person, account, units * ETHER, seller)
            yield from _day(chain)

    return honest(name, acts, [person, seller, account])


def _savings(name: str, rng: Random, names: Names) -> Story:
    """Somebody saves more each week, and gets shares at once (25.N2)."""
    saver, maker, vault = names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, saver, ETHER, 900 * ETHER)
        chain.creates(maker, vault)
        yield
        allows(chain, USD, saver, vault)
        for amount in _sums(rng):
            with chain.transaction(saver, vault):
                chain.erc20(USD, saver, vault, amount).erc20(vault, bytes(20), saver, amount)
            yield from _day(chain)

    return honest(name, acts, [saver, maker, vault])


def _second_wallet(name: str, rng: Random, names: Names) -> Story:
    """Somebody's other wallet gathers his savings, more each time."""
    owner, hot, cold = names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, owner, 2 * ETHER, 10 * ETHER)
        yield
        chain.native(owner, hot, ETHER)
        allows(chain, USD, owner, hot)
        for amount in _sums(rng):
            _saves(chain, owner, amount)
            yield
            pulls(chain, USD, owner, cold, amount, hot)
            yield from _day(chain)

    return honest(name, acts, [owner, hot, cold])


def _deposits(name: str, rng: Random, names: Names) -> Story:
    """Somebody pays more each time into his own address at the exchange, by hand."""
    person, deposit = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, person, ETHER, 2000 * ETHER)
        yield
        for amount in _sums(rng):
            chain.erc20(USD, person, deposit, amount)
            yield
            chain.erc20(USD, deposit, HOT, amount)
            yield from _day(chain)

    return honest(name, acts, [person, deposit, HOT])


def _game(name: str, rng: Random, names: Names) -> Story:
    """A young game that many pay into, and get things for: one of them plays more each time."""
    people, maker, game = names.many(5), names.fresh(), names.fresh()
    things = address(f"{name} things")

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.creates(maker, game)
        for person in people:
            open_account(chain, person, ETHER, 900 * ETHER)
            allows(chain, USD, person, game)
        yield
        for turn, amount in enumerate(_sums(rng)):
            for number, person in enumerate(people):
                with chain.transaction(person, game):
                    chain.erc20(USD, person, game, amount // (number + 1))
                    chain.erc721(things, bytes(20), person, 10 * turn + number)
            yield from _day(chain)

    return honest(name, acts, [*people, maker, game])
