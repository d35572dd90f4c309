"""Rules that are worked out over payments in a row, tried on a few."""

from __future__ import annotations

from tests.ingest.localchain.reading import Moved
from tests.ingest.localchain.truth.payment_rows import is_lent, longest_line, returns


def paid(*pairs: tuple[str, str]) -> list[Moved]:
    return [Moved(block, None, payer, payee, 5) for block, (payer, payee) in enumerate(pairs)]


def test_a_line_of_payments_is_followed_in_time_order_through_those_in_between() -> None:
    onwards = paid(("alice", "bob"), ("bob", "carol"), ("carol", "dora"), ("dora", "erin"))
    assert longest_line("alice", {"bob", "carol"}, onwards) == ["alice", "bob", "carol", "dora"]
    assert longest_line("alice", {"bob", "carol"}, onwards[::-1]) == ["alice", "bob"]


def test_a_line_may_come_home_and_does_not_go_round_again() -> None:
    ring = paid(("alice", "bob"), ("bob", "carol"), ("carol", "alice"), ("alice", "bob"), ("bob", "carol"))
    assert longest_line("alice", {"bob", "carol"}, ring) == ["alice", "bob", "carol", "alice"]


def test_a_loan_comes_first_and_goes_back_where_it_came_from() -> None:
    there, back = Moved(1, "0x1", "bank", "mallory", 5), Moved(1, "0x1", "mallory", "bank", 6)
    assert is_lent([there, back], {"mallory"})
    assert not is_lent([back, there], {"mallory"})  # a deposit that is paid out again
    assert not is_lent([there, Moved(1, "0x1", "mallory", "bank", 4)], {"mallory"})  # not all of it
    assert not is_lent([there, Moved(1, "0x2", "mallory", "bank", 6)], {"mallory"})  # something else


def test_money_comes_home_over_two_others_and_half_of_it_at_the_least() -> None:
    ring = paid(("alice", "bob"), ("bob", "carol"), ("carol", "alice"))
    assert returns(ring, "alice", {"bob", "carol"})
    assert not returns(ring, "alice", {"bob"})  # carol is a shop
    assert not returns(ring[::-1], "alice", {"bob", "carol"})
    assert not returns(paid(("alice", "bob"), ("bob", "alice")), "alice", {"bob", "carol"})
    more = [*ring, *paid(("alice", "dora"), ("alice", "dora"))]  # 5 of 15 came back
    assert not returns(more, "alice", {"bob", "carol"})
