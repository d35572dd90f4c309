"""Layering: money that runs through fresh wallets or is scattered and gathered; and honest flows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from random import Random

from tests.contract.background import DEPOSITS, PEOPLE, SHOPS
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
from tests.fixtures.frames import ChainBuilder, keccak

FEE = 10**15
TRANSFER = keccak(b"transfer(address,uint256)")[:4]
HALF_AN_HOUR = 1800


def positives(seed: int) -> list[Story]:
    """Fifteen: lines of fresh wallets in native value and in a token, peel chains, scatter-gather, and lines
    that broke off.
    """
    tales = {
        "pass-through": _pass_through,
        "token line": _token_line,
        "peel chain": _peel_chain,
        "scatter-gather": _scatter_gather,
        "broken off": _broken_off,
    }
    return [
        tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales, rounds=3)
    ]


def _pass_through(name: str, rng: Random, names: Names) -> Story:
    """Every wallet forwards everything at once, but the fee."""
    line = names.many(rng.randint(5, 9))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        wei = ether(rng, 20, 90)
        for here, there in pairwise(line):
            chain.native(here, there, wei)
            wei -= FEE
            yield from rests(rng, 2)

    return attack(name, acts, line[0])


def _token_line(name: str, rng: Random, names: Names) -> Story:
    """The same in a token; the native value for the fees goes along."""
    line = names.many(rng.randint(5, 8))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        fees = ETHER // 10
        for here, there in pairwise(line):
            chain.erc20(USD, here, there, 40_000 * ETHER)
            chain.native(here, there, fees)
            fees -= 2 * FEE
            yield from rests(rng, 2)

    return attack(name, acts, line[0])


def _peel_chain(name: str, rng: Random, names: Names) -> Story:
    """Every wallet sends 75 to 95 % on to a fresh one and peels the rest off."""
    line, shops = names.many(rng.randint(6, 9)), names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        held = ether(rng, 20, 90)
        chain.native(line[0], line[1], held)
        for here, there in pairwise(line[1:]):
            yield
            on = held * rng.randint(75, 95) // 100
            chain.native(here, there, on).native(here, rng.choice(shops), held - on - FEE)
            held = on
            yield from rests(rng, 1)

    return attack(name, acts, line[0])


def _scatter_gather(name: str, rng: Random, names: Names) -> Story:
    """One wallet spreads it over five to nine, which all send it to one other."""
    source, end, middle = names.fresh(), names.fresh(), names.many(rng.randint(5, 9))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        parts = {wallet: ether(rng, 2, 9) for wallet in middle}
        for wallet, wei in parts.items():
            chain.native(source, wallet, wei)
        yield
        for wallet, wei in parts.items():
            chain.native(wallet, end, wei - FEE)
            yield from rests(rng, 1)

    return attack(name, acts, source, [end])


def _broken_off(name: str, rng: Random, names: Names) -> Story:
    """One to three hops, then a payment that fails, in native value or in a token."""
    line, usd = names.many(rng.randint(2, 4)), rng.random() < 0.5

    def acts(chain: ChainBuilder) -> Iterator[None]:
        wei = ether(rng, 20, 90)
        for here, there in pairwise(line):
            if usd:
                chain.erc20(USD, here, there, 40_000 * ETHER)
            chain.native(here, there, wei)
            wei -= FEE
            yield from rests(rng, 2)
        yield
        if usd:
            chain.calls(line[-1], USD, TRANSFER, status=0)
        else:
            chain.native(
                line[-1], rng.choice(list(TOKENS.values())), wei * rng.randint(50, 99) // 100, status=0
            )

    return attack(name, acts, line[0])


def hard_negatives(seed: int) -> list[Story]:
    """Payroll with rent, an airdrop that is used, exchange traffic, a processor, shopping, slow money, and
    people whose payments fail.
    """
    tales = {
        "payroll": _payroll,
        "airdrop": _airdrop,
        "exchange round trip": _round_trip,
        "payment processor": _processor,
        "same shop": _same_shop,
        "spending on": _spending_on,
        "slow money": _slow_money,
        "fumbles": _fumbles,
    }
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _payroll(name: str, rng: Random, names: Names) -> Story:
    """A company pays twelve people; six of them pay a quarter to 45 % of it to one landlord at once."""
    company, landlord, staff = names.fresh(), names.fresh(), names.many(12)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        salary = {employee: ether(rng, 1, 3) for employee in staff}
        for employee, wei in salary.items():
            chain.native(company, employee, wei)
        yield
        for tenant in staff[:6]:
            chain.native(tenant, landlord, salary[tenant] * rng.randint(25, 45) // 100)
            yield from rests(rng, 1)

    return honest(name, acts, [company, landlord, *staff])


def _airdrop(name: str, rng: Random, names: Names) -> Story:
    """Twenty people get a token, and eight of them swap all of it at one pool."""
    project, pool, people = names.fresh(), names.fresh(), names.many(20)
    token = names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.erc20(token, bytes(20), project, 10**6 * ETHER, by=project)
        for person in people:
            chain.erc20(token, project, person, 100 * ETHER)
        yield
        for person in people[:8]:
            with chain.transaction(person, pool):
                chain.erc20(token, person, pool, 100 * ETHER).erc20(TOKENS["eur"], pool, person, ETHER)
            yield from rests(rng, 1)

    return honest(name, acts, [project, pool, *people])


def _round_trip(name: str, rng: Random, names: Names) -> Story:
    """Six customers withdraw and deposit again within minutes; each deposit is swept into the hot wallet."""
    wallets, deposits = names.many(6), names.many(6)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        amounts = {wallet: ether(rng, 2, 20) for wallet in wallets}
        for wallet, wei in amounts.items():
            open_account(chain, wallet, wei)
        yield
        for wallet, there in zip(wallets, deposits, strict=True):
            chain.native(wallet, there, amounts[wallet] - FEE)
        yield
        for wallet, there in zip(wallets, deposits, strict=True):
            chain.native(there, HOT, amounts[wallet] - 2 * FEE)

    return honest(name, acts, [*wallets, *deposits, HOT])


def _processor(name: str, rng: Random, names: Names) -> Story:
    """Takes the payments of many customers and passes 97 % on to shops, block after block."""
    processor = names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        for _ in range(8):
            bills = {payer: ether(rng, 0.01, 0.2) for payer in rng.sample(PEOPLE, 4)}
            for payer, wei in bills.items():
                chain.native(payer, processor, wei)
            yield
            for shop in rng.sample(SHOPS, 3):
                chain.native(processor, shop, sum(bills.values()) * 97 // 300)

    return honest(name, acts, [processor])


def _same_shop(name: str, rng: Random, names: Names) -> Story:
    """Seven customers of the exchange withdraw and spend most of it at once, all at the same new shop."""
    customers, shop = names.many(7), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        for customer in customers:
            open_account(chain, customer, ETHER)
        yield
        for customer in customers:
            chain.native(customer, shop, ether(rng, 0.6, 0.95))
            yield from rests(rng, 1)

    return honest(name, acts, [*customers, shop])


def _spending_on(name: str, rng: Random, names: Names) -> Story:
    """Pay reaches a parent, a child, a shop: most of it is spent within minutes, at a place where all pay."""
    parent, child = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, parent, 3 * ETHER)
        yield
        chain.native(parent, child, 2 * ETHER)
        yield
        chain.native(child, DEPOSITS[friend_of(rng)], 19 * ETHER // 10)
        chain.native(parent, rng.choice(SHOPS), ETHER // 2)

    return honest(name, acts, [parent, child, HOT])


def _slow_money(name: str, rng: Random, names: Names) -> Story:
    """Six people in a row each pay most of what they got, but only after it rested more than half an hour."""
    line = names.many(6)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        wei = 5 * ETHER
        for here, there in pairwise(line):
            chain.native(here, there, wei)
            wei = wei * 8 // 10
            chain.block(HALF_AN_HOUR + 1)
        yield

    return honest(name, acts, line, alone=True)


def _fumbles(name: str, rng: Random, names: Names) -> Story:
    """A customer of the exchange, a friend's friend and one who has a life fail to pay; all three go on."""
    customer, friend, newcomer = names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, customer, 3 * ETHER, 900 * ETHER)
        open_account(chain, friend, 9 * ETHER)
        yield
        chain.calls(customer, USD, TRANSFER, status=0)
        chain.native(friend, newcomer, ETHER).native(friend, rng.choice(SHOPS), ETHER // 2)
        yield
        chain.native(newcomer, USD, ETHER // 2, status=0)
        yield
        chain.native(newcomer, friend_of(rng), ETHER // 2)
        chain.native(customer, friend_of(rng), ETHER)

    return honest(name, acts, [customer, friend, newcomer])
