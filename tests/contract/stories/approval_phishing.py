"""Approval phishing: owners grant, and what they granted takes for a third party; and honest allowances."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from tests.contract.allowances import allows, earlier, ends, fails_to_take, pulls
from tests.contract.story import (
    ETHER,
    HOT,
    TOKENS,
    USD,
    Names,
    Story,
    attack,
    dealt,
    honest,
    open_account,
    rests,
)
from tests.fixtures.frames import ChainBuilder, address

EUR, GOLD = TOKENS["eur"], TOKENS["gold"]


def positives(seed: int) -> list[Story]:
    """Twelve: a wallet, a page with a contract, one for each victim, permits, items, second thoughts."""
    tales = {
        "wallet": _wallet,
        "claim page": _claim_page,
        "made for each victim": _made_for_each,
        "permits": _permits,
        "items": _items,
        "ended in time": _ended_in_time,
    }
    return [
        tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales, rounds=2)
    ]


def _opened(chain: ChainBuilder, rng: Random, wallets: Sequence[bytes], *thieves: bytes) -> Iterator[None]:
    """Each opens an account with the exchange, and buys something small; thieves get what fees take."""
    for wallet in wallets:
        open_account(chain, wallet, 2 * ETHER, rng.randint(200, 900) * ETHER)
    for wallet in thieves:
        chain.native(HOT, wallet, ETHER // 2)
    yield
    for wallet in wallets:
        chain.erc20(USD, wallet, address("shop 1"), 20 * ETHER)
    yield


def _sums(rng: Random, wallets: Sequence[bytes]) -> list[int]:
    """Most of what each has, never the same."""
    return [rng.randint(120, 180) * ETHER + n for n, _ in enumerate(wallets)]


def _wallet(name: str, rng: Random, names: Names) -> Story:
    victims, spender, thief = names.many(rng.randint(2, 6)), names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        yield from _opened(chain, rng, victims, spender)
        for victim in victims:
            allows(chain, USD, victim, spender)
        yield from rests(rng, 2)
        for victim, amount in zip(victims, _sums(rng, victims), strict=True):
            pulls(chain, USD, victim, thief, amount, spender)
            yield from rests(rng, 1)

    return attack(name, acts, spender, [thief], victims)


def _claim_page(name: str, rng: Random, names: Names) -> Story:
    victims, owner, page, thief = names.many(rng.randint(3, 6)), names.fresh(), names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        yield from _opened(chain, rng, victims, owner)
        chain.creates(owner, page)
        yield
        for victim in victims:
            allows(chain, USD, victim, page)
        yield
        with chain.transaction(owner, page):
            for victim, amount in zip(victims, _sums(rng, victims), strict=True):
                chain.erc20(USD, victim, thief, amount)

    return attack(name, acts, owner, [page, thief], victims)


def _made_for_each(name: str, rng: Random, names: Names) -> Story:
    """Each victim approves another address, where a contract appears only while it takes (2.P1)."""
    victims, owner, thief = names.many(rng.randint(2, 5)), names.fresh(), names.fresh()
    spenders = names.many(len(victims))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        yield from _opened(chain, rng, victims, owner)
        for victim, spender in zip(victims, spenders, strict=True):
            allows(chain, USD, victim, spender)
        yield
        for victim, spender, amount in zip(victims, spenders, _sums(rng, victims), strict=True):
            chain.creates(owner, spender)
            with chain.transaction(owner, spender):
                chain.erc20(USD, victim, thief, amount * 4 // 5).erc20(USD, victim, owner, amount // 5)
            yield

    return attack(name, acts, owner, [thief, *spenders], victims)


def _permits(name: str, rng: Random, names: Names) -> Story:
    """Nothing but a signature of each victim; the spender brings it and takes at once."""
    victims, spender, thief = names.many(rng.randint(2, 5)), names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        yield from _opened(chain, rng, victims, spender)
        for victim, amount in zip(victims, _sums(rng, victims), strict=True):
            allows(chain, USD, victim, spender, by=spender)
            pulls(chain, USD, victim, thief, amount, spender)
            yield from rests(rng, 1)

    return attack(name, acts, spender, [thief], victims)


def _items(name: str, rng: Random, names: Names) -> Story:
    victims, spender, thief = names.many(rng.randint(2, 4)), names.fresh(), names.fresh()
    gallery = address(f"{name} gallery")

    def acts(chain: ChainBuilder) -> Iterator[None]:
        yield from _opened(chain, rng, victims, spender)
        for number, victim in enumerate(victims):
            chain.erc721(gallery, bytes(20), victim, number, by=victim)
            allows(chain, gallery, victim, spender, of_all=True)
        yield
        for number, victim in enumerate(victims):
            chain.erc721(gallery, victim, thief, number, by=spender)

    return attack(name, acts, spender, [thief], victims)


def _ended_in_time(name: str, rng: Random, names: Names) -> Story:
    victims, spender = names.many(rng.randint(2, 5)), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        yield from _opened(chain, rng, victims, spender)
        for victim in victims:
            allows(chain, USD, victim, spender)
        yield
        for victim in victims:
            ends(chain, USD, victim, spender)
        yield
        fails_to_take(chain, USD, spender)

    return attack(name, acts, spender, victims=victims)


def hard_negatives(seed: int) -> list[Story]:
    """A factory of spenders, a guardian, a router by Permit2, a first day, art sold low, lowered allowances,
    subscriptions, a shop, one owner's wallets, a migration, gasless sales.
    """
    tales = {
        "factory of spenders": _factory,
        "guardian": _guardian,
        "gasless trade": _gasless_trade,
        "first day": _first_day,
        "art sold low": _art_sold_low,
        "lowered allowances": _lowered,
        "subscription": _subscription,
        "metered bill": _metered,
        "shop": _shop,
        "second wallet": _second_wallet,
        "consolidation": _consolidation,
        "migration": _migration,
    }
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _factory(name: str, rng: Random, names: Names) -> Story:
    """One spender for each market; whoever pays in gets its shares at once (2.N1)."""
    people, maker, markets = names.many(6), names.fresh(), names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        yield from _opened(chain, rng, people)
        for market in markets:
            chain.creates(maker, market)
        yield
        for number, person in enumerate(people):
            market = markets[number % 3]
            allows(chain, USD, person, market)
            with chain.transaction(person, market):
                chain.erc20(USD, person, market, 100 * ETHER + number)
                chain.erc20(market, bytes(20), person, 100 * ETHER)
            yield

    return honest(name, acts, [*people, maker, *markets])


def _guardian(name: str, rng: Random, names: Names) -> Story:
    """A guardian takes a customer's money to a vault at an alarm, and gives it back later (2.N2)."""
    people, guard, vault = names.many(4), names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        yield from _opened(chain, rng, people)
        for person in people:
            allows(chain, USD, person, guard)
        yield
        for number, person in enumerate(people):
            pulls(chain, USD, person, vault, 150 * ETHER + number, guard)
        yield from rests(rng, 2)
        for number, person in enumerate(people):
            chain.erc20(USD, vault, person, 150 * ETHER + number)
        yield

    return honest(name, acts, [*people, guard, vault])


