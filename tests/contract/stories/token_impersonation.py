"""Token impersonation: false coins in disguise and under the very name; and honest tokens called alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from tests.contract.background import PEOPLE
from tests.contract.story import (
    ETHER,
    USD,
    Names,
    Story,
    attack,
    dealt,
    ether,
    honest,
    open_account,
    rests,
)
from tests.fixtures.frames import ChainBuilder, word
from tests.fixtures.market import MINT_V2, WETH, Market, Pool

ZERO = bytes(20)
DAY = 86_400
DISGUISES = {
    "foreign letter": "U\u0405D",
    "wide letters": "\uff35S\uff24",
    "invisible": "US\u200bD",
    "marks of direction": "\u202eUSD\u202c",
    "mathematical": "\U0001d414SD",
    "mixed alphabets": "\u054d\u0405D",
}


def positives(seed: int) -> list[Story]:
    """Eleven: disguises by letters and by what nobody sees, handed over or pooled, and very namesakes."""
    tales: dict[str, Callable[[str, Random, Names], Story]] = {
        "foreign letter": _disguised,
        "wide letters": _disguised,
        "invisible": _disguised,
        "marks of direction": _disguised,
        "mathematical": _disguised,
        "mixed alphabets": _disguised,
        "handed over": _handed_over,
        "the coin's name": _coins_name,
        "lower case": _namesake,
        "namesake": _namesake,
        "namesake with other decimals": _namesake,
    }
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def hard_negatives(seed: int) -> list[Story]:
    """Bridged under the same name, a second token of one maker, another word, and names nobody uses."""
    tales = {
        "bridged": _bridged,
        "second version": _second_version,
        "another word": _another_word,
        "two small ones": _two_small_ones,
        "a wrapper's share": _share,
    }
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _issued(chain: ChainBuilder, maker: bytes, token: bytes, symbol: str, decimals: int = 18) -> None:
    open_account(chain, maker, 50 * ETHER)
    chain.creates(maker, token)
    chain.erc20(token, ZERO, maker, 10**6 * ETHER, by=maker).metadata(token, symbol, symbol, decimals)


def _pooled(
    chain: ChainBuilder, rng: Random, names: Names, maker: bytes, token: bytes
) -> tuple[Market, Pool]:
    """The maker puts it into a pool against the coin."""
    market, reserves = Market(chain), [5 * 10**5 * ETHER, ether(rng, 5, 30)]
    pool = market.opens(Pool(names.fresh(), (token, WETH), reserves), introduced=False)
    with chain.transaction(maker, names.fresh()):
        chain.erc20(token, maker, pool.where, reserves[0]).erc20(WETH, maker, pool.where, reserves[1])
        chain.log(pool.where, (MINT_V2, word(maker)), word(reserves[0]) + word(reserves[1]))
    return market, pool


def _sold(
    name: str, rng: Random, names: Names, symbol: str, decimals: int = 18, alone: bool = False
) -> Story:
    """Made, pooled, and bought by three."""
    maker, token, victims = names.fresh(), names.fresh(), names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        for _ in range(5 if alone else 0):
            for person in rng.sample(PEOPLE, 12):
                chain.erc20(USD, person, rng.choice(PEOPLE), ETHER)
            chain.block(DAY)
        for victim in victims:
            open_account(chain, victim, 9 * ETHER)
        _issued(chain, maker, token, symbol, decimals)
        yield
        market, pool = _pooled(chain, rng, names, maker, token)
        yield
        for victim in victims:
            market.buys_with_coin(victim, pool, ether(rng, 0.1, 2))
            yield from rests(rng, 1)

    return Story(name, acts, maker, frozenset({maker}), frozenset(victims), frozenset(), alone=alone)


def _disguised(name: str, rng: Random, names: Names) -> Story:
    return _sold(name, rng, names, DISGUISES[name.rsplit(" ", 1)[0]])


def _namesake(name: str, rng: Random, names: Names) -> Story:
    symbol = "usd" if name.startswith("lower") else "USD"
    return _sold(name, rng, names, symbol, 6 if "decimals" in name else 18, alone=True)


def _coins_name(name: str, rng: Random, names: Names) -> Story:
    return _sold(name, rng, names, "ETH")


def _handed_over(name: str, rng: Random, names: Names) -> Story:
    """False coins first, and the other pays the coin for them."""
    maker, token, victim = names.fresh(), names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, victim, 9 * ETHER)
        _issued(chain, maker, token, rng.choice(list(DISGUISES.values())))
        yield
        chain.erc20(token, maker, victim, 5_000 * ETHER)
        yield
        chain.native(victim, maker, 2 * ETHER)

    return attack(name, acts, maker, victims=[victim])


def _bridged(name: str, rng: Random, names: Names) -> Story:
    """The same dollar from another chain: minted for each who brings it, and paid with."""
    bridge, token, people = names.fresh(), names.fresh(), names.many(9)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        for _ in range(5):
            for person in rng.sample(PEOPLE, 12):
                chain.erc20(USD, person, rng.choice(PEOPLE), ETHER)
            chain.block(DAY)
        open_account(chain, bridge, 5 * ETHER)
        chain.creates(bridge, token).metadata(token, "usd", "USD")
        for person in people:
            open_account(chain, person, ETHER)
            chain.erc20(token, ZERO, person, 100 * ETHER, by=bridge)
            yield
        for here, there in zip(people, [*people[1:], people[0]], strict=True):
            chain.erc20(token, here, there, 50 * ETHER)
        yield
        for person in people[:4]:
            chain.erc20(token, person, ZERO, 10 * ETHER)

    return honest(name, acts, [bridge, *people], alone=True)


def _second_version(name: str, rng: Random, names: Names) -> Story:
    """A project gives its users the second version of its token, under the first one's name."""
    maker, old, new, people = names.fresh(), names.fresh(), names.fresh(), names.many(30)
    symbol = f"V{rng.randrange(10**6)}"

    def acts(chain: ChainBuilder) -> Iterator[None]:
        _issued(chain, maker, old, symbol)
        for person in people:
            open_account(chain, person, ETHER)
            chain.erc20(old, maker, person, 10 * ETHER)
        for _ in range(4):
            chain.block(DAY)
            for person in people:
                chain.erc20(old, person, rng.choice(people), ETHER)
        _issued(chain, maker, new, symbol)
        yield
        _pooled(chain, rng, names, maker, new)
        yield
        chain.erc20(new, maker, people[0], ETHER)

    return honest(name, acts, [maker, *people], alone=True)


