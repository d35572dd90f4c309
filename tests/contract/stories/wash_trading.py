"""Wash trading: pictures that go round, an own token in an own pool; and honest trade both ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from random import Random

from ingest.decode.shapes import signature
from tests.contract.background import PEOPLE
from tests.contract.launches import launched
from tests.contract.story import ETHER, Names, Story, attack, dealt, ether, honest, open_account, rests
from tests.fixtures.assembly import asked
from tests.fixtures.frames import ChainBuilder, address, keccak, word
from tests.fixtures.market import ROUTER, WETH, Market, Pool

ZERO = bytes(20)
ART, BAZAAR = address("art"), address("bazaar")
BUY = keccak(b"buy(uint256)")[:4]
APPROVAL_FOR_ALL = signature("ApprovalForAll(address,address,bool)")
DAY = 86_400


def sells(chain: ChainBuilder, item: int, seller: bytes, buyer: bytes, wei: int) -> None:
    """The buyer takes an offer: the coin for the picture."""
    with chain.transaction(buyer, BAZAAR, wei, data=BUY):
        chain.erc721(ART, seller, buyer, item)


def positives(seed: int) -> list[Story]:
    """Sixteen: two wallets, a ring, a slow pair, wallets an exchange paid for, an own pool, twice each; and,
    in vain, a purchase from the other wallet, a sale of what was just bought; a maker's own round.
    """
    tales: dict[str, Callable[[str, Random, Names], Story]] = {
        "back and forth": _back_and_forth,
        "ring": _ring,
        "slow": _slow,
        "paid by an exchange": _back_and_forth,
        "own pool": _own_pool,
        "wrong price": _wrong_price,
        "no allowance": _no_allowance,
        "maker alone": _maker_alone,
    }
    drawn = dealt(seed, *tales, rounds=2)
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in drawn]


def hard_negatives(seed: int) -> list[Story]:
    """Resold, bought back dearer, a desk that lends on pictures, a maker, an aggregator, a launch; strangers
    whose purchase and whose sale fail.
    """
    tales = {
        "resold": _resold,
        "bought back": _bought_back,
        "loan desk": _loan_desk,
        "market maker": _market_maker,
        "aggregator": _aggregator,
        "launch": _launch,
        "stranger's wrong price": _strangers_wrong_price,
        "stranger cannot sell": _stranger_cannot_sell,
    }
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _funded(chain: ChainBuilder, funder: bytes, wallets: Sequence[bytes], by_exchange: bool = False) -> None:
    open_account(chain, funder, 90 * ETHER)
    for wallet in wallets:
        if by_exchange:
            open_account(chain, wallet, 20 * ETHER)
        else:
            chain.native(funder, wallet, 20 * ETHER)


def _round(name: str, rng: Random, names: Names, size: int, turns: int, pause: int | None) -> Story:
    funder, wallets, item = names.fresh(), names.many(size), rng.getrandbits(40)
    price = ether(rng, 0.5, 5)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        _funded(chain, funder, wallets, "exchange" in name)
        chain.erc721(ART, ZERO, wallets[0], item, by=wallets[0])
        yield
        for turn in range(turns):
            seller, buyer = wallets[turn % size], wallets[(turn + 1) % size]
            sells(chain, item, seller, buyer, price * (100 + turn) // 100)
            if pause:
                chain.block(pause)
            yield from rests(rng, 1)

    return Story(
        name, acts, wallets[0], frozenset({funder, *wallets}), wallets=frozenset(), alone=pause is not None
    )


def _offer_fails(name: str, rng: Random, names: Names, tied: bool) -> Story:
    """A picture is offered, and who wants it sends the wrong sum."""
    funder, seller, buyer = names.many(3)
    item = rng.getrandbits(40)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        _funded(chain, funder, [seller, buyer], by_exchange=not tied)
        chain.erc721(ART, ZERO, seller, item, by=seller)
        chain.log(ART, (APPROVAL_FOR_ALL, word(seller), word(BAZAAR)), word(1), by=seller)
        yield
        chain.calls(seller, BAZAAR, asked("list(address,uint256,uint256)", ART, item, 3 * ETHER))
        yield from rests(rng, 1)
        chain.fails(buyer, BAZAAR, asked("buy(address,uint256)", ART, item), wei=ETHER)
        yield

    if tied:
        return attack(name, acts, buyer, [seller, funder])
    return honest(name, acts, [seller, buyer])


def _wrong_price(name: str, rng: Random, names: Names) -> Story:
    return _offer_fails(name, rng, names, tied=True)


def _strangers_wrong_price(name: str, rng: Random, names: Names) -> Story:
    return _offer_fails(name, rng, names, tied=False)


def _sale_fails(name: str, rng: Random, names: Names, tied: bool) -> Story:
    """Somebody buys a new token and cannot sell it again."""
    maker, buyer, others = names.fresh(), names.fresh(), names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, maker, rng)
        chain.metadata(launch.token, "Tidewater", "TIDAL")
        for person in others:
            open_account(chain, person, 9 * ETHER)
        if tied:
            chain.native(maker, buyer, 9 * ETHER)
        else:
            open_account(chain, buyer, 9 * ETHER)
        yield
        for person in () if tied else others:
            launch.buys(person, ETHER)
        units = launch.buys(buyer, ETHER)
        yield
        chain.fails(buyer, ROUTER, asked("sell(uint256,address)", units, launch.token))
        yield

    if tied:
        return attack(name, acts, buyer, [maker])
    return honest(name, acts, [maker, buyer])


def _no_allowance(name: str, rng: Random, names: Names) -> Story:
    return _sale_fails(name, rng, names, tied=True)


def _stranger_cannot_sell(name: str, rng: Random, names: Names) -> Story:
    return _sale_fails(name, rng, names, tied=False)


def _maker_alone(name: str, rng: Random, names: Names) -> Story:
    """Who made a token buys it of his own pool and sells just that again; nobody else trades."""
    maker = names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        launch = launched(chain, names, maker, rng)
        chain.metadata(launch.token, "Tidewater", "TIDAL")
        yield
        units = launch.buys(maker, ETHER)
        yield from rests(rng, 1)
        launch.sells(maker, units / launch.held[maker])
        yield

    return attack(name, acts, maker)


def _back_and_forth(name: str, rng: Random, names: Names) -> Story:
    return _round(name, rng, names, 2, rng.randint(4, 7), None)


def _ring(name: str, rng: Random, names: Names) -> Story:
    size = rng.randint(3, 5)
    return _round(name, rng, names, size, size + rng.randint(0, 2), None)


def _slow(name: str, rng: Random, names: Names) -> Story:
    return _round(name, rng, names, 2, 4, 6 * DAY)


def _own_pool(name: str, rng: Random, names: Names) -> Story:
    """Wallets of the maker's buy his token and sell it again, one after the other."""
    maker, wallets, token = names.fresh(), names.many(3), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market = Market(chain)
        pool = _opened(chain, market, maker, token, names)
        for wallet in wallets:
            chain.native(maker, wallet, 9 * ETHER)
        yield
        for turn in range(rng.randint(5, 7)):
            trader = wallets[turn % 3]
            bought = pool.out(pool.tokens.index(WETH), ETHER)
            market.buys_with_coin(trader, pool, ETHER)
            yield from rests(rng, 1)
            market.sells_for_coin(trader, pool, bought)

    return attack(name, acts, wallets[0], [maker, *wallets])


