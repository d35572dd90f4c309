"""Exploits above ordinary traffic: bob counts how many are, at a cut that few ordinary transactions pass."""

from __future__ import annotations

import pytest

from detectors.evaluate.recorded.ranking import Ranking
from detectors.evaluate.recorded.run import judge_recorded
from detectors.registry import detectors
from tests.fixtures.mainnet import DATA, recorded

EXPLOITS = (0.9, 0.6, 0.5, 0.0)


@pytest.mark.parametrize(
    ("ordinary", "transactions", "cut", "above"),
    [
        ((), 9_999, 0.0, 3),  # nothing ordinary has a score: every score is above all of it
        ((0.7,), 4_999, 0.7, 1),  # not one may be above
        ((0.7,), 5_000, 0.0, 3),  # one may
        ((0.4, 0.7, 0.5), 10_000, 0.4, 3),  # two may: the third decides
        ((0.5, 0.95, 0.7), 10_000, 0.5, 2),  # who stands level with it is not above
    ],
)
def test_the_cut_lets_two_ordinary_transactions_of_ten_thousand_pass(
    ordinary: tuple[float, ...], transactions: int, cut: float, above: int
) -> None:
    ranking = Ranking(EXPLOITS, ordinary, transactions)
    assert (ranking.cut, ranking.above) == (cut, above)
    assert f"{above} of 4 exploits" in ranking.line()


@pytest.mark.soak
def test_of_six_recorded_exploits_four_or_more_stand_above_ordinary_mainnet_blocks() -> None:
    for name in ("exploits", "mainnet", "mainnet_mev"):
        recorded(name)
    judges = [each for each in detectors() if each.name in ("asset-drain", "flash-loan-attack")]
    ranking = judge_recorded(DATA, judges).ranking
    assert ranking is not None
    assert ranking.above >= 4
    assert len(ranking.exploits) == 6