def _gasless_trade(name: str, rng: Random, names: Names) -> Story:
    """A solver takes a token by allowance and pays for it with another, in one transaction (2.N3)."""
    people, solver, house, pool = names.many(5), names.fresh(), names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        yield from _opened(chain, rng, people)
        for number, person in enumerate(people):
            allows(chain, USD, person, house, by=solver if number % 2 else person)
            with chain.transaction(solver, house):
                chain.erc20(USD, person, pool, 150 * ETHER + number).erc20(EUR, pool, person, 140 * ETHER)
            yield

    return honest(name, acts, [*people, solver, house, pool])


def _first_day(name: str, rng: Random, names: Names) -> Story:
    """A protocol opened minutes ago is paid into by its users themselves (2.N4)."""
    people, maker, vault, treasury = names.many(6), names.fresh(), names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        yield from _opened(chain, rng, people)
        chain.creates(maker, vault)
        for number, person in enumerate(people):
            allows(chain, USD, person, vault)
            with chain.transaction(person, vault):
                chain.erc20(USD, person, treasury, 100 * ETHER + number)
            yield

    return honest(name, acts, [*people, maker, vault, treasury])


def _art_sold_low(name: str, rng: Random, names: Names) -> Story:
    """Two pictures are sold through a market under their floor, for a token; buyers sign (2.N5)."""
    sellers, buyer, market, gallery = names.many(2), names.fresh(), names.fresh(), address(f"{name} art")

    def acts(chain: ChainBuilder) -> Iterator[None]:
        yield from _opened(chain, rng, [*sellers, buyer])
        for number, seller in enumerate(sellers):
            chain.erc721(gallery, bytes(20), seller, number, by=seller)
            allows(chain, gallery, seller, market, of_all=True)
        allows(chain, USD, buyer, market)
        yield
        for number, seller in enumerate(sellers):
            with chain.transaction(buyer, market):
                chain.erc721(gallery, seller, buyer, number).erc20(USD, buyer, seller, 3 * ETHER)
            yield

    return honest(name, acts, [*sellers, buyer, market])


