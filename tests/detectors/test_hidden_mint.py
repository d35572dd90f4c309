"""Hidden mints: who sells what never came, and whose token only tells it oddly."""

from __future__ import annotations

from typing import Any

from detectors.alerts.alert import Alert
from detectors.engine.engine import Engine
from detectors.library.hidden_mint import HiddenMint
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.market import ETHER, WETH, Market, Pool

ALICE, MALLORY, HELPER, CAT = (address(name) for name in ("alice", "mallory", "helper", "cat"))
SUPPLY = 10**6 * ETHER
DAY = 86_400


def launched() -> tuple[Market, Pool]:
    """Mallory's token, half of which is in a pool; alice has bought."""
    market = Market(ChainBuilder().block().creates(MALLORY, CAT).erc20(CAT, bytes(20), MALLORY, SUPPLY))
    pool = market.opens(Pool(address("cats"), (CAT, WETH), [SUPPLY // 2, 100 * ETHER]), introduced=False)
    market.chain.erc20(CAT, MALLORY, pool.where, SUPPLY // 2).block()
    market.trades(ALICE, pool, 1, 5 * ETHER)
    market.chain.block()
    return market, pool


def alerts(market: Market) -> list[Alert]:
    detectors: list[Any] = [HiddenMint()]
    engine = Engine(1, detectors, follows=False)
    engine.take(market.batch())
    return list(engine.standing())


def test_who_made_the_token_and_who_sells_the_surplus_are_named_and_the_coin_is_counted() -> None:
    market, pool = launched()
    got = market.trades(HELPER, pool, 0, 3 * SUPPLY)
    (alert,) = alerts(market)
    named = {role.address for role in alert.roles if role.role == "attacker"}
    assert named == {"0x" + MALLORY.hex(), "0x" + HELPER.hex()}
    assert alert.value_wei == str(got)
    assert alert.subject_id == "0x" + MALLORY.hex()


def test_alice_who_sells_what_she_bought_is_in_peace() -> None:
    market, pool = launched()
    market.trades(ALICE, pool, 0, ETHER)
    assert alerts(market) == []


def test_sales_of_weeks_are_one_alert() -> None:
    market, pool = launched()
    for _ in range(3):
        market.trades(HELPER, pool, 0, SUPPLY)
        market.chain.block(5 * DAY)
    (alert,) = alerts(market)
    assert len(alert.transactions) > 3


def test_what_is_given_to_the_surplus_wallet_is_no_surplus() -> None:
    market, pool = launched()
    market.chain.erc20(CAT, MALLORY, HELPER, SUPPLY // 2)
    market.trades(HELPER, pool, 0, SUPPLY // 2)
    assert alerts(market) == []


def test_transfers_to_oneself_bring_nothing_and_what_they_doubled_is_surplus() -> None:
    market, pool = launched()
    market.chain.erc20(CAT, MALLORY, HELPER, SUPPLY // 10)
    for _ in range(3):
        market.chain.erc20(CAT, HELPER, HELPER, SUPPLY // 10)
    market.trades(HELPER, pool, 0, 8 * SUPPLY // 10)
    (alert,) = alerts(market)
    assert alert.measured["beyond"] == 7.0


def test_a_wrapper_of_the_coin_mints_by_deposits() -> None:
    market = Market(ChainBuilder().block().creates(MALLORY, WETH))
    pool = market.opens(Pool(address("cats"), (CAT, WETH), [SUPPLY, 100 * ETHER]), introduced=False)
    market.chain.deposit(WETH, ALICE, 9 * ETHER)
    market.trades(ALICE, pool, 1, 9 * ETHER)
    assert alerts(market) == []


def test_a_token_that_grew_by_a_half_for_everybody_is_no_mint() -> None:
    market, pool = launched()
    got = pool.out(1, 5 * ETHER)
    market.trades(HELPER, pool, 1, 5 * ETHER)
    market.trades(HELPER, pool, 0, got * 3 // 2)
    assert alerts(market) == []
