"""`prices` against the plain way, against pools' own arithmetic, and against who wants to set a price."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from detectors.parts.contract import Kind, Seen
from detectors.parts.factories import PAIRS
from detectors.parts.values import Price, Values, values_before
from ingest.blocks import frames as answered
from ingest.blocks.trie import keccak
from tests.detectors.parts.plain_pools import COIN
from tests.detectors.parts.plain_prices import Plain
from tests.detectors.seen.looking import pieces, whole
from tests.detectors.seen.views import begun, seen
from tests.fixtures.frames import ChainBuilder, address, word
from tests.fixtures.mainnet import recorded, recorded_block
from tests.fixtures.market import CAT, ETHER, ROUTER, SYNC, USD, WETH, Market, Pool, goes_on

ALICE, MALLORY, PAIR, THIN, GOLD = (address(name) for name in ("alice", "mallory", "pair", "thin", "gold"))


def opened(
    reserves: list[int], token: bytes = USD, where: bytes = PAIR, version: int = 2
) -> tuple[Market, Pool]:
    """A pool with the coin, in which somebody has traded, so that its tokens are known."""
    market = Market(ChainBuilder().block())
    pool = market.fills(Pool(where, (token, WETH), reserves, version), ALICE)
    market.trades(ALICE, pool, 0, reserves[0] // 1000)
    return market, pool


def blocks(market: Market, count: int) -> None:
    for _ in range(count):
        market.chain.block()


def moved(market: Market, *tokens: bytes) -> Values:
    """Prices in a next block in which tokens move."""
    market.chain.block()
    with market.chain.transaction(ALICE, ROUTER):
        for token in tokens:
            market.chain.erc20(token, ALICE, address("bob"), 1)
    return values_before(seen(market.batch(), None, "prices"), market.chain.head)


def prices(market: Market, *tokens: bytes) -> list[Price | None]:
    """By the order of the tokens' numbers, None for each without."""
    market.chain.block()
    with market.chain.transaction(ALICE, ROUTER):
        for token in tokens:
            market.chain.erc20(token, ALICE, address("bob"), 1)
    view = seen(market.batch(), None, "prices")
    said = values_before(view, market.chain.head).known
    by = {view.address(asset): price for asset, price in said.items()}
    return [by.get(token) for token in tokens]


def _expected(view: Seen, plain: Plain) -> dict[int, dict[bytes, tuple[float, float]]]:
    changes, tables = whole(view.of("net")["changes"]), view.of("pools")
    rows, sent = view.rows, view.transactions
    first = int(rows["number"][0])
    legs, swaps = (whole(tables[name]) if tables else {} for name in ("legs", "swaps"))

    def named(asset: int) -> bytes:
        return view.address(asset) if asset else COIN

    lines: dict[int, list[Any]] = {}
    for t, account, asset, received, paid in zip(
        *(changes[name] for name in ("transaction", "account", "asset", "received", "paid")), strict=True
    ):
        lines.setdefault(t, []).append((view.address(account), named(asset), received - paid))
    states: dict[int, list[Any]] = {}
    swapped = {row: n for n, row in enumerate(swaps.get("row", []))}
    for row in range(rows["number"].size):
        t, where = int(rows["transaction"][row]), view.address(int(rows["emitter"][row]))
        if rows["kind"][row] == Kind.SYNC:
            held = tuple(float(whole({"a": rows[n][row : row + 1]})["a"][0]) for n in ("amount", "amount2"))
            states.setdefault(t, []).append((where, held))
        elif rows["kind"][row] == Kind.MINT_V3:
            states.setdefault(t, []).append((where, None))
        elif (at := swapped.get(first + row)) is not None and swaps["version"][at] == 3:
            root, liquidity = float(swaps["after0"][at]), float(swaps["after1"][at])
            states.setdefault(t, []).append((where, (liquidity * 2.0**96 / root, liquidity * root / 2.0**96)))
    tokens: dict[int, list[Any]] = {}
    for row, how in zip(legs.get("row", []), legs.get("how", []), strict=True):
        if how < 4:
            at = swapped[row]
            pair = named(swaps["token0"][at]), named(swaps["token1"][at])
            tokens.setdefault(swaps["transaction"][at], []).append((view.address(swaps["pool"][at]), pair))
    said: dict[int, dict[bytes, tuple[float, float]]] = {}
    for block in view.blocks["number"].tolist():
        own = [int(t) for t, b in zip(sent["number"], sent["block"], strict=True) if b == block]
        assets = {asset for t in own for _, asset, _ in lines.get(t, []) if asset != COIN}
        known = {asset: plain.price(asset, block) for asset in assets}
        said[block] = {asset: price for asset, price in known.items() if price is not None}
        for t in own:
            plain.take(block, lines.get(t, []), states.get(t, []), tokens.get(t, []))
    return said