def _opened(chain: ChainBuilder, market: Market, maker: bytes, token: bytes, names: Names) -> Pool:
    """A token of somebody's own, and its pool."""
    open_account(chain, maker, 90 * ETHER)
    chain.creates(maker, token).erc20(token, ZERO, maker, 10**6 * ETHER, by=maker)
    chain.metadata(token, "Tidewater", "TIDAL")
    pool = market.opens(Pool(names.fresh(), (token, WETH), [5 * 10**5 * ETHER, 50 * ETHER]))
    with chain.transaction(maker, names.fresh()):
        chain.erc20(token, maker, pool.where, 5 * 10**5 * ETHER).erc20(WETH, maker, pool.where, 50 * ETHER)
    return pool


def _resold(name: str, rng: Random, names: Names) -> Story:
    """A picture passes through five hands, none of them twice."""
    owners, item = names.many(5), rng.getrandbits(40)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        for owner in owners:
            open_account(chain, owner, 9 * ETHER)
        chain.erc721(ART, ZERO, owners[0], item, by=owners[0])
        for seller, buyer in pairwise(owners):
            yield
            sells(chain, item, seller, buyer, ether(rng, 0.5, 3))

    return honest(name, acts, owners)


def _bought_back(name: str, rng: Random, names: Names) -> Story:
    """Who sold it misses it, and pays three times as much to have it again."""
    alice, bob, item = names.fresh(), names.fresh(), rng.getrandbits(40)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        for owner in (alice, bob):
            open_account(chain, owner, 9 * ETHER)
        yield
        sells(chain, item, alice, bob, ETHER)
        yield
        sells(chain, item, bob, alice, 3 * ETHER)

    return honest(name, acts, [alice, bob])


