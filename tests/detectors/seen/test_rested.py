"""Who rested until his older rows were forgotten is nobody new."""

from __future__ import annotations

import pytest

from detectors.parts.people import People
from tests.detectors.seen.views import begun, seen
from tests.fixtures.frames import ChainBuilder, address

ALICE, BOB, CAROL = (address(name) for name in ("alice", "bob", "carol"))
DAY = 86_400


@pytest.mark.parametrize("days", [1, 80, 120])
def test_bob_is_not_new_however_long_he_rested_and_carol_is(days: int) -> None:
    chain = ChainBuilder(first_block=1).block().native(ALICE, BOB, 5).block(days * DAY)
    chain.native(ALICE, BOB, 7).native(ALICE, CAROL, 7)
    view, block = seen(chain.batch(), begun("net"), "net"), chain.head
    people = People(view, block)
    bob, carol = (view.number_of(who, block) for who in (BOB, CAROL))
    assert people.is_new(carol, int(people.rows(carol)["row"][-1]))
    assert not people.is_new(bob, int(people.rows(bob)["row"][0]))
