"""Cycle laundering: alice's money comes home, and whose money only looks as if it did."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from detectors.alerts.alert import Alert
from detectors.engine.engine import Engine
from detectors.library.cycle_laundering import CycleLaundering
from detectors.library.layering import Layering
from tests.fixtures.frames import ChainBuilder, address, keccak, word
from tests.fixtures.market import WETH, Market, Pool

ALICE, BOB, CAROL, DAVE, ART, MARKET, USD, GOLD = (
    address(name) for name in ("alice", "bob", "carol", "dave", "art", "market", "usd", "gold")
)
ETHER = 10**18
DAY = 86_400


def alerts(chain: ChainBuilder) -> list[Alert]:
    detectors: list[Any] = [CycleLaundering()]
    engine = Engine(1, detectors, follows=False)
    engine.take(chain.batch())
    return list(engine.standing())


def ring(*wallets: bytes, wei: int = 20 * ETHER, seconds: int = 12) -> ChainBuilder:
    chain = ChainBuilder()
    for here, there in pairwise([*wallets, wallets[0]]):
        chain.block(seconds).native(here, there, wei)
        wei -= ETHER // 1000
    return chain


def test_alice_is_the_attacker_and_those_on_the_way_are_not() -> None:
    (alert,) = alerts(ring(ALICE, BOB, CAROL, DAVE))
    roles = {role.address: role.role for role in alert.roles}
    assert roles.pop("0x" + ALICE.hex()) == "attacker"
    assert set(roles.values()) == {"intermediary"}
    assert len(roles) == 3
    assert alert.value_wei == str(20 * ETHER - 3 * ETHER // 1000)
    assert alert.severity == "high"


def test_three_friends_who_pay_each_other_similar_sums_close_no_round_and_four_wallets_do() -> None:
    for friends, found in (((ALICE, BOB, CAROL), 0), ((ALICE, BOB, CAROL, DAVE), 1)):
        chain = ChainBuilder()
        for number, (here, there) in enumerate(pairwise([*friends, ALICE])):
            chain.block().native(here, there, (100 + 7 * (number % 2)) * ETHER)
        assert len(alerts(chain)) == found


def broken_off(*wallets: bytes, home: bytes, by: bytes | None = None) -> ChainBuilder:
    """Each hands all on; the last one's payment to `home` fails: of a token, or by a contract that pays
    whomever it is told.
    """
    chain = ChainBuilder()
    for here, there in pairwise(wallets):
        chain.block()
        if by is None:
            chain.erc20(USD, here, there, 10**24)
        chain.native(here, there, 20 * ETHER)
    data = word(home) + word(10**24)
    if by is None:
        return chain.block().calls(
            wallets[-1], USD, keccak(b"transfer(address,uint256)")[:4] + data, status=0
        )
    return chain.block().fails(wallets[-1], by, keccak(b"pay(address,uint256)")[:4] + data, wei=20 * ETHER)


@pytest.mark.parametrize("by", [None, MARKET])
def test_a_payment_home_that_fails_tells_where_the_round_was_to_end(by: bytes | None) -> None:
    (alert,) = alerts(broken_off(ALICE, BOB, CAROL, home=ALICE, by=by))
    roles = {role.address: role.role for role in alert.roles}
    assert roles == {
        "0x" + ALICE.hex(): "attacker", "0x" + BOB.hex(): "intermediary", "0x" + CAROL.hex(): "intermediary"
    }  # fmt: skip
    assert alert.severity == "low"
    assert "failed" in alert.explanation


@pytest.mark.parametrize("by", [None, MARKET])
def test_who_fails_to_pay_a_stranger_or_to_give_back_what_a_friend_gave_closes_no_round(
    by: bytes | None,
) -> None:
    assert alerts(broken_off(ALICE, BOB, CAROL, home=DAVE, by=by)) == []
    assert alerts(broken_off(ALICE, BOB, home=ALICE, by=by)) == []


def test_small_change_that_goes_round_is_low() -> None:
    assert alerts(ring(ALICE, BOB, CAROL, wei=ETHER // 20))[0].severity == "low"


def test_weeks_of_rest_do_not_hide_it() -> None:
    assert len(alerts(ring(ALICE, BOB, CAROL, DAVE, seconds=25 * DAY))) == 1


def test_two_branches_are_one_alert() -> None:
    chain = ChainBuilder().block().native(ALICE, BOB, 9 * ETHER).native(ALICE, DAVE, 8 * ETHER)
    one, other = address("erin"), address("frank")
    chain.block().native(BOB, CAROL, 9 * ETHER).native(DAVE, one, 8 * ETHER)
    chain.block(30 * DAY).native(CAROL, ALICE, 9 * ETHER)
    chain.block(30 * DAY).native(one, other, 8 * ETHER).block().native(other, ALICE, 8 * ETHER)
    (alert,) = alerts(chain)
    assert {role.address for role in alert.roles} == {
        "0x" + who.hex() for who in (ALICE, BOB, CAROL, DAVE, one, other)
    }


def test_dave_who_buys_alices_own_picture_with_her_money_closes_the_round() -> None:
    chain = ChainBuilder().block().erc721(ART, bytes(20), ALICE, 1, by=ALICE)
    for here, there in pairwise([ALICE, BOB, CAROL, DAVE]):
        chain.block().erc20(USD, here, there, 5_000)
    with chain.block().transaction(DAVE, MARKET):
        chain.erc721(ART, ALICE, DAVE, 1).erc20(USD, DAVE, ALICE, 4_900)
    (alert,) = alerts(chain)
    assert alert.subject_id == "0x" + ALICE.hex()


def test_a_picture_sold_from_hand_to_hand_is_no_round_of_given_money() -> None:
    chain = ChainBuilder()
    for seller, buyer in ((ALICE, DAVE), (DAVE, CAROL), (CAROL, BOB), (BOB, ALICE)) * 2:
        with chain.block().transaction(buyer, MARKET):
            chain.erc721(ART, seller, buyer, 1).erc20(USD, buyer, seller, 5_000)
    assert alerts(chain) == []


def test_the_lesser_alert_of_a_chain_of_payments_yields_to_it() -> None:
    detectors: list[Any] = [CycleLaundering(), Layering()]
    engine = Engine(1, detectors, follows=False)
    engine.take(ring(ALICE, BOB, CAROL, DAVE, address("erin"), address("frank")).batch())
    by_category = {alert.category: alert for alert in engine.standing()}
    layering = by_category["layering"].suppressed_by
    assert layering is not None
    assert layering["id"] == by_category["cycle-laundering"].id


def rounds_of_a_token(wallets: tuple[bytes, ...], priced: bool) -> ChainBuilder:
    """Gold goes round, which a pool may have priced for a while."""
    market = Market(ChainBuilder())
    chain, pool = market.chain.block(), Pool(MARKET, (GOLD, WETH), [1000 * ETHER, 1000 * ETHER])
    for n in range(8):
        if priced and not n:
            market.fills(pool, ART)
        elif priced:
            with chain.transaction(ART, address("router")):
                market.swaps(pool, 0, ETHER, ART, ART)
        chain.block()
    for here, there in pairwise([*wallets, wallets[0]]):
        chain.erc20(GOLD, here, there, 20 * ETHER).block()
    return chain


def test_a_token_that_no_pool_prices_must_go_through_three_wallets() -> None:
    assert len(alerts(rounds_of_a_token((ALICE, BOB, CAROL), priced=True))) == 1
    assert alerts(rounds_of_a_token((ALICE, BOB, CAROL), priced=False)) == []
    assert len(alerts(rounds_of_a_token((ALICE, BOB, CAROL, DAVE), priced=False))) == 1


def paying_out(*wallets: bytes, customers: int) -> ChainBuilder:
    """Alice pays so many others first, who are never heard of again; then her money goes round."""
    chain = ChainBuilder().block()
    for n in range(customers):
        chain.native(ALICE, address(f"customer {n}"), ETHER)
    wei = 20 * ETHER
    for here, there in pairwise([ALICE, *wallets, ALICE]):
        chain.block().native(here, there, wei)
        wei -= ETHER // 1000
    return chain


def test_what_an_exchange_paid_out_and_gets_back_over_an_address_for_deposits_is_no_round() -> None:
    assert alerts(paying_out(BOB, CAROL, customers=12)) == []
    assert [each.category for each in alerts(paying_out(BOB, CAROL, customers=5))] == ["cycle-laundering"]


def test_who_pays_many_to_look_like_an_exchange_is_found_where_the_round_is_longer() -> None:
    assert [each.category for each in alerts(paying_out(BOB, CAROL, DAVE, customers=12))] == [
        "cycle-laundering"
    ]


def test_a_worthless_token_that_many_hands_throw_to_and_fro_makes_rounds_by_chance() -> None:
    hands = [address(f"hand {n}") for n in range(3)]
    for others, found in (([], 1), (hands, 0)):
        chain = ChainBuilder()
        for here, there in pairwise([ALICE, BOB, CAROL, DAVE, ALICE]):
            chain.block().erc20(GOLD, here, there, 1_000)
            for hand in others if here == CAROL else []:
                chain.erc20(GOLD, here, hand, 100)
        assert len(alerts(chain)) == found
