"""Cycle laundering: money that comes home through several wallets; and honest rounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from random import Random

from tests.contract.background import GAS_STATION, POOL, SHOPS
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
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.market import WETH

FEE = 10**15
DAY = 86_400


def positives(seed: int) -> list[Story]:
    """Twelve: rings in the coin, pieces in a token, two branches, changed assets, sham sales, slow rings."""
    tales = {
        "ring": _ring,
        "pieces": _pieces,
        "two branches": _two_branches,
        "changed assets": _changed_assets,
        "sham sale": _sham_sale,
        "slow ring": _slow_ring,
    }
    return [
        tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales, rounds=2)
    ]


def _ring(name: str, rng: Random, names: Names) -> Story:
    """Each wallet passes nearly all of it on, and the last one pays the first."""
    line = names.many(rng.randint(4, 8))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        wei = ether(rng, 20, 90)
        for here, there in pairwise([*line, line[0]]):
            chain.native(here, there, wei)
            wei = wei * rng.randint(92, 100) // 100 - FEE
            yield from rests(rng, 2)

    return attack(name, acts, line[0])


def _pieces(name: str, rng: Random, names: Names) -> Story:
    """Each passes four fifths on in two payments, and pays somebody else a little in between."""
    line = names.many(rng.randint(4, 5))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        held = 50_000 * ETHER
        for here, there in pairwise([*line, line[0]]):
            chain.erc20(USD, here, there, held * 45 // 100)
            yield
            chain.erc20(USD, here, friend_of(rng), held // 100)
            chain.erc20(USD, here, there, held * 35 // 100)
            held = held * 80 // 100
            yield from rests(rng, 1)

    return attack(name, acts, line[0])


def _two_branches(name: str, rng: Random, names: Names) -> Story:
    """Two parts go ways of different lengths and meet at home."""
    origin, short, long = names.fresh(), names.many(2), names.many(5)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        parts = ether(rng, 10, 30), ether(rng, 10, 30)
        chain.native(origin, short[0], parts[0]).native(origin, long[0], parts[1])
        for way, wei in ((short, parts[0]), (long, parts[1])):
            for here, there in pairwise([*way, origin]):
                yield
                wei -= FEE
                chain.native(here, there, wei)

    return attack(name, acts, origin)


def _changed_assets(name: str, rng: Random, names: Names) -> Story:
    """The coin leaves; the second wallet buys a token, the third passes it on, the fourth sells it."""
    origin, *line = names.many(5)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        wei, gold = ether(rng, 10, 60), rng.randint(1_000, 9_000) * ETHER
        chain.native(origin, line[0], wei)
        yield
        chain.native(line[0], line[1], wei - FEE)
        yield
        with chain.transaction(line[1], POOL, wei - 3 * FEE):
            chain.erc20(TOKENS["gold"], POOL, line[1], gold)
        yield
        chain.erc20(TOKENS["gold"], line[1], line[2], gold)
        yield from rests(rng, 1)
        chain.erc20(TOKENS["gold"], line[2], line[3], gold)
        with chain.transaction(line[3], POOL):
            chain.erc20(TOKENS["gold"], line[3], POOL, gold).erc20(WETH, POOL, line[3], wei - 5 * FEE)
        yield
        chain.erc20(WETH, line[3], origin, wei - 6 * FEE)

    return attack(name, acts, origin)


def _sham_sale(name: str, rng: Random, names: Names) -> Story:
    """The last wallet buys a picture that the origin made itself, for all the money."""
    line, market, art = names.many(rng.randint(4, 6)), names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        held = rng.randint(5_000, 90_000) * ETHER
        chain.erc721(art, bytes(20), line[0], 1, by=line[0])
        for here, there in pairwise(line):
            chain.erc20(USD, here, there, held)
            held = held * 97 // 100
            yield from rests(rng, 1)
        yield
        with chain.transaction(line[-1], market):
            chain.erc721(art, line[0], line[-1], 1).erc20(USD, line[-1], line[0], held)

    return attack(name, acts, line[0])


def _slow_ring(name: str, rng: Random, names: Names) -> Story:
    """Wallets with money of their own, and days of rest between the payments."""
    line = names.many(rng.randint(4, 6))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        wei = ether(rng, 20, 90)
        for wallet in line[1:]:
            chain.native(HOT, wallet, ether(rng, 0.05, 0.5))
        yield
        for here, there in pairwise([*line, line[0]]):
            chain.native(here, there, wei)
            wei = wei * rng.randint(80, 100) // 100
            chain.block(rng.randint(1, 9) * DAY)
        yield

    return replace(attack(name, acts, line[0]), alone=True)


def hard_negatives(seed: int) -> list[Story]:
    """Arbitrage, wrapping, a pool in and out, the exchange and back, a loan, a gas station, dear friends."""
    tales = {
        "arbitrage": _arbitrage,
        "wrap and unwrap": _wrap,
        "pool in and out": _pool_round_trip,
        "exchange round trip": _exchange_round_trip,
        "loan repaid": _loan_repaid,
        "gas station": _gas_station,
        "shared bills": _shared_bills,
        "forged ring": _forged_ring,
    }
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _arbitrage(name: str, rng: Random, names: Names) -> Story:
    """A bot sends a token round through three pools, each time in one transaction."""
    bot, router, pools = names.fresh(), names.fresh(), names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.erc20(USD, HOT, bot, 500 * ETHER)
        for _ in range(5):
            yield
            with chain.transaction(bot, router):
                chain.erc20(USD, bot, pools[0], 100 * ETHER)
                chain.erc20(TOKENS["eur"], pools[0], pools[1], 90 * ETHER)
                chain.erc20(TOKENS["gold"], pools[1], pools[2], 8 * ETHER)
                chain.erc20(USD, pools[2], bot, 101 * ETHER)

    return honest(name, acts, [bot, router, *pools])


def _wrap(name: str, rng: Random, names: Names) -> Story:
    """Somebody wraps, moves it to another wallet of hers and back, and unwraps."""
    owner, second = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, owner, 20 * ETHER)
        yield
        chain.deposit(WETH, owner, 10 * ETHER)
        yield
        chain.erc20(WETH, owner, second, 10 * ETHER)
        yield from rests(rng, 2)
        chain.erc20(WETH, second, owner, 10 * ETHER)
        yield
        chain.withdrawal(WETH, owner, 10 * ETHER)

    return honest(name, acts, [owner, second, WETH])


def _pool_round_trip(name: str, rng: Random, names: Names) -> Story:
    """Somebody buys from a new pool, and sells to it again; three times, and gives liquidity and takes it."""
    trader, pool, token = names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, trader, ETHER, 1_000 * ETHER)
        for _ in range(3):
            yield
            with chain.transaction(trader, pool):
                chain.erc20(USD, trader, pool, 500 * ETHER).erc20(token, pool, trader, 50 * ETHER)
            yield
            with chain.transaction(trader, pool):
                chain.erc20(token, trader, pool, 50 * ETHER).erc20(USD, pool, trader, 497 * ETHER)
        yield
        chain.erc20(USD, trader, pool, 400 * ETHER)
        yield
        chain.erc20(USD, pool, trader, 400 * ETHER, by=trader, via=pool)

    return honest(name, acts, [trader, pool])


def _exchange_round_trip(name: str, rng: Random, names: Names) -> Story:
    """Customers withdraw, keep it in another wallet of theirs, and deposit; the deposit is swept."""
    customers, ledgers, deposits = names.many(3), names.many(3), names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        wei = ether(rng, 2, 20)
        for customer in customers:
            open_account(chain, customer, wei)
        for step in (zip(customers, ledgers), zip(ledgers, deposits), zip(deposits, [HOT] * 3)):  # noqa: B905
            yield from rests(rng, 2)
            yield
            wei -= FEE
            for here, there in step:
                chain.native(here, there, wei)

    return honest(name, acts, [HOT, *customers, *ledgers, *deposits])


def _loan_repaid(name: str, rng: Random, names: Names) -> Story:
    """A friend borrows, buys something with it, is paid by the exchange, and pays back with interest."""
    lender, friend, seller = names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        sum_ = rng.randint(200, 9_000) * ETHER
        chain.erc20(USD, HOT, lender, sum_)
        yield
        chain.erc20(USD, lender, friend, sum_)
        yield
        chain.erc20(USD, friend, seller, sum_ * 9 // 10)
        chain.block(rng.randint(1, 20) * DAY)
        chain.erc20(USD, HOT, friend, sum_)
        yield
        chain.erc20(USD, friend, lender, sum_ * 101 // 100)

    return honest(name, acts, [lender, friend, seller], alone=True)


def _gas_station(name: str, rng: Random, names: Names) -> Story:
    """A company fills its wallets up from where they remit what they earn, again and again."""
    station, treasury, tills = names.fresh(), names.fresh(), names.many(4)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.native(HOT, station, 3 * ETHER)
        for _ in range(4):
            for till in tills:
                chain.native(station, till, ETHER // 50)
                for _ in range(3):
                    chain.native(friend_of(rng), till, ether(rng, 0.2, 0.9))
            yield
            for till in tills:
                chain.native(till, treasury, ether(rng, 0.5, 0.9))
            yield
            chain.native(treasury, station, ETHER // 10)
            yield from rests(rng, 1)

    return honest(name, acts, [station, treasury, *tills])


def _shared_bills(name: str, rng: Random, names: Names) -> Story:
    """Three who live together pay one another what each has laid out, from wages that come every week."""
    flat = names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        for _ in range(4):
            for each in flat:
                chain.native(GAS_STATION, each, ether(rng, 0.8, 1.2))
            yield
            for here, there in pairwise([*flat, flat[0]]):
                chain.native(here, there, ether(rng, 0.05, 0.2)).native(here, rng.choice(SHOPS), ETHER // 4)
                yield from rests(rng, 1)

    return honest(name, acts, flat)


def _forged_ring(name: str, rng: Random, names: Names) -> Story:
    """A stranger's token tells that money went from a person round through wallets and back to the person."""
    victim, forger, token = names.many(3)
    middle = names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, victim, ETHER)
        yield
        for here, there in pairwise([victim, *middle, victim]):
            chain.erc20(token, here, there, 1_000 * ETHER, by=forger)
            yield
        chain.erc20(address(f"{name} other token"), middle[0], victim, 5, by=middle[0])

    return honest(name, acts, [victim])