def _lively(seed: int) -> Market:
    """Pools of every kind with money in them, and a life of their own."""
    rng, market = Random(seed), Market(ChainBuilder())
    market.chain.block()
    for n, (pair, version) in enumerate(
        [((USD, WETH), 2), ((CAT, USD), 2), ((WETH, CAT), 3), ((USD, WETH), 3)]
    ):
        reserves = [rng.randint(50, 500) * ETHER, rng.randint(50, 500) * ETHER]
        pool = market.fills(Pool(address(f"pool {n}"), pair, reserves, version), ALICE)
        market.trades(ALICE, pool, 0, ETHER)
        blocks(market, 3)
    return goes_on(market, rng, 70)


@pytest.mark.parametrize("seed", range(4))
def test_it_says_what_the_plain_way_says(seed: int) -> None:
    state, plain, count = begun("prices", "pools", "net"), Plain(), 0
    for piece in pieces(_lively(seed).batch(), *range(19, 90, 20)):
        view = seen(piece, state, "prices", "pools", "net")
        expected = _expected(view, plain)
        table = view.of("prices")["price"]
        said: dict[int, dict[bytes, tuple[float, float]]] = {block: {} for block in expected}
        for block, asset, wei, depth in zip(
            *(table[name].tolist() for name in ("block", "id", "wei", "depth")), strict=True
        ):
            said[block][view.address(asset)] = wei, depth
        for block, of in expected.items():
            assert set(said[block]) == set(of), block
            for asset, price in of.items():
                assert said[block][asset] == pytest.approx(price, rel=1e-9)
                count += 1
    assert count > 40


def test_a_price_is_what_the_pool_held_before_the_block() -> None:
    market, pool = opened([3_000_000, 1000 * ETHER])
    blocks(market, 6)
    (price,) = prices(market, USD)
    assert price is not None
    assert price.wei == pytest.approx(pool.reserves[1] / pool.reserves[0])
    assert price.depth == pytest.approx(pool.reserves[1])
    # A thousandth of what lies there fetches a thousandth of the coin, less what the sale itself costs.
    assert price.of(pool.reserves[0]) == pytest.approx(pool.reserves[1] / 2)
    assert price.of(10**40) <= pool.reserves[1]


def test_a_push_in_the_block_before_and_one_in_the_block_itself_change_nothing() -> None:
    market, pool = opened([3_000_000, 1000 * ETHER])
    blocks(market, 40)
    fair = pool.reserves[1] / pool.reserves[0]
    market.trades(MALLORY, pool, 1, 2000 * ETHER)
    (price,) = prices(market, USD)
    assert price is not None
    assert price.wei == pytest.approx(fair)
    assert price.depth < 1001 * ETHER


def test_a_price_that_stays_becomes_the_price() -> None:
    market, pool = opened([3_000_000, 1000 * ETHER])
    blocks(market, 40)
    market.trades(MALLORY, pool, 1, 1000 * ETHER)
    blocks(market, 17)
    (price,) = prices(market, USD)
    assert price is not None
    assert price.wei == pytest.approx(pool.reserves[1] / pool.reserves[0])


def test_a_fresh_pool_says_nothing_and_not_more_than_the_money_in_it_later() -> None:
    market, _ = opened([1, 100 * ETHER], GOLD)
    assert prices(market, GOLD) == [None]
    market, _ = opened([10**6, 100 * ETHER], GOLD)
    blocks(market, 10)
    (price,) = prices(market, GOLD)
    assert price is not None
    assert price.of(10**30) <= 100 * ETHER


