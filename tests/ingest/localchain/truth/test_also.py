"""How what else is true shows: the rules that are worked out over payments, tried on a few."""

from __future__ import annotations

from tests.ingest.localchain.reading import Moved
from tests.ingest.localchain.truth.also import _lent, longest_line


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
    assert _lent([there, back], {"mallory"})
    assert not _lent([back, there], {"mallory"})  # a deposit that is paid out again
    assert not _lent([there, Moved(1, "0x1", "mallory", "bank", 4)], {"mallory"})  # not all of it
    assert not _lent([there, Moved(1, "0x2", "mallory", "bank", 6)], {"mallory"})  # something else
