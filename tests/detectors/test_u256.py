"""The 256-bit kernels agree with Python's own integers."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from detectors.kernels import u256
from detectors.parts.people import whole

LARGEST = 2**256 - 1
AROUND_LIMBS = [(1 << bits) + off for bits in (64, 128, 192) for off in (-1, 0, 1)]
AMOUNTS = st.integers(0, LARGEST) | st.sampled_from([0, 1, LARGEST, *AROUND_LIMBS])
FACTORS = st.integers(0, 2**32 - 1)
EXACTLY = settings(deadline=None, max_examples=200)


def limbs(number: int) -> NDArray[np.uint64]:
    return np.frombuffer(number.to_bytes(32, "big"), ">u8").astype(np.uint64)


def number(words: NDArray[np.uint64]) -> int:
    return whole(words.reshape(1, 4))[0]


@EXACTLY
@given(AMOUNTS)
def test_an_amount_survives_the_way_to_limbs_and_back(amount: int) -> None:
    assert number(limbs(amount)) == amount
    assert u256.is_zero(limbs(amount)) == (amount == 0)


@EXACTLY
@given(AMOUNTS, AMOUNTS)
def test_comparing_is_as_with_integers(left: int, right: int) -> None:
    assert u256.compare(limbs(left), limbs(right)) == (left > right) - (left < right)


@EXACTLY
@given(AMOUNTS, AMOUNTS)
@example(LARGEST, 1)
@example(2**64 - 1, 1)
def test_adding_stays_at_the_largest_number_where_the_sum_does_not_fit(left: int, right: int) -> None:
    total = limbs(left)
    u256.add_to(total, limbs(right))
    assert number(total) == min(left + right, LARGEST)


@EXACTLY
@given(AMOUNTS, AMOUNTS)
@example(2**192, 1)
def test_taking_the_smaller_from_the_larger_leaves_the_difference(left: int, right: int) -> None:
    larger, smaller = max(left, right), min(left, right)
    rest = limbs(larger)
    u256.subtract_from(rest, limbs(smaller))
    assert number(rest) == larger - smaller


@EXACTLY
@given(AMOUNTS, FACTORS)
@example(LARGEST, 2**32 - 1)
def test_a_product_has_five_limbs_and_never_wraps(amount: int, factor: int) -> None:
    product = [int(limb) for limb in u256.times(limbs(amount), factor)]
    assert sum(limb << (64 * (4 - i)) for i, limb in enumerate(product)) == amount * factor


@EXACTLY
@given(AMOUNTS, FACTORS, AMOUNTS, FACTORS)
def test_a_ratio_is_compared_exactly(left: int, numerator: int, right: int, denominator: int) -> None:
    expected = left * denominator >= right * numerator
    assert u256.at_least(limbs(left), numerator, limbs(right), denominator) == expected


@EXACTLY
@given(AMOUNTS, st.integers(1, 2**32 - 1))
@example(LARGEST, 1)
@example(2**63 * 10**9, 10**9)
def test_dividing_is_as_with_integers_and_stays_in_64_bits(amount: int, divisor: int) -> None:
    assert u256.divided(limbs(amount), divisor) == min(amount // divisor, 2**63 - 1)