def test_reserves_that_only_a_log_tells_of_are_none() -> None:
    market = Market(ChainBuilder().block())
    forged = Pool(MALLORY, (GOLD, WETH), [10**6, 10**9 * ETHER])
    market.opens(forged, introduced=False)
    market.trades(ALICE, forged, 1, ETHER // 2)
    blocks(market, 40)
    assert prices(market, GOLD) == [None]


def test_a_range_of_one_tick_says_a_great_price_and_holds_nothing() -> None:
    market, pool = opened([3_000_000, 1000 * ETHER])
    blocks(market, 6)
    thin = Pool(THIN, (USD, WETH), [10**9, 10**9 * ETHER], version=3)
    market.opens(thin, introduced=False)
    market.trades(MALLORY, thin, 1, ETHER // 2)
    blocks(market, 40)
    (price,) = prices(market, USD)
    assert price is not None
    assert price.wei == pytest.approx(pool.reserves[1] / pool.reserves[0])


def test_money_that_came_in_the_block_before_makes_no_pool_the_deepest() -> None:
    market, pool = opened([3_000_000, 1000 * ETHER])
    rich = market.fills(Pool(THIN, (USD, WETH), [10**6, ETHER]), MALLORY)
    market.trades(MALLORY, rich, 1, ETHER // 100)
    blocks(market, 40)
    market.trades(MALLORY, rich, 1, 5000 * ETHER)
    (price,) = prices(market, USD)
    assert price is not None
    assert price.wei == pytest.approx(pool.reserves[1] / pool.reserves[0])


def test_a_token_is_priced_by_its_pool_with_a_dollar() -> None:
    market, dollars = opened([3_000_000, 1000 * ETHER])
    blocks(market, 6)
    cats = market.fills(Pool(THIN, (CAT, USD), [50_000, 1_000_000]), ALICE)
    market.trades(ALICE, cats, 0, 50)
    blocks(market, 6)
    (price,) = prices(market, CAT)
    rate = dollars.reserves[1] / dollars.reserves[0]
    assert price is not None
    assert price.wei == pytest.approx(cats.reserves[1] / cats.reserves[0] * rate)
    assert price.depth == pytest.approx(cats.reserves[1] * rate)


def test_a_dollar_that_nobody_gives_the_coin_for_prices_nothing() -> None:
    market = Market(ChainBuilder().block())
    cats = market.fills(Pool(THIN, (CAT, USD), [50_000, 1_000_000]), ALICE)
    market.trades(ALICE, cats, 0, 50)
    blocks(market, 40)
    assert prices(market, CAT) == [None]


def test_a_pool_that_is_emptied_prices_nothing_from_the_next_block_on() -> None:
    market, pool = opened([3_000_000, 1000 * ETHER])
    blocks(market, 40)
    with market.chain.transaction(MALLORY, ROUTER):
        market.chain.erc20(WETH, PAIR, MALLORY, pool.reserves[1] - 10)
        market.chain.log(PAIR, (SYNC,), word(pool.reserves[0]) + word(10))
    assert prices(market, USD) == [None]


def test_a_thousand_pools_of_one_token_leave_the_deepest_its_price() -> None:
    market, pool = opened([3_000_000, 1000 * ETHER])
    for n in range(60):
        fake = market.fills(Pool(address(f"fake {n}"), (USD, WETH), [1, ETHER]), MALLORY)
        market.trades(MALLORY, fake, 1, ETHER // 10)
    blocks(market, 40)
    (price,) = prices(market, USD)
    assert price is not None
    assert price.wei == pytest.approx(pool.reserves[1] / pool.reserves[0])


def test_the_coin_is_worth_itself_and_what_nobody_knows_nothing() -> None:
    values = Values({7: Price(2.0, 10.0**30)})
    assert values.of(0, -5) == -5
    assert values.of(8, 5) is None
    assert values.of(7, -5) == -10


def test_a_pool_whose_address_proves_its_factory_holds_what_it_says() -> None:
    """Nothing came to it in the stream, as it is older. Any other address proves nothing."""
    (factory, code), *_ = PAIRS.items()
    salt = keccak(b"".join(sorted((USD, WETH))))
    real = keccak(b"\xff" + factory + salt + code)[12:]
    tokens = (USD, WETH) if USD < WETH else (WETH, USD)
    for where, expected in ((real, True), (PAIR, False)):
        market = Market(ChainBuilder().block())
        pool = market.opens(Pool(where, tokens, [1000 * ETHER, 1000 * ETHER]), introduced=False)
        market.trades(ALICE, pool, 0, ETHER // 10)
        blocks(market, 6)
        (price,) = prices(market, USD)
        assert (price is not None) == expected
        if price is not None:
            assert price.depth == pytest.approx(1000 * ETHER, rel=1e-3)


def test_in_mainnet_blocks_most_of_what_moves_has_a_price_after_a_few_of_them() -> None:
    """Eleven blocks in a row: of what moved in the last five, more than half has a price already."""
    recorded("mainnet")
    names = [f"mainnet/{number}.json.gz" for number in range(17686110, 17686121)]
    batch = answered.batch(1, [recorded_block(name) for name in names], ["none"] * len(names))
    view = seen(batch, None, "prices", "net")
    price, changes = view.of("prices")["price"], view.of("net")["changes"]
    block = view.transactions["block"][changes["transaction"] - view.transactions["number"][0]]
    priced = set(zip(price["block"].tolist(), price["id"].tolist(), strict=True))
    late = [(b, a) for b, a in zip(block.tolist(), changes["asset"].tolist(), strict=True) if b >= 17686116]
    share = sum(a == 0 or (b, a) in priced for b, a in late) / len(late)
    assert share > 0.5
    dollar = bytes.fromhex("a0b86991c6218b36c1d19d4a2e9eb0ce3606eb48")
    said = [w for a, w in zip(price["id"], price["wei"], strict=True) if view.address(int(a)) == dollar]
    # A dollar of six decimals was worth 1 / 1,990 ether that day.
    assert said
    assert max(said) / min(said) < 1.01
    assert 10**18 / (said[0] * 10**6) == pytest.approx(1_990, rel=0.02)
