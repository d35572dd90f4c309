"""Honeypots: sales that fail or pay nothing, who can sell meanwhile, and tokens that are open again."""

from __future__ import annotations

import pytest

from detectors.library.honeypot import Honeypot
from tests.contract.launches import sells_taxed
from tests.detectors.launched import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    ERIN,
    MALLORY,
    PEOPLE,
    alerts,
    bought,
    launch,
    named,
    open_ones,
)
from tests.fixtures.frames import address
from tests.fixtures.market import ETHER


def test_two_people_whose_sales_fail_make_a_trap_and_the_buyers_its_victims() -> None:
    made = launch()
    bought(made, ALICE, BOB, CAROL)
    made.fails_to_sell(ALICE)
    assert alerts(made.chain, Honeypot()) == []
    made.fails_to_sell(BOB)
    (alert,) = alerts(made.chain, Honeypot())
    assert named(alert, "attacker") == {MALLORY}
    assert named(alert, "victim") == {ALICE, BOB, CAROL}
    assert alert.measured["paid_by_buyers"] == str(3 * ETHER)


def test_one_who_tries_again_in_the_same_block_has_tried_once() -> None:
    made = launch()
    bought(made, ALICE, BOB)
    made.fails_to_sell(ALICE)
    made.fails_to_sell(ALICE)
    assert alerts(made.chain, Honeypot()) == []
    made.chain.block()
    made.fails_to_sell(ALICE)
    assert len(alerts(made.chain, Honeypot())) == 1


def test_a_call_that_fails_of_one_who_holds_nothing_is_no_sale() -> None:
    made = launch()
    bought(made, ALICE)
    made.fails_to_sell(DAVE)
    made.fails_to_sell(ERIN)
    assert alerts(made.chain, Honeypot()) == []


@pytest.mark.parametrize(("through", "count"), [(0.01, 1), (0.4, 1), (0.75, 0)])
def test_a_sale_of_which_less_than_half_comes_through_is_enough(through: float, count: int) -> None:
    made = launch()
    bought(made, ALICE, BOB)
    sells_taxed(made, ALICE, through)
    assert len(alerts(made.chain, Honeypot())) == count


def test_who_sells_while_others_cannot_is_one_of_them() -> None:
    made = launch()
    bought(made, DAVE, ALICE, BOB)
    made.fails_to_sell(ALICE)
    made.chain.block()
    made.sells(DAVE)
    made.fails_to_sell(BOB)
    (alert,) = alerts(made.chain, Honeypot())
    assert named(alert, "attacker") == {MALLORY, DAVE}


def test_an_alert_is_lowered_when_one_who_could_not_sell_has_sold() -> None:
    made = launch()
    bought(made, ALICE, BOB)
    made.fails_to_sell(ALICE, 0.5)
    made.fails_to_sell(BOB, 0.5)
    made.chain.block()
    made.sells(ALICE, 0.5)
    (alert,) = alerts(made.chain, Honeypot())
    assert alert.suppressed_by is not None
    assert alert.suppressed_by["kind"] == "open-again"


def test_a_decoy_that_sells_a_hundredth_lowers_nothing() -> None:
    made = launch()
    bought(made, ALICE, BOB)
    made.fails_to_sell(ALICE)
    made.fails_to_sell(BOB)
    made.chain.block()
    made.sells(ALICE, 0.01)
    assert len(list(open_ones(alerts(made.chain, Honeypot())))) == 1


def test_one_failed_sale_is_enough_where_the_maker_then_takes_the_pool() -> None:
    for share, count in ((1.0, 1), (0.2, 0)):
        made = launch()
        bought(made, ALICE, BOB)
        made.fails_to_sell(ALICE)
        made.chain.block()
        made.removes(MALLORY, share)
        assert len(alerts(made.chain, Honeypot())) == count


def test_two_that_fail_where_a_crowd_sells_are_bad_luck() -> None:
    made = launch()
    others = [address(f"other {n}") for n in range(6)]
    bought(made, *PEOPLE, *others, wei=ETHER // 2)
    made.fails_to_sell(ALICE)
    for other in others:
        made.sells(other, 0.5)
    made.chain.block()
    made.fails_to_sell(BOB)
    assert alerts(made.chain, Honeypot()) == []
