"""Sandwiches in one block, by wallets, contracts, pairs of wallets; and honest blocks that look like them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from tests.contract.story import Names, Story, attack, dealt, ether, honest
from tests.fixtures.assembly import asked
from tests.fixtures.frames import ChainBuilder, word
from tests.fixtures.market import (
    BURN_V2,
    ETHER,
    MINT_V2,
    ROUTER,
    USD,
    WETH,
    Market,
    Pool,
)


def positives(seed: int) -> list[Story]:
    """Sixteen: of wallets, contracts, two wallets, in pieces, through another pool, in layers, on V3; and one
    that bought too much, so that the purchases failed.
    """
    tales = {
        "one wallet": _one_wallet,
        "two wallets": _two_wallets,
        "contract": _contract,
        "in pieces": _in_pieces,
        "through another pool": _through_another_pool,
        "layers": _layers,
        "third version": _third_version,
        "too much": _too_much,
    }
    return [
        tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales, rounds=2)
    ]


def hard_negatives(seed: int) -> list[Story]:
    """Nine: who trades beside others without living off them, also where others' transactions failed."""
    tales = {
        "busy block": _busy_block,
        "change of mind": _change_of_mind,
        "no gain": _no_gain,
        "users of one router": _users_of_one_router,
        "backrun": _backrun,
        "just in time": _just_in_time,
        "maker": _maker,
        "another token fails": _another_token_fails,
        "half of it": _half_of_it,
    }
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _venue(chain: ChainBuilder, names: Names, rng: Random, version: int = 2) -> tuple[Market, Pool]:
    """A pool of a new token, which nobody introduces; the coin is its second token."""
    market = Market(chain)
    reserves = [rng.randint(10**4, 10**6) * ETHER, rng.randint(100, 500) * ETHER]
    pool = Pool(names.fresh(), (names.fresh(), WETH), reserves, version)
    return market, market.opens(pool, introduced=False)


def _buy(market: Market, pool: Pool, victims: list[bytes], rng: Random) -> None:
    for victim in victims:
        market.buys_with_coin(victim, pool, ether(rng, 8, 20))


def _one_wallet(name: str, rng: Random, names: Names, version: int = 2) -> Story:
    mallory, victims = names.fresh(), names.many(rng.randint(1, 3))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market, pool = _venue(chain, names, rng, version)
        yield
        units = market.trades(mallory, pool, 1, ether(rng, 5, 15))
        _buy(market, pool, victims, rng)
        market.trades(mallory, pool, 0, units)

    return attack(name, acts, mallory, victims=victims)


def _around(
    name: str, rng: Random, names: Names, share: float, names_token: bool
) -> tuple[bytes, Callable[[ChainBuilder], Iterator[None]]]:
    """Somebody buys, others' purchases fail, and he sells a share of what he bought."""
    mallory, people = names.fresh(), names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market, pool = _venue(chain, names, rng)
        yield
        units = market.trades(mallory, pool, 1, ether(rng, 5, 15))
        wanted = pool.tokens[0] if names_token else names.fresh()
        for person in people:
            chain.fails(person, ROUTER, asked("swap(uint256,address)", 1, wanted), wei=ETHER)
        market.trades(mallory, pool, 0, int(units * share))

    return mallory, acts


def _too_much(name: str, rng: Random, names: Names) -> Story:
    mallory, acts = _around(name, rng, names, 1, names_token=True)
    return attack(name, acts, mallory)


def _another_token_fails(name: str, rng: Random, names: Names) -> Story:
    """He thinks again within a block in which others fail to buy something else."""
    fickle, acts = _around(name, rng, names, 1, names_token=False)
    return honest(name, acts, [fickle])


def _half_of_it(name: str, rng: Random, names: Names) -> Story:
    """He sells half of it, in a block in which others failed to buy."""
    fickle, acts = _around(name, rng, names, 0.5, names_token=True)
    return honest(name, acts, [fickle])


def _third_version(name: str, rng: Random, names: Names) -> Story:
    return _one_wallet(name, rng, names, version=3)


def _two_wallets(name: str, rng: Random, names: Names) -> Story:
    """What the buyer buys goes to another wallet, which sells."""
    buyer, seller, victims = names.fresh(), names.fresh(), names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market, pool = _venue(chain, names, rng)
        yield
        units = market.trades(buyer, pool, 1, ether(rng, 5, 15), to=seller)
        _buy(market, pool, victims, rng)
        market.trades(seller, pool, 0, units)

    return attack(name, acts, seller, [buyer], victims)


def _contract(name: str, rng: Random, names: Names) -> Story:
    """A contract that holds the money trades with the pool itself; its owner calls it."""
    owner, bot, victims = names.fresh(), names.fresh(), names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market, pool = _venue(chain, names, rng)
        yield
        with chain.transaction(owner, bot):
            units = market.swaps(pool, 1, ether(rng, 5, 15), bot, bot, bot)
        _buy(market, pool, victims, rng)
        with chain.transaction(owner, bot):
            market.swaps(pool, 0, units, bot, bot, bot)

    return attack(name, acts, bot, [owner], victims)


