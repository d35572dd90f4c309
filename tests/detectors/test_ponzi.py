"""Ponzi schemes: whose money pays whom, and what else takes from many and pays some."""

from __future__ import annotations

from detectors.library.ponzi import Ponzi
from tests.detectors.launched import alerts, named
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.market import ETHER, USD

MALLORY, PLAN, OWNER, BANK = (address(name) for name in ("mallory", "plan", "owner", "bank"))
PEOPLE = [address(f"investor {n}") for n in range(9)]


def gives(chain: ChainBuilder, *people: bytes, pot: bytes = MALLORY) -> None:
    for person in people:
        chain.native(person, pot, 10 * ETHER)
    chain.block()


def pays(chain: ChainBuilder, *people: bytes, ether: int = 2) -> None:
    for person in people:
        chain.native(MALLORY, person, ether * ETHER)
    chain.block()


def test_two_rounds_out_of_later_money_are_enough_and_come_before_the_end() -> None:
    chain = ChainBuilder().block()
    gives(chain, *PEOPLE[:3])
    gives(chain, *PEOPLE[3:6])
    pays(chain, *PEOPLE[:3])
    assert alerts(chain, Ponzi()) == []
    gives(chain, *PEOPLE[6:])
    pays(chain, *PEOPLE[:6])
    (alert,) = alerts(chain, Ponzi())
    assert named(alert, "attacker") == {MALLORY}
    assert named(alert, "victim") == set(PEOPLE)
    assert (alert.measured["rounds"], alert.measured["explained"]) == (2, 1.0)


def test_who_has_more_than_he_gave_only_passed_it_on() -> None:
    chain = ChainBuilder().block()
    gives(chain, *PEOPLE[:4])
    pays(chain, *PEOPLE[:2], ether=8)
    gives(chain, *PEOPLE[4:6])
    pays(chain, *PEOPLE[:2], ether=8)
    pays(chain, *PEOPLE[2:4], ether=2)
    (alert,) = alerts(chain, Ponzi())
    assert named(alert, "intermediary") == set(PEOPLE[:2])


def test_the_maker_of_a_plan_and_who_signs_its_interest_attack() -> None:
    chain = ChainBuilder().block().creates(OWNER, PLAN).block()
    for turn in range(3):
        for person in PEOPLE[3 * turn : 3 * turn + 3]:
            with chain.transaction(person, PLAN):
                chain.erc20(USD, person, PLAN, 100)
        chain.block()
        with chain.transaction(OWNER, PLAN):
            for person in PEOPLE[: 3 * turn + 3]:
                chain.erc20(USD, PLAN, person, 5)
        chain.block()
    (alert,) = alerts(chain, Ponzi())
    assert named(alert, "attacker") == {PLAN, OWNER}


def test_all_back_at_once_is_a_refund() -> None:
    chain = ChainBuilder().block()
    gives(chain, *PEOPLE)
    pays(chain, *PEOPLE, ether=10)
    assert alerts(chain, Ponzi()) == []


def test_a_wallet_made_to_collect_that_gives_all_back_days_later_is_an_attempt_and_low() -> None:
    for days, busy, count in ((3, False, 1), (0, False, 0), (3, True, 0)):
        chain = ChainBuilder().block().native(BANK, MALLORY, ETHER)
        for n in range(20):
            chain.native(BANK, address(f"customer {n}"), ETHER)
        gives(chain, *PEOPLE[:3])
        if busy:
            chain.native(MALLORY, address("shop"), 1).native(address("friend"), MALLORY, 1)
        chain.block(days * 86_400 + 12)
        pays(chain, *PEOPLE[:3], ether=10)
        found = alerts(chain, Ponzi())
        assert [(alert.severity, named(alert, "victim")) for alert in found] == count * [("low", set())]


def test_the_first_who_gave_is_a_giver_also_where_nobody_had_paid_the_wallet_before() -> None:
    """Money for its fees may have come by a contract, or in a token."""
    chain = ChainBuilder().block()
    gives(chain, *PEOPLE[:2])
    chain.block(3 * 86_400)
    pays(chain, *PEOPLE[:2], ether=10)
    (alert,) = alerts(chain, Ponzi())
    assert alert.severity == "low"
    assert alert.measured["least_back"] == 2
    assert not named(alert, "victim")


def test_what_a_business_pays_in_explains_the_payments() -> None:
    chain = ChainBuilder().block()
    for n in range(2):
        gives(chain, *PEOPLE[4 * n : 4 * n + 4])
        gives(chain, BANK)
        pays(chain, *PEOPLE[:4])
    assert alerts(chain, Ponzi()) == []


def test_what_each_takes_out_himself_is_his_own() -> None:
    chain = ChainBuilder().block()
    for n, person in enumerate(PEOPLE):
        with chain.transaction(person, PLAN):
            chain.erc20(USD, person, PLAN, 100)
        if n >= 3:
            with chain.transaction(PEOPLE[n - 3], PLAN):
                chain.erc20(USD, PLAN, PEOPLE[n - 3], 80)
        chain.block()
    assert alerts(chain, Ponzi()) == []


def test_a_queue_that_pays_the_first_in_their_order_reaches_few_and_is_one_all_the_same() -> None:
    """Three give each time, one is paid nearly all of it: in a lottery any of them."""
    turns = [PEOPLE[:3], PEOPLE[3:6], PEOPLE[6:], [address(f"late investor {n}") for n in range(3)]]
    for winners, found in ((PEOPLE[:4], 1), ((PEOPLE[0], PEOPLE[2], PEOPLE[1], PEOPLE[5]), 0)):
        chain = ChainBuilder().block()
        for people, winner in zip(turns, winners, strict=True):
            gives(chain, *people)
            pays(chain, winner, ether=25)
        assert len(alerts(chain, Ponzi())) == found


def test_a_queue_that_pays_in_the_entries_of_others_is_one_however_much_its_operator_takes_meanwhile() -> (
    None
):
    for multiples, found in (((19, 19, 19), 1), ((19, 25, 12), 0)):
        chain = ChainBuilder().block()
        for person in PEOPLE[:4]:
            chain.erc20(USD, person, PLAN, 10)
        chain.block()
        for giver, payee, paid in zip(PEOPLE[4:7], PEOPLE[:3], multiples, strict=True):
            with chain.transaction(giver, PLAN, data=b"invest"):
                chain.erc20(USD, giver, PLAN, 90).erc20(USD, PLAN, OWNER, 60).erc20(USD, PLAN, payee, paid)
            chain.block()
        assert len(alerts(chain, Ponzi())) == found


def test_one_winner_of_many_in_each_round_is_a_lottery() -> None:
    chain = ChainBuilder().block()
    for n in range(3):
        gives(chain, *PEOPLE)
        pays(chain, PEOPLE[n], ether=85)
    assert alerts(chain, Ponzi()) == []


def test_a_desk_that_mostly_pays_others_is_none() -> None:
    chain = ChainBuilder().block()
    for _ in range(3):
        gives(chain, *PEOPLE[:5])
        pays(chain, *PEOPLE[:2])
        pays(chain, *(address(f"stranger {n}") for n in range(6)), ether=6)
    assert alerts(chain, Ponzi()) == []
