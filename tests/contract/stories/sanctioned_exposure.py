"""Sanctioned exposure: listed wallets spend; and strangers to whom they send dust, or who deal with them
before or after the listing.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from random import Random

from tests.contract.background import PEOPLE, POOL
from tests.contract.story import (
    ETHER,
    HOT,
    USD,
    Names,
    Story,
    attack,
    dealt,
    ether,
    friend_of,
    honest,
    rests,
)
from tests.fixtures.frames import ChainBuilder

FEE = 10**15
DAY = 86_400


def positives(seed: int) -> list[Story]:
    """Ten: direct payments in coin and token, over other wallets, changed on the way, mixed with clean."""
    tales = {
        "direct": _direct,
        "token": _token,
        "hands": _hands,
        "changed": _changed,
        "mixed": _mixed,
    }
    return [
        tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales, rounds=2)
    ]


def _direct(name: str, rng: Random, names: Names) -> Story:
    listed, *takers = names.many(rng.randint(2, 4))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.lists(listed, source=f"sanctions {name}")
        for taker in takers:
            chain.native(listed, taker, ether(rng, 0.2, 20))
            yield
            chain.native(taker, friend_of(rng), FEE)

    return attack(name, acts, listed, takers)


def _token(name: str, rng: Random, names: Names) -> Story:
    listed, taker = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.lists(listed, source=f"sanctions {name}")
        chain.erc20(USD, HOT, listed, 5_000 * ETHER)
        yield from rests(rng, 2)
        yield
        chain.erc20(USD, listed, taker, rng.randint(100, 4_000) * ETHER)

    return attack(name, acts, listed, [taker])


def _hands(name: str, rng: Random, names: Names) -> Story:
    listed, *hands = names.many(rng.randint(3, 5))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.lists(listed, source=f"sanctions {name}")
        wei = ether(rng, 2, 40)
        for here, there in pairwise([listed, *hands]):
            wei -= FEE
            chain.native(here, there, wei)
            yield from rests(rng, 2)
            yield

    return attack(name, acts, listed, hands)


def _changed(name: str, rng: Random, names: Names) -> Story:
    """It buys a token first; the second hand sells it again."""
    listed, hand, taker = names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.lists(listed, source=f"sanctions {name}")
        with chain.transaction(listed, POOL, 3 * ETHER):
            chain.erc20(USD, POOL, listed, 6_000 * ETHER)
        yield
        chain.erc20(USD, listed, hand, 6_000 * ETHER)
        yield
        chain.erc20(USD, hand, taker, 5_000 * ETHER)

    return attack(name, acts, listed, [hand, taker])


def _mixed(name: str, rng: Random, names: Names) -> Story:
    listed, hub, *takers = names.many(5)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.lists(listed, source=f"sanctions {name}")
        chain.native(listed, hub, ether(rng, 1, 5)).native(HOT, hub, ether(rng, 1, 20))
        yield
        for taker in takers:
            chain.native(hub, taker, ether(rng, 0.5, 2))
            yield

    return attack(name, acts, listed, [hub, *takers])


def hard_negatives(seed: int) -> list[Story]:
    """Dust in coin and token; a listing that has not begun, that is over, that was withdrawn."""
    tales = {
        "dust": _dust,
        "token dust": _token_dust,
        "early": _early,
        "late": _late,
        "withdrawn": _withdrawn,
    }
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _dust(name: str, rng: Random, names: Names) -> Story:
    listed, strangers = names.fresh(), rng.sample(PEOPLE, 12)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.lists(listed, source=f"sanctions {name}")
        for stranger in strangers:
            chain.native(listed, stranger, rng.randint(10**12, 10**15))
        yield
        chain.native(strangers[0], friend_of(rng), ETHER)

    return honest(name, acts, [listed, *strangers])


def _token_dust(name: str, rng: Random, names: Names) -> Story:
    listed, strangers = names.fresh(), rng.sample(PEOPLE, 8)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.lists(listed, source=f"sanctions {name}")
        chain.erc20(USD, HOT, listed, 3_000 * ETHER)
        yield
        for stranger in strangers:
            chain.erc20(USD, listed, stranger, rng.randint(1, 3 * 10**18))
        yield
        chain.erc20(USD, strangers[0], friend_of(rng), ETHER)

    return honest(name, acts, [listed, *strangers])


def _dated(name: str, names: Names, since: int | None, until: int | None) -> Story:
    wallet, friend = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        first, last = (None if day is None else chain.now + day * DAY for day in (since, until))
        chain.lists(wallet, since=first, until=last, source=f"sanctions {name}")
        chain.native(wallet, friend, 5 * ETHER)
        yield
        chain.native(friend, wallet, 2 * ETHER)

    return honest(name, acts, [wallet, friend])


def _early(name: str, _rng: Random, names: Names) -> Story:
    return _dated(name, names, 3650, None)


def _late(name: str, _rng: Random, names: Names) -> Story:
    return _dated(name, names, -300, -1)


def _withdrawn(name: str, _rng: Random, names: Names) -> Story:
    wallet, friend = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.lists(wallet, source=f"sanctions {name}")
        yield
        chain.lists(wallet, listed=False, source=f"sanctions {name}")
        yield
        chain.native(wallet, friend, 5 * ETHER)

    return honest(name, acts, [wallet, friend])
