"""Prices that are moved and believed: what is said of one, and what is left alone."""

from __future__ import annotations

import pytest

from detectors.alerts.alert import Alert
from detectors.engine.engine import Engine
from detectors.library.price_manipulation import PriceManipulation
from tests.fixtures.frames import ChainBuilder, address, word
from tests.fixtures.lenders import LIQUIDATION, Venue, venue
from tests.fixtures.market import ETHER, SYNC, WETH, Market

MALLORY, RAID, LENDER, VAULT, PAIR, CAT, CAROL, FRIEND = (
    address(name) for name in ("mallory", "raid", "lender", "vault", "pair", "cat", "carol", "friend")
)
COIN = 200 * ETHER


def place() -> Venue:
    return venue(Market(ChainBuilder().block()), PAIR, CAT, LENDER, VAULT, COIN)


def known_place() -> Venue:
    """People have traded in the pool for a while."""
    where = place()
    where.market.pools.clear()
    where.market.fills(where.pool, CAROL)
    where.market.trades(CAROL, where.pool, 0, ETHER)
    where.market.chain.blocks(8)
    return where


def buys(where: Venue, who: bytes, wei: int, to: bytes = MALLORY) -> int:
    return where.market.trades(who, where.pool, 1, wei, to)


def leaves(where: Venue, units: int, who: bytes = MALLORY) -> None:
    with where.market.chain.transaction(who, LENDER, data=b"\1\2\3\4"):
        where.market.chain.erc20(CAT, who, LENDER, units)


def draws(where: Venue, wei: int, who: bytes = MALLORY) -> None:
    with where.market.chain.transaction(who, LENDER, data=b"\4\3\2\1"):
        where.market.chain.erc20(WETH, LENDER, who, wei)


def waits(where: Venue, days: int) -> None:
    where.market.chain.block(days * 86_400)


def alerts(where: Venue) -> list[Alert]:
    engine = Engine(1, [PriceManipulation()], follows=False, keep_all=True)  # type: ignore[list-item]
    engine.take(where.market.batch())
    assert engine.state.off == {}
    return [alert for alert in engine.standing() if alert.suppressed_by is None]


def roles(alert: Alert) -> dict[str, str]:
    return {role.address: role.role for role in alert.roles}


def shown(who: bytes) -> str:
    return "0x" + who.hex()


@pytest.mark.parametrize("days", [0, 2, 40])
def test_who_draws_more_than_his_pledge_was_worth_before_he_bought_it_is_found_at_any_pace(days: int) -> None:
    where = place()
    before = list(where.pool.reserves)
    units = buys(where, MALLORY, COIN)
    waits(where, days)
    leaves(where, units)
    waits(where, days)
    draws(where, COIN)
    (alert,) = alerts(where)
    worth = units * before[1] // before[0]
    assert int(str(alert.value_wei)) == pytest.approx(COIN - worth, rel=1e-6)
    assert roles(alert) == {
        shown(MALLORY): "attacker", shown(LENDER): "victim", shown(PAIR): "infrastructure",
    }  # fmt: skip


