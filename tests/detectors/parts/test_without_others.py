"""What a trade would have got without others before it: by hand, and by a pool that is asked again."""

from __future__ import annotations

from random import Random

import pytest

from detectors.parts.without_others import Trade, before_it, reserves, shortfalls
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.market import Market, Pool

ALICE = address("alice")


def traded(pool: Pool, side: int, paid: int) -> Trade:
    """A trade in a pool of the second version, which changes it."""
    before = (pool.reserves[0], pool.reserves[1])
    got = Market(ChainBuilder().block()).trades(ALICE, pool, side, paid)
    return Trade(side, paid, got, before, (pool.reserves[0], pool.reserves[1]))


def test_a_trade_in_a_pool_without_a_fee_by_hand() -> None:
    # 100 x 100; mallory pays 100, gets 50: 200 x 50. Alice pays 200 for 25. Alone: 200 of 300 = 66 of 100.
    alice = Trade(0, 200, 25, (200, 50), (400, 25))
    assert shortfalls((100, 100), [alice]) == [66 - 25]


@pytest.mark.parametrize("fee", [0, 500, 3000, 10_000])
@pytest.mark.parametrize("seed", range(5))
def test_it_is_what_the_pool_would_have_given_to_a_unit_or_so(seed: int, fee: int) -> None:
    rng = Random(seed)
    held = [rng.randint(10**20, 10**24) for _ in range(2)]
    pool, alone = (Pool(address("pool"), (address("a"), address("b")), list(held), fee=fee) for _ in range(2))
    traded(pool, 0, held[0] // rng.randint(5, 50))
    victims = [(rng.randrange(2), rng.randint(10**17, 10**20)) for _ in range(3)]
    really = [traded(pool, *victim) for victim in victims]
    without = [traded(alone, *victim).got for victim in victims]
    found = [
        each.got + short for each, short in zip(really, shortfalls((held[0], held[1]), really), strict=True)
    ]
    assert found == [pytest.approx(got, rel=1e-12) for got in without]


def test_the_reserves_before_follow_from_those_after_where_nothing_tells_them() -> None:
    # 200 x 50 after 50 of the second token were taken: there were 100 of it, and 100 of the first.
    assert before_it(Trade(0, 100, 50, None, (200, 50))) == (100, 100)
    assert before_it(Trade(1, 100, 50, None, (50, 200))) == (100, 100)
    assert before_it(Trade(0, 100, 50, None, None)) is None


def test_a_pool_of_the_third_version_holds_what_price_and_liquidity_say() -> None:
    # A price of 4 (its root: 2) at a liquidity of 100: 50 of the first token and 200 of the second.
    assert reserves(3, 2 << 96, 100) == (50, 200)
    assert reserves(2, 7, 8) == (7, 8)
    assert reserves(2, 0, 0) is None
    assert reserves(3, 0, 100) is None


def test_what_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing tells"):
        shortfalls((100, 100), [Trade(0, 5, 4, None, None)])
    with pytest.raises(ValueError, match="takes all"):
        shortfalls((100, 100), [Trade(0, 5, 100, (100, 100), (105, 0))])