def _another_word(name: str, rng: Random, names: Names) -> Story:
    """A brand that shares letters with the dollar and is another word."""
    return _launched(name, rng, names, rng.choice(("USDD", "USDX", "USE", "sUSD", "USD.e", "AUSD")))


def _two_small_ones(name: str, rng: Random, names: Names) -> Story:
    """Two projects of the same name, each with a few people."""
    first, second = (_launched(name, rng, names, f"S{name}") for _ in range(2))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        yield from first.acts(chain)
        yield
        yield from second.acts(chain)

    return honest(name, acts, [*first.wallets, *second.wallets])


def _share(name: str, rng: Random, names: Names) -> Story:
    """A share of savings, called after what is saved in it."""
    maker, vault, people = names.fresh(), names.fresh(), names.many(5)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, maker, ETHER)
        chain.creates(maker, vault).metadata(vault, "Savings usd", "hUSD")
        yield
        for person in people:
            open_account(chain, person, ETHER, usd=100 * ETHER)
            with chain.transaction(person, vault):
                chain.erc20(USD, person, vault, 50 * ETHER).erc20(vault, ZERO, person, 50 * ETHER)
            yield

    return honest(name, acts, [maker, *people])


def _launched(name: str, rng: Random, names: Names, symbol: str) -> Story:
    """An honest token with a pool and a few buyers."""
    story = _sold(name, rng, names, symbol)
    assert story.subject is not None
    return honest(name, story.acts, {story.subject, *story.victims})
