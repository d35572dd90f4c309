"""Rug pulls: who took how much of whose money, and what only looks like it."""

from __future__ import annotations

from random import Random

from detectors.library.rug_pull import RugPull
from tests.contract.launches import launched, second_pool
from tests.contract.story import Names
from tests.detectors.launched import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    MALLORY,
    alerts,
    bought,
    launch,
    named,
    open_ones,
)
from tests.fixtures.frames import address
from tests.fixtures.market import ETHER

DEAD = bytes(18) + b"\xde\xad"
LOCKER = address("locker")


def test_whoever_takes_the_pool_is_named_and_the_loss_is_what_buyers_paid() -> None:
    made = launch()
    bought(made, ALICE, BOB)
    made.removes(MALLORY)
    (alert,) = alerts(made.chain, RugPull())
    assert named(alert, "attacker") == {MALLORY}
    assert named(alert, "victim") == {ALICE, BOB}
    assert named(alert, "infrastructure") == {made.token, made.pool.where}
    assert alert.subject_id == "0x" + made.token.hex()
    assert alert.measured["paid_by_buyers"] == str(2 * ETHER)
    assert alert.severity == "high"


def test_three_parts_are_one_alert_from_the_part_on_that_leaves_little() -> None:
    made = launch()
    bought(made, ALICE)
    for share, count in ((0.4, 0), (0.6, 1), (1.0, 1)):
        made.removes(MALLORY, share)
        assert len(alerts(made.chain, RugPull())) == count
        made.chain.block()


def test_burnt_liquidity_does_not_help_where_the_supply_is_sold() -> None:
    made = launch(pooled=0.05)
    made.hands_liquidity(MALLORY, DEAD)
    bought(made, ALICE, BOB)
    made.sells(MALLORY)
    (alert,) = alerts(made.chain, RugPull())
    assert named(alert, "attacker") == {MALLORY}


def test_a_small_part_of_what_a_team_has_is_no_rug() -> None:
    made = launch(pooled=0.5)
    bought(made, ALICE, BOB)
    for _ in range(5):
        made.sells(MALLORY, 0.02)
        made.chain.block()
    assert alerts(made.chain, RugPull()) == []


def test_wallets_that_were_given_of_it_are_attackers_with_the_maker() -> None:
    made = launch(pooled=0.1)
    made.hands(MALLORY, CAROL, 0.5)
    made.hands(MALLORY, DAVE)
    bought(made, ALICE)
    made.sells(CAROL)
    made.sells(DAVE)
    (alert,) = alerts(made.chain, RugPull())
    assert named(alert, "attacker") == {MALLORY, CAROL, DAVE}


def test_the_maker_whose_lock_is_robbed_is_not_the_thief() -> None:
    made = launch()
    made.hands_liquidity(MALLORY, LOCKER, via=LOCKER)
    bought(made, ALICE)
    made.hands_liquidity(LOCKER, BOB, via=LOCKER)
    made.removes(BOB)
    (alert,) = alerts(made.chain, RugPull())
    assert named(alert, "attacker") == {BOB}
    assert named(alert, "victim") == {ALICE}


def test_who_takes_out_his_own_of_a_strangers_token_is_left_in_peace() -> None:
    made = launch(pooled=0.1)
    units = made.buys(BOB, 10 * ETHER)
    made.adds(BOB, units, made.pool.reserves[1] * units // made.pool.reserves[0])
    bought(made, ALICE)
    made.removes(BOB)
    assert alerts(made.chain, RugPull()) == []


def test_an_alert_about_a_move_is_lowered_once_the_money_is_back() -> None:
    made = launch()
    bought(made, ALICE)
    units, wei = made.removes(MALLORY)
    assert len(list(open_ones(alerts(made.chain, RugPull())))) == 1
    made.chain.block()
    second_pool(made, Names("other")).adds(MALLORY, units, wei)
    (alert,) = alerts(made.chain, RugPull())
    assert alert.suppressed_by is not None
    assert alert.suppressed_by["kind"] == "migration"


def test_a_tenth_brought_back_is_no_move() -> None:
    made = launch()
    bought(made, ALICE)
    units, wei = made.removes(MALLORY)
    made.chain.block()
    second_pool(made, Names("other")).adds(MALLORY, units // 10, wei // 10)
    assert len(list(open_ones(alerts(made.chain, RugPull())))) == 1


def test_where_nobody_had_bought_it_is_low_and_the_next_token_s_pool_explains_it() -> None:
    made = launch()
    _, wei = made.removes(MALLORY)
    (alert,) = alerts(made.chain, RugPull())
    assert alert.severity == "low"
    made.chain.block()
    launched(made.chain, Names("second"), MALLORY, Random(2), wei=wei)
    assert list(open_ones(alerts(made.chain, RugPull()))) == []


def test_the_next_token_explains_nothing_where_somebody_had_bought_the_first() -> None:
    made = launch()
    bought(made, ALICE)
    _, wei = made.removes(MALLORY)
    made.chain.block()
    launched(made.chain, Names("second"), MALLORY, Random(2), wei=wei)
    assert len(list(open_ones(alerts(made.chain, RugPull())))) == 1


def test_a_buyer_who_had_sold_again_is_no_victim() -> None:
    made = launch()
    bought(made, ALICE, BOB)
    made.sells(ALICE)
    made.chain.block()
    made.removes(MALLORY)
    (alert,) = alerts(made.chain, RugPull())
    assert named(alert, "victim") == {BOB}
