"""Bob trades rum for gin in two pools: what the pools say of the price and of what they hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.screens import token_market
from dashboard.store import open_reader, open_writer
from dashboard.transfers.door import Transfers, open_transfers
from dashboard.transfers.pools import Market, Moment, candidates, in_tokens, thinned
from dashboard.transfers.values import Asked, Token
from ingest.lake.writing import LakeWriter
from tests.dashboard.alerts import Filing, judged
from tests.dashboard.screen import opened, said
from tests.fixtures.frames import ChainBuilder, address, word
from tests.fixtures.market import SYNC, Pool
from tests.fixtures.market import Market as Town

CHAIN = 31337
RUM, GIN = sorted(map(address, ("rum", "gin")))
HOSTILE = b"![p](http://198.51.100.7/x.png)"


def hexed(raw: bytes) -> str:
    return f"0x{raw.hex()}"


def lake(folder: Path) -> Path:
    """A pool of the second version (1 rum for 4 gin) and one of the third; eve only claims to be a pool."""
    built = ChainBuilder(CHAIN).block()
    built.metadata(RUM, "Rum", "RUM", 18).metadata(GIN, "Gin", HOSTILE, 6)
    town, bob, eve = Town(built), address("bob"), address("eve")
    second = town.fills(Pool(address("second"), (RUM, GIN), [100 * 10**18, 400 * 10**6]), bob)
    third = town.fills(Pool(address("third"), (RUM, GIN), [50 * 10**18, 250 * 10**6], version=3), bob)
    built.block().erc20(RUM, bob, eve, 5)
    built.log(eve, (SYNC,), word(1) + word(0))
    for _ in range(3):
        built.block()
        town.trades(bob, second, 1, 10 * 10**6)
        town.trades(bob, third, 0, 10**18)
    writer = LakeWriter(folder)
    writer.write(built.batch(1, 3))
    writer.write(built.batch(4, built.head))
    return folder


@pytest.fixture
def transfers(tmp_path: Path, sqlite_url: str) -> Transfers:
    Filing(open_writer(sqlite_url)).file(blocks=(judged(5),))
    return open_transfers(open_reader(sqlite_url), str(lake(tmp_path / "lake")))


def found(transfers: Transfers, token: bytes) -> tuple[Market, ...]:
    moves = transfers.find(Asked(CHAIN, token=hexed(token))).transfers
    return transfers.markets(CHAIN, hexed(token), moves)


def test_a_price_rises_with_each_purchase_seen_from_either_token(transfers: Transfers) -> None:
    for token, other in ((RUM, GIN), (GIN, RUM)):
        markets = {each.pool: each for each in found(transfers, token)}
        assert set(markets) == {hexed(address("second")), hexed(address("third"))}
        second, third = markets[hexed(address("second"))], markets[hexed(address("third"))]
        assert (second.protocol, third.protocol) == ("Uniswap V2", "Uniswap V3")
        assert second.other.address == third.other.address == hexed(other)
        assert (second.swaps, third.swaps, len(second.course), len(third.course)) == (3, 3, 4, 3)
    first, last = found_price(transfers, RUM, "second")
    assert first == pytest.approx(4.0)
    assert last > first
    first, last = found_price(transfers, RUM, "third")
    assert last < first < 5
    first, last = found_price(transfers, GIN, "second")
    assert first == pytest.approx(0.25)
    assert last < first


def found_price(transfers: Transfers, token: bytes, pool: str) -> tuple[float, float]:
    (market,) = (each for each in found(transfers, token) if each.pool == hexed(address(pool)))
    this = transfers.named(CHAIN, [hexed(token)])[hexed(token)]
    prices = [in_tokens(each.price, this, market.other) for each in market.course]
    assert prices[0] is not None and prices[-1] is not None
    return prices[0], prices[-1]


def test_what_a_pool_holds_is_what_it_says(transfers: Transfers) -> None:
    (market,) = (each for each in found(transfers, RUM) if each.pool == hexed(address("second")))
    begin, *_, end = market.course
    assert (begin.held, begin.other_held) == (100 * 10**18, 400 * 10**6)
    assert end.other_held == 430 * 10**6
    assert end.held is not None and end.held < 100 * 10**18


def test_who_says_that_it_holds_none_of_a_token_tells_no_price() -> None:
    token = Token(hexed(RUM), "RUM", "", 18)
    assert in_tokens(None, token, token) is None
    assert token_market.figures(None) == "not told"
    assert token_market.figures(1.23456789e-9) == "1.23457e-09"


def test_a_long_course_is_thinned_and_ends_with_now() -> None:
    course = [Moment(number, number, 1.0, None, None) for number in range(1_000)]
    some = thinned(course, 240)
    assert len(some) <= 240
    assert some[-1].block_number == 999
    assert thinned(course[:3], 240) == course[:3]
    assert thinned([], 240) == []
    assert candidates([]) == []


def test_the_screen_shows_the_pools_and_says_where_a_price_cannot_be_known(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Filing(open_writer(sqlite_url)).file(blocks=(judged(5),))
    monkeypatch.setenv("UNDERTOW_STORE", sqlite_url)
    monkeypatch.setenv("DASHBOARD_LAKE", str(lake(tmp_path / "lake")))
    page = opened("token", address=hexed(RUM), view="Market")
    assert "Price of RUM" in said(page)
    assert "in ![p](http://198" in said(page)
    assert "does not tell what it holds" in said(
        opened("token", address=hexed(RUM), view="Market", pool=hexed(address("third")))
    )
    monkeypatch.delenv("DASHBOARD_LAKE")
    assert "undertow dashboard --lake DIR" in said(opened("token", address=hexed(RUM), view="Market"))
