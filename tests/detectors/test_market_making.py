"""Who takes what others sell and gives it back when they buy makes a market, whatever the price did."""

from __future__ import annotations

from typing import Any

from detectors.alerts.alert import Alert
from detectors.engine.engine import Engine
from detectors.explanations.market_making import MarketMaking
from detectors.library.pump_and_dump import PumpAndDump
from tests.contract.launches import Launch
from tests.detectors.launched import ALICE, BOB, CAROL, DAVE, ERIN, MALLORY, bought, launch
from tests.fixtures.frames import address
from tests.fixtures.market import ETHER

MAKER = address("maker")
HOLDERS = (ALICE, BOB, CAROL)
LATE = (DAVE, ERIN, address("frank"))


def alert_of(made: Launch) -> Alert:
    detectors: list[Any] = [PumpAndDump()]
    explanations: list[Any] = [MarketMaking()]
    engine = Engine(made.chain.chain_id, detectors, follows=False, explanations=explanations)
    engine.take(made.chain.batch())
    (alert,) = engine.standing()
    return alert


def is_explained(made: Launch) -> bool:
    alert = alert_of(made)
    assert alert.suppressed_by is None or alert.suppressed_by["kind"] == "market-making"
    return alert.suppressed_by is not None


def held() -> Launch:
    """Three hold what each of them paid one and a half of the coin for."""
    made = launch(MAKER)
    bought(made, *HOLDERS, wei=3 * ETHER // 2)
    return made


def sold_out(made: Launch, wallet: bytes, share: float) -> None:
    made.sells(wallet, share)
    made.chain.block()


def test_who_buys_as_others_flee_and_sells_as_they_come_back_makes_a_market() -> None:
    made = held()
    for person in HOLDERS:
        sold_out(made, person, 1.0)
        bought(made, MALLORY, wei=2 * ETHER)
    for n, person in enumerate(LATE):
        bought(made, person, wei=3 * ETHER)
        sold_out(made, MALLORY, 1 / (3 - n))
    assert is_explained(made)


def test_who_buys_before_the_crowd_and_sells_into_it_does_not() -> None:
    made = held()
    for _ in HOLDERS:
        bought(made, MALLORY, wei=2 * ETHER)
    for n, person in enumerate(LATE):
        bought(made, person, wei=3 * ETHER)
        sold_out(made, MALLORY, 1 / (3 - n))
    assert not is_explained(made)


def test_two_turns_are_too_few() -> None:
    made = held()
    for person in HOLDERS[:2]:
        sold_out(made, person, 1.0)
        bought(made, MALLORY, wei=2 * ETHER)
    for n, person in enumerate(LATE[:2]):
        bought(made, person, wei=3 * ETHER)
        sold_out(made, MALLORY, 1 / (2 - n))
    assert not is_explained(made)


def test_crumbs_that_others_sell_before_each_purchase_are_no_market() -> None:
    made = held()
    for person in HOLDERS:
        sold_out(made, person, 0.01)
        bought(made, MALLORY, wei=4 * ETHER)
    for n, person in enumerate(LATE):
        bought(made, person, wei=ETHER // 2)
        sold_out(made, MALLORY, 1 / (3 - n))
    assert not is_explained(made)