def _loan_desk(name: str, rng: Random, names: Names) -> Story:
    """A desk buys pictures of many, who buy them back for a little more, some of them twice."""
    desk, owners = names.fresh(), names.many(16)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, desk, 90 * ETHER)
        items = {owner: rng.getrandbits(40) for owner in owners}
        for owner in owners:
            open_account(chain, owner, 9 * ETHER)
            sells(chain, items[owner], owner, desk, ETHER)
        for owner in owners:
            yield
            sells(chain, items[owner], desk, owner, ETHER * 102 // 100)
        for owner in owners[:4]:
            yield
            sells(chain, items[owner], owner, desk, ETHER)
            sells(chain, items[owner], desk, owner, ETHER * 102 // 100)

    return honest(name, acts, [desk, *owners])


def _market_maker(name: str, rng: Random, names: Names) -> Story:
    """Both ways in a new token's pool, beside others who buy and keep."""
    founder, maker, token, people = names.fresh(), names.fresh(), names.fresh(), names.many(6)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market = Market(chain)
        pool = _opened(chain, market, founder, token, names)
        for person in (maker, *people):
            open_account(chain, person, 30 * ETHER)
        for turn in range(8):
            yield
            market.buys_with_coin(people[turn % 6], pool, ether(rng, 1, 3))
            bought = pool.out(pool.tokens.index(WETH), ETHER)
            market.buys_with_coin(maker, pool, ETHER)
            market.sells_for_coin(maker, pool, bought * rng.randint(40, 99) // 100)

    return honest(name, acts, [founder, maker, *people])


def _aggregator(name: str, rng: Random, names: Names) -> Story:
    """One operator buys for many, who get what was bought."""
    founder, operator, token, people = names.fresh(), names.fresh(), names.fresh(), rng.sample(PEOPLE, 8)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market = Market(chain)
        pool = _opened(chain, market, founder, token, names)
        open_account(chain, operator, 30 * ETHER)
        yield
        for person in people:
            chain.native(person, operator, ETHER // 2)
            got = pool.out(pool.tokens.index(WETH), ETHER // 2)
            market.buys_with_coin(operator, pool, ETHER // 2)
            chain.erc20(token, operator, person, got)
            yield

    return honest(name, acts, [founder, operator])


def _launch(name: str, rng: Random, names: Names) -> Story:
    """A crowd buys a new token, and sells it again later, each for himself."""
    founder, token, people = names.fresh(), names.fresh(), names.many(8)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        market = Market(chain)
        pool = _opened(chain, market, founder, token, names)
        held = {}
        for person in people:
            open_account(chain, person, 9 * ETHER)
            held[person] = pool.out(pool.tokens.index(WETH), ETHER)
            market.buys_with_coin(person, pool, ETHER)
            yield
        for person in rng.sample(people, 8):
            market.sells_for_coin(person, pool, held[person])
            yield

    return honest(name, acts, [founder, *people])
