"""Which category says more about an attack: an order that anybody can check, and that never turns back."""

from __future__ import annotations

import pytest

from detectors.engine.ranks import RANKS, STATED, UNNAMED, Ranks
from detectors.evaluate.categories import CATEGORIES


@pytest.mark.parametrize(
    ("greater", "lesser"),
    [
        ("reentrancy", "flash-loan-attack"),
        ("reentrancy", "asset-drain"),
        ("flash-loan-attack", "price-manipulation"),
        ("sandwich", "price-manipulation"),
        ("pig-butchering", "wallet-drain"),
        ("pig-butchering", "asset-drain"),
        ("cycle-laundering", "layering"),
        ("sybil-cluster", "layering"),
        ("wash-trading", "sybil-cluster"),
        ("pump-and-dump", "sybil-cluster"),
        ("layering", "anomalous-wallet"),
        ("asset-drain", "anomalous-flow"),
    ],
)
def test_what_says_more_outranks_what_says_less_and_never_the_other_way(greater: str, lesser: str) -> None:
    assert RANKS.outranks(greater, lesser)
    assert not RANKS.outranks(lesser, greater)
    assert RANKS.depth(greater) < RANKS.depth(lesser)


@pytest.mark.parametrize(
    ("one", "other"),
    [("layering", "wallet-drain"), ("layering", "layering"), UNNAMED, ("sandwich", "cycle-laundering")],
)
def test_others_stand_side_by_side(one: str, other: str) -> None:
    assert not RANKS.outranks(one, other)
    assert not RANKS.outranks(other, one)


def test_every_category_of_the_table_is_one_that_exists() -> None:
    named = {category for pair in STATED for side in pair for category in side}

    assert named | set(UNNAMED) <= set(CATEGORIES)


def test_a_circle_is_refused_with_its_way_round() -> None:
    with pytest.raises(ValueError, match=r"ranks go in a circle: .*a > .*a"):
        Ranks(((("a",), ("b",)), (("b",), ("c",)), (("c",), ("a",))))


def test_an_anomaly_outranks_nothing() -> None:
    with pytest.raises(ValueError, match="an anomaly outranks nothing"):
        Ranks((((UNNAMED[0],), ("layering",)),))