def _in_pieces(name: str, rng: Random, names: Names) -> Story:
    """Three fronts and two backs, other people's trades of other pools between them."""
    mallory, victims = names.fresh(), names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market, pool = _venue(chain, names, rng)
        yield
        units = sum(market.trades(mallory, pool, 1, ether(rng, 2, 5)) for _ in range(3))
        _buy(market, pool, victims, rng)
        market.trades(mallory, pool, 0, units // 3)
        market.trades(mallory, pool, 0, units - units // 3)

    return attack(name, acts, mallory, victims=victims)


def _through_another_pool(name: str, rng: Random, names: Names) -> Story:
    """Dollars buy the coin in one pool and the token in the other; back the same way."""
    mallory, victims = names.fresh(), names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market, pool = _venue(chain, names, rng)
        dollars = market.opens(Pool(names.fresh(), (USD, WETH), [10**7 * ETHER, 4000 * ETHER]), False)
        yield
        with chain.transaction(mallory, ROUTER):
            wei = market.swaps(dollars, 0, 30_000 * ETHER, mallory, pool.where, ROUTER)
            units = _sold_on(market, pool, 1, wei, mallory)
        _buy(market, pool, victims, rng)
        with chain.transaction(mallory, ROUTER):
            wei = market.swaps(pool, 0, units, mallory, dollars.where, ROUTER)
            _sold_on(market, dollars, 1, wei, mallory)

    return attack(name, acts, mallory, victims=victims)


def _sold_on(market: Market, pool: Pool, side: int, paid: int, target: bytes) -> int:
    """A pool has been paid by the one before it."""
    return market.swaps(pool, side, paid, b"", target, ROUTER)


def _layers(name: str, rng: Random, names: Names) -> Story:
    """Several victims, somebody who sells between them, and a second purchase of the bot."""
    mallory, victims, other = names.fresh(), names.many(3), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market, pool = _venue(chain, names, rng)
        yield
        units = market.trades(mallory, pool, 1, ether(rng, 4, 8))
        _buy(market, pool, victims[:1], rng)
        units += market.trades(mallory, pool, 1, ether(rng, 4, 8))
        _buy(market, pool, victims[1:], rng)
        market.trades(other, pool, 0, units // 50)
        market.trades(mallory, pool, 0, units)

    return attack(name, acts, mallory, victims=victims)


def _busy_block(name: str, rng: Random, names: Names) -> Story:
    """Strangers buy, and one who held the token for long sells last."""
    people = names.many(4)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market, pool = _venue(chain, names, rng)
        yield
        _buy(market, pool, people[:3], rng)
        market.trades(people[3], pool, 0, pool.reserves[0] // 30)

    return honest(name, acts, people)


def _change_of_mind(name: str, rng: Random, names: Names) -> Story:
    """Bought, and sold again a block later, when others had bought as well."""
    people = names.many(4)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market, pool = _venue(chain, names, rng)
        yield
        units = market.trades(people[0], pool, 1, ether(rng, 5, 15))
        _buy(market, pool, people[1:], rng)
        yield
        market.trades(people[0], pool, 0, units)

    return honest(name, acts, people)


def _no_gain(name: str, rng: Random, names: Names) -> Story:
    """Bought and sold around another, at a loss: the fee of the pool is more than what he moved it by."""
    people = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market, pool = _venue(chain, names, rng)
        yield
        units = market.trades(people[0], pool, 1, ether(rng, 5, 15))
        market.buys_with_coin(people[1], pool, ETHER // 100)
        market.trades(people[0], pool, 0, units)

    return honest(name, acts, people)


def _users_of_one_router(name: str, rng: Random, names: Names) -> Story:
    """One buys before others, another sells as much after them, all through a router that wraps."""
    people = names.many(4)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market, pool = _venue(chain, names, rng)
        yield
        wei = ether(rng, 5, 15)
        units = pool.out(1, wei)
        market.buys_with_coin(people[0], pool, wei)
        _buy(market, pool, people[1:3], rng)
        market.sells_for_coin(people[3], pool, units)

    return honest(name, acts, people)


def _backrun(name: str, rng: Random, names: Names) -> Story:
    """A bot evens out two pools after a purchase, in one transaction, at no cost to the buyer."""
    people, bot = names.many(2), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market, pool = _venue(chain, names, rng)
        twin = market.opens(Pool(names.fresh(), pool.tokens, list(pool.reserves)), introduced=False)
        yield
        _buy(market, pool, people, rng)
        with chain.transaction(names.fresh(), bot):
            units = market.swaps(twin, 1, ETHER, bot, bot, bot)
            market.swaps(pool, 0, units, bot, bot, bot)

    return honest(name, acts, [*people, bot])


def _just_in_time(name: str, rng: Random, names: Names) -> Story:
    """Liquidity comes before a purchase and leaves after it: the buyer gets more, other providers less."""
    people = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market, pool = _venue(chain, names, rng)
        yield
        share = [each // 3 for each in pool.reserves]
        _liquidity(market, pool, people[0], share, MINT_V2)
        market.buys_with_coin(people[1], pool, ether(rng, 5, 15))
        _liquidity(market, pool, people[0], [-each // 4 for each in pool.reserves], BURN_V2)

    return honest(name, acts, people)


def _liquidity(market: Market, pool: Pool, who: bytes, more: list[int], topic: bytes) -> None:
    chain = market.chain
    with chain.transaction(who, ROUTER):
        for at, (token, amount) in enumerate(zip(pool.tokens, more, strict=True)):
            source, target = (who, pool.where) if amount > 0 else (pool.where, who)
            chain.erc20(token, source, target, abs(amount))
            pool.reserves[at] += amount
        data = b"".join(word(abs(amount)) for amount in more)
        chain.log(pool.where, (topic, word(who), word(who))[: 2 if topic == MINT_V2 else 3], data)


def _maker(name: str, rng: Random, names: Names) -> Story:
    """Buys much before others and sells a third of it after them: it keeps the rest."""
    people = names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market, pool = _venue(chain, names, rng)
        yield
        units = market.trades(people[0], pool, 1, ether(rng, 5, 15))
        _buy(market, pool, people[1:], rng)
        market.trades(people[0], pool, 0, units // 3)

    return honest(name, acts, people)
