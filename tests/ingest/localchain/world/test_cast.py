"""Who may act, who may be paid, and who leaves."""

from __future__ import annotations

from random import Random

from ingest.localchain.world.cast import Cast


def town(*names: str) -> Cast:
    cast = Cast()
    for name in names:
        cast.join(Random(1), name)
    return cast


def test_whoever_a_story_reserved_neither_pays_nor_is_paid() -> None:
    cast = town("alice", "bob", "carol")
    cast.reserve(["bob"])

    assert [person.address for person in cast.free()] == ["alice", "carol"]
    assert {cast.friend(Random(seed), cast.people["alice"]) for seed in range(30)} == {"carol"}


def test_whoever_plays_a_part_goes_on_paying_but_joins_no_second_story() -> None:
    cast = town("alice", "bob")
    cast.engage(["alice"])

    assert [person.address for person in cast.free()] == ["alice", "bob"]
    assert [person.address for person in cast.veterans(Random(1), 0)] == ["bob"]

    cast.release(["alice"])
    assert {person.address for person in cast.veterans(Random(1), 0)} == {"alice", "bob"}


def test_a_veteran_has_paid_before_and_is_no_merchant() -> None:
    cast = town("alice", "bob")
    cast.join(Random(1), "shop", is_merchant=True)
    cast.people["alice"].payments = cast.people["shop"].payments = 2

    assert [person.address for person in cast.veterans(Random(1))] == ["alice"]


def test_nobody_is_active_twice_in_a_block() -> None:
    active = town("alice", "bob", "carol").active(Random(1), 10)

    assert sorted(person.address for person in active) == ["alice", "bob", "carol"]


def test_a_full_town_loses_its_oldest_free_person() -> None:
    cast = town("alice", "bob", "carol")
    cast.most = 3
    cast.engage(["alice"])

    cast.join(Random(1), "dave")

    assert list(cast.people) == ["alice", "carol", "dave"]