def _lowered(name: str, rng: Random, names: Names) -> Story:
    """A token of older code says at each sale what is left of the seller's allowance (2.N6)."""
    people, router, pool = names.many(5), names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        yield from _opened(chain, rng, people)
        for number, person in enumerate(people):
            allows(chain, USD, person, router, 500 * ETHER)
            with chain.transaction(person, router):
                chain.erc20(USD, person, pool, 100 * ETHER + number)
                earlier(chain, USD, person, router, 400 * ETHER - number)
                chain.erc20(GOLD, pool, person, ETHER)
            yield

    return honest(name, acts, [*people, router, pool])


def _subscription(name: str, rng: Random, names: Names) -> Story:
    """A service has its customers pay the same fee to its seller's account."""
    people, seller, service, account = names.many(5), names.fresh(), names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        yield from _opened(chain, rng, people)
        chain.creates(seller, service)
        for person in people:
            allows(chain, USD, person, service)
        for _ in range(2):
            yield
            with chain.transaction(seller, service):
                for person in people:
                    chain.erc20(USD, person, account, 30 * ETHER)

    return honest(name, acts, [*people, seller, service, account])


def _metered(name: str, rng: Random, names: Names) -> Story:
    """A service has each customer pay what he used: little of what he has."""
    people, seller, service, account = names.many(5), names.fresh(), names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        yield from _opened(chain, rng, people)
        chain.creates(seller, service)
        for person in people:
            allows(chain, USD, person, service)
        yield
        with chain.transaction(seller, service):
            for person in people:
                chain.erc20(USD, person, account, rng.randint(1, 10**6) * ETHER // 10**6)

    return honest(name, acts, [*people, seller, service, account])


def _shop(name: str, rng: Random, names: Names) -> Story:
    """A shop takes what its customers buy, to itself."""
    people, shop = names.many(5), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        yield from _opened(chain, rng, people)
        for person in people:
            allows(chain, USD, person, shop, 150 * ETHER)
        yield
        for person in people:
            pulls(chain, USD, person, shop, rng.randint(50, 150) * ETHER, shop)

    return honest(name, acts, [*people, shop])


def _second_wallet(name: str, rng: Random, names: Names) -> Story:
    """Somebody lets another wallet of his own take all he has to a third one."""
    owner, hot, cold = names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        yield from _opened(chain, rng, [owner])
        chain.native(owner, hot, ETHER)
        allows(chain, USD, owner, hot)
        yield
        pulls(chain, USD, owner, cold, 170 * ETHER, hot)

    return honest(name, acts, [owner, hot, cold])


def _consolidation(name: str, rng: Random, names: Names) -> Story:
    """One owner funds wallets of his own, and gathers what they have by allowance."""
    owner, gatherer, vault = names.many(3)
    own = names.many(4)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        yield from _opened(chain, rng, [owner])
        for number, wallet in enumerate(own):
            chain.native(owner, wallet, ETHER // 10).erc20(USD, owner, wallet, 20 * ETHER + number)
        yield
        for number, wallet in enumerate(own):
            allows(chain, USD, wallet, gatherer)
            pulls(chain, USD, wallet, vault, 20 * ETHER + number, gatherer)
            yield

    return honest(name, acts, [owner, gatherer, vault, *own])


def _migration(name: str, rng: Random, names: Names) -> Story:
    """A project takes its old token from those who let it, and gives the new one in the same transaction."""
    people, project, migrator, treasury = names.many(5), names.fresh(), names.fresh(), names.fresh()
    new = address(f"{name} new token")

    def acts(chain: ChainBuilder) -> Iterator[None]:
        yield from _opened(chain, rng, people)
        chain.creates(project, migrator)
        for person in people:
            allows(chain, USD, person, migrator)
        yield
        for number, person in enumerate(people):
            with chain.transaction(person, migrator):
                chain.erc20(USD, person, treasury, 150 * ETHER + number)
                chain.erc20(new, bytes(20), person, 150 * ETHER)

    return honest(name, acts, [*people, project, migrator, treasury])
