"""The honest life that every story hides in: payers, traders, an exchange, payroll, airdrops."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.contract.story import ETHER, HOT, TOKENS, USD
from tests.fixtures.frames import ChainBuilder, address

PEOPLE = [address(f"person {n}") for n in range(40)]
SHOPS = [address(f"shop {n}") for n in range(6)]
DEPOSITS = {person: address(f"deposit address of {n}") for n, person in enumerate(PEOPLE)}
GAS_STATION, COMPANY, POOL = (address(name) for name in ("gas station", "company", "pool"))
ZERO = bytes(20)


def background(chain: ChainBuilder, rng: Random) -> Iterator[None]:
    """Endless. The exchange is an old one: in the first block it pays and is paid by its old customers."""
    for customer in (address(f"market maker {n}") for n in range(8)):
        chain.native(customer, HOT, rng.randint(5, 50) * ETHER).native(HOT, customer, ETHER)
    habits = [_words, _payers, _traders, _customers, _accounts, _newcomers, _payroll, _airdrops]
    living = [habit(chain, rng) for habit in habits]
    while True:
        yield
        for habit in living:
            next(habit)


def _words(chain: ChainBuilder, _rng: Random) -> Iterator[None]:
    """The node tells of a token every ninth block, long after the token was first used."""
    for name, token in TOKENS.items():
        for _ in range(9):
            yield
        chain.metadata(token, name, name.upper(), 18)
    while True:
        yield


def _payers(chain: ChainBuilder, rng: Random) -> Iterator[None]:
    """Everybody has three friends and the town has six shops."""
    friends = {person: rng.sample([p for p in PEOPLE if p != person], 3) for person in PEOPLE}
    while True:
        for person in rng.sample(PEOPLE, rng.randint(4, 7)):
            _pay(chain, rng, person, rng.choice([*friends[person], *rng.sample(SHOPS, 2)]))
        if rng.random() < 0.3:
            _pay(chain, rng, rng.choice(SHOPS), rng.choice(PEOPLE))
        yield


def _pay(chain: ChainBuilder, rng: Random, payer: bytes, payee: bytes) -> None:
    units = int(rng.lognormvariate(0, 1) * 10**18)
    if rng.random() < 0.5:
        chain.native(payer, payee, units // 50)
    else:
        chain.erc20(rng.choice((USD, USD, TOKENS["eur"])), payer, payee, units)


def _traders(chain: ChainBuilder, rng: Random) -> Iterator[None]:
    """Swaps with one pool: a token in, another out, in one transaction."""
    while True:
        for trader in rng.sample(PEOPLE[:12], rng.randint(0, 2)):
            given, got = rng.sample(list(TOKENS.values()), 2)
            with chain.transaction(trader, POOL):
                chain.erc20(given, trader, POOL, rng.randint(1, 50) * ETHER)
                chain.erc20(got, POOL, trader, rng.randint(1, 50) * ETHER)
        yield


def _customers(chain: ChainBuilder, rng: Random) -> Iterator[None]:
    """Withdrawals; deposits to each customer's own address, two blocks later swept into the hot wallet."""
    swept: list[list[tuple[bytes, int]]] = [[], []]
    while True:
        for customer in rng.sample(PEOPLE, rng.randint(0, 2)):
            chain.native(HOT, customer, rng.randint(1, 300) * ETHER // 100)
        made = [(c, rng.randint(1, 200) * ETHER // 100) for c in rng.sample(PEOPLE, rng.randint(0, 2))]
        for customer, wei in made:
            chain.native(customer, DEPOSITS[customer], wei)
            chain.native(GAS_STATION, DEPOSITS[customer], ETHER // 1000)
        for customer, wei in swept.pop(0):
            chain.native(DEPOSITS[customer], HOT, wei)
        swept.append(made)
        yield


def _accounts(chain: ChainBuilder, rng: Random) -> Iterator[None]:
    """Two people a block withdraw for the first time."""
    for number, person in enumerate(PEOPLE):
        chain.native(HOT, person, rng.randint(5, 50) * ETHER)
        chain.erc20(USD, HOT, person, rng.randint(100, 5000) * ETHER)
        if number % 2:
            yield
    while True:
        yield


def _newcomers(chain: ChainBuilder, rng: Random) -> Iterator[None]:
    """Every few blocks somebody opens an account and begins to pay."""
    count, begun = 0, PEOPLE[:1]
    while True:
        for _ in range(rng.randint(2, 5)):
            if rng.random() < 0.5:
                _pay(chain, rng, begun[-1], rng.choice(SHOPS + PEOPLE))
            yield
        count += 1
        begun.append(address(f"newcomer {count}"))
        chain.native(HOT, begun[-1], rng.randint(1, 5) * ETHER)
        chain.erc20(USD, HOT, begun[-1], rng.randint(50, 900) * ETHER)
        yield


def _payroll(chain: ChainBuilder, rng: Random) -> Iterator[None]:
    """The company pays twelve people now and then."""
    while True:
        for _ in range(rng.randint(12, 18)):
            yield
        for employee in PEOPLE[:12]:
            chain.native(COMPANY, employee, rng.randint(50, 150) * ETHER // 100)
        yield


def _airdrops(chain: ChainBuilder, rng: Random) -> Iterator[None]:
    """An old project mints a token and gives it to twenty people, a few of whom pass it on."""
    count = 0
    while True:
        for _ in range(rng.randint(10, 16)):
            yield
        count += 1
        project, token = address(f"project {count}"), address(f"token of project {count}")
        chain.erc20(token, ZERO, project, 10**6 * ETHER, by=project)
        yield
        people = rng.sample(PEOPLE, 20)
        for person in people:
            chain.erc20(token, project, person, 100 * ETHER)
        yield
        for person in people[:4]:
            chain.erc20(token, person, rng.choice(PEOPLE[20:]), 60 * ETHER)
        yield
