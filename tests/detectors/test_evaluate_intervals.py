"""Intervals: the working behind published values, and what must hold for any counts."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from detectors.evaluate.intervals import f1, f1_interval, quartiles, wilson

FEW = st.integers(0, 200)
ROUNDING = 1e-9


def test_wilson_for_eight_of_ten_worked_out() -> None:
    """p = 0.8, n = 10, z² = 3.8415.

    centre = (0.8 + 3.8415/20) / (1 + 3.8415/10) = 0.99207 / 1.38415 = 0.71674
    half   = 1.95996 * sqrt(0.8*0.2/10 + 3.8415/400) / 1.38415 = 1.95996 * 0.16002 / 1.38415 = 0.22659
    """
    assert wilson(8, 10) == pytest.approx((0.71674 - 0.22659, 0.71674 + 0.22659), abs=2e-5)
    assert wilson(8, 10) == pytest.approx((0.490, 0.943), abs=5e-4)  # as published tables have it


@given(FEW, FEW)
def test_wilson_holds_the_share_and_stays_between_0_and_1(hits: int, others: int) -> None:
    low, high = wilson(hits, hits + others)
    assert 0 <= low <= high <= 1
    if hits + others:
        assert low - ROUNDING <= hits / (hits + others) <= high + ROUNDING


@given(st.integers(1, 50), st.integers(1, 50), st.integers(2, 20))
def test_wilson_is_narrower_for_the_same_share_of_more(hits: int, others: int, times: int) -> None:
    low, high = wilson(hits, hits + others)
    less = wilson(hits * times, (hits + others) * times)
    assert less[1] - less[0] < high - low


@given(FEW, FEW)
def test_wilson_of_the_rest_is_the_mirror(hits: int, others: int) -> None:
    low, high = wilson(hits, hits + others)
    assert wilson(others, hits + others) == pytest.approx((1 - high, 1 - low), abs=ROUNDING)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((3, 0, 0), 1.0),
        ((0, 3, 3), 0.0),
        ((0, 0, 0), 0.0),
        ((2, 2, 2), 0.5),  # 2*2 / (2*2 + 2 + 2)
        ((3, 1, 0), 6 / 7),  # precision 1, recall 3/4
        ((1, 1, 1, 2), 0.6),  # precision (1+2)/(1+2+1) = 3/4, recall 1/2: 2 * 3/8 / (5/4)
    ],
)
def test_f1_worked_out(counts: tuple[int, ...], expected: float) -> None:
    assert f1(*counts) == pytest.approx(expected)


@given(FEW, FEW, FEW, FEW)
def test_the_interval_of_f1_holds_it_and_stays_between_0_and_1(
    found: int, missed: int, false: int, besides: int
) -> None:
    low, high = f1_interval(found, missed, false, besides)
    assert 0 <= low <= high <= 1
    assert low - ROUNDING <= f1(found, missed, false, besides) <= high + ROUNDING


@given(st.integers(1, 60), st.integers(0, 60), st.integers(0, 60))
def test_the_interval_of_f1_is_narrower_for_more_of_the_same(found: int, missed: int, false: int) -> None:
    low, high = f1_interval(found, missed, false)
    less = f1_interval(found * 16, missed * 16, false * 16)
    assert less[1] - less[0] < high - low


@given(FEW, FEW, FEW)
def test_the_interval_of_f1_agrees_with_wilson(found: int, missed: int, false: int) -> None:
    """F1 = 2J / (1 + J), where J = found / (found + missed + false) is a share: so Wilson's interval for J
    gives one for F1 too, by another way. Resampling 30 outcomes moves F1 in steps of 0.03 to 0.06.
    """
    outcomes = found + missed + false
    assume(outcomes >= 30)
    expected = [2 * share / (1 + share) for share in wilson(found, outcomes)]
    assert f1_interval(found, missed, false) == pytest.approx(expected, abs=0.06)


def test_a_perfect_score_of_few_is_not_called_certain() -> None:
    assert f1_interval(40, 0, 0)[0] < 0.97
    assert f1_interval(40, 0, 0)[1] == 1.0


def test_of_nothing_nothing_is_known() -> None:
    assert f1_interval(0, 0, 0) == (0.0, 1.0)


def test_the_same_counts_give_the_same_interval() -> None:
    assert f1_interval(20, 7, 5) == f1_interval(20, 7, 5)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([7], (7, 7, 7)),
        ([1, 2], (1.25, 1.5, 1.75)),
        ([3, -1, 10, 4, 0], (0, 3, 4)),  # in order: -1 0 3 4 10
    ],
)
def test_quartiles_worked_out(values: list[int], expected: tuple[float, ...]) -> None:
    assert quartiles(values) == expected