def test_who_buys_for_another_is_his_accomplice() -> None:
    where = place()
    units = sum(buys(where, who, COIN // 2) for who in (MALLORY, FRIEND))
    leaves(where, units)
    draws(where, COIN)
    (alert,) = alerts(where)
    assert roles(alert)[shown(FRIEND)] == "attacker"
    assert alert.measured["purchases"] == 2


def test_what_others_paid_is_the_market_and_what_they_sold_took_a_push_back() -> None:
    where = place()
    units = buys(where, MALLORY, COIN // 50)
    leaves(where, units)
    for _ in range(4):
        buys(where, CAROL, COIN // 2, CAROL)
    draws(where, units * where.pool.reserves[1] // where.pool.reserves[0] * 6 // 10)
    assert alerts(where) == []
    where = place()
    units = 0
    for _ in range(6):
        units += buys(where, MALLORY, COIN // 10)
        where.market.trades(CAROL, where.pool, 0, where.pool.reserves[0] // 12)
        where.market.chain.block()
    leaves(where, units)
    draws(where, COIN * 4 // 10)
    assert alerts(where) == []


def test_what_somebody_had_lent_before_is_his_to_take_back() -> None:
    where = place()
    with where.market.chain.transaction(MALLORY, LENDER, data=b"\1\2\3\4"):
        where.market.chain.erc20(WETH, MALLORY, LENDER, COIN)
    waits(where, 60)
    units = buys(where, MALLORY, COIN // 2)
    leaves(where, units)
    draws(where, COIN)
    assert alerts(where) == []


def test_what_a_stranger_sends_the_lender_or_the_owner_makes_nobody_an_attacker() -> None:
    """Somebody pushes the price and gives Carol tokens; she has taken back her own money since long."""
    where = place()
    with where.market.chain.transaction(CAROL, LENDER, data=b"\1\2\3\4"):
        where.market.chain.erc20(WETH, CAROL, LENDER, 9 * ETHER)
    buys(where, MALLORY, COIN, CAROL)
    draws(where, 9 * ETHER, CAROL)
    assert alerts(where) == []


def test_a_pool_whose_tokens_are_burnt_is_robbed_by_whoever_sells_to_it() -> None:
    where = place()
    chain, pool = where.market.chain, where.pool
    with chain.transaction(MALLORY, RAID):
        burnt = pool.reserves[0] * 9 // 10
        chain.erc20(CAT, PAIR, address("nobody"), burnt)
        pool.reserves[0] -= burnt
        chain.log(PAIR, (SYNC,), b"".join(map(word, pool.reserves)))
        got = where.market.swaps(pool, 0, pool.reserves[0], RAID, RAID)
    (alert,) = alerts(where)
    assert alert.value_wei is not None
    assert int(str(alert.value_wei)) == got
    assert alert.measured["dearer"] == pytest.approx(10, rel=1e-6)
    assert roles(alert)[shown(PAIR)] == "victim"


def test_a_token_that_burns_a_little_of_each_sale_robs_nobody() -> None:
    where = place()
    chain, pool = where.market.chain, where.pool
    with chain.transaction(MALLORY, RAID):
        chain.erc20(CAT, PAIR, address("nobody"), pool.reserves[0] // 200)
        pool.reserves[0] -= pool.reserves[0] // 200
        chain.log(PAIR, (SYNC,), b"".join(map(word, pool.reserves)))
        where.market.swaps(pool, 0, pool.reserves[0] // 5, RAID, RAID)
    assert alerts(where) == []


@pytest.mark.parametrize(("times", "count"), [(1.1, 0), (1.4, 0), (3.0, 1)])
def test_collateral_that_goes_for_far_less_than_pools_pay_shows_a_wrong_feed(
    times: float, count: int
) -> None:
    where = known_place()
    debt = COIN // 50
    seized = int(debt * times) * where.pool.reserves[0] // where.pool.reserves[1]
    with where.market.chain.transaction(MALLORY, LENDER):
        where.market.chain.erc20(WETH, MALLORY, LENDER, debt).erc20(CAT, VAULT, MALLORY, seized)
        topics = (LIQUIDATION, word(CAT), word(WETH), word(CAROL))
        data = word(debt) + word(seized) + word(MALLORY) + word(0)
        where.market.chain.log(LENDER, topics, data)
    found = alerts(where)
    assert len(found) == count
    assert [roles(alert)[shown(CAROL)] for alert in found] == ["victim"] * count


def test_a_price_pushed_the_block_before_does_not_make_a_fair_liquidation_look_wrong() -> None:
    where = known_place()
    where.market.chain.blocks(30)
    fair, debt = where.pool.reserves[0] / where.pool.reserves[1], COIN // 50
    buys(where, MALLORY, 2 * COIN, MALLORY)
    where.market.chain.block()
    seized = int(debt * 1.1 * fair)
    with where.market.chain.transaction(FRIEND, LENDER):
        where.market.chain.erc20(WETH, FRIEND, LENDER, debt).erc20(CAT, VAULT, FRIEND, seized)
        topics = (LIQUIDATION, word(CAT), word(WETH), word(CAROL))
        where.market.chain.log(LENDER, topics, word(debt) + word(seized) + word(FRIEND) + word(0))
    assert alerts(where) == []


@pytest.mark.parametrize(("wei", "count"), [(COIN, 1), (COIN // 10, 0)])
def test_who_pushed_what_he_left_and_was_refused_has_tried(wei: int, count: int) -> None:
    """Mallory makes it four times as dear; a customer who bought a tenth of that has only lost his fee."""
    where = place()
    leaves(where, buys(where, MALLORY, wei))
    where.market.chain.calls(MALLORY, LENDER, b"\4\3\2\1", status=0)
    found = alerts(where)
    assert [(alert.severity, alert.value_wei) for alert in found] == [("low", None)] * count
    assert [roles(alert)[shown(LENDER)] for alert in found] == ["victim"] * count
