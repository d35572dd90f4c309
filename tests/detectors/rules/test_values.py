"""Conditions over columns: exact, and with what is not known on neither side."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from detectors.library.rules.tree import Sign
from detectors.library.rules.values import Values, calculated, compared, constant, joined, measured, negated

TRUE, FALSE, UNKNOWN = True, False, None
MOST = 2**256 - 1


def of(*values: Any) -> Values:
    """A column; None is not known."""
    known = np.array([each is not None for each in values])
    numbers = [0 if each is None else each for each in values]
    return Values(np.array(numbers, object if any(abs(each) >= 2**63 for each in numbers) else None), known)


def back(values: Values) -> list[Any]:
    pairs = zip(values.column.tolist(), values.mask.tolist(), strict=True)
    return [value if known else None for value, known in pairs]


STATES = [(a, b) for a in (TRUE, FALSE, UNKNOWN) for b in (TRUE, FALSE, UNKNOWN)]


def flags(*values: bool | None) -> Values:
    return Values(np.array([bool(each) for each in values]), np.array([each is not None for each in values]))


def test_and_or_and_not_are_kleenes() -> None:
    left, right = (flags(*column) for column in zip(*STATES, strict=True))
    assert back(joined("and", left, right)) == [
        TRUE, FALSE, UNKNOWN,
        FALSE, FALSE, FALSE,
        UNKNOWN, FALSE, UNKNOWN,
    ]  # fmt: skip
    assert back(joined("or", left, right)) == [
        TRUE, TRUE, TRUE,
        TRUE, FALSE, UNKNOWN,
        TRUE, UNKNOWN, UNKNOWN,
    ]  # fmt: skip
    assert back(negated(flags(TRUE, FALSE, UNKNOWN))) == [FALSE, TRUE, UNKNOWN]


def test_a_quotient_by_zero_is_not_known_and_neither_is_what_follows_from_it() -> None:
    quotient = calculated("/", of(6, 6), of(4, 0))
    assert back(quotient) == [Fraction(3, 2), None]
    over = compared(">", quotient, constant(Fraction(1), 2))
    assert back(over) == [TRUE, UNKNOWN]
    assert back(negated(over)) == [FALSE, UNKNOWN]
    assert back(calculated("/", measured(np.array([1.5])), of(0))) == [None]


def test_amounts_are_exact_to_the_last_unit_however_large() -> None:
    amounts = of(MOST, MOST - 1)
    assert back(compared("=", amounts, constant(MOST, 2))) == [TRUE, FALSE]
    assert back(calculated("+", amounts, amounts)) == [2 * MOST, 2 * MOST - 2]
    assert back(calculated("-", of(1), of(MOST))) == [1 - MOST]
    third = calculated("/", of(10**18 + 1), constant(Fraction(3), 1))
    assert back(calculated("*", third, constant(Fraction(3), 1))) == [10**18 + 1]


def test_counts_do_not_wrap_around_at_64_bits() -> None:
    most = of(2**63 - 1)
    assert back(calculated("*", most, most)) == [(2**63 - 1) ** 2]
    assert back(calculated("+", most, of(1))) == [2**63]


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_what_is_no_finite_number_is_not_known(odd: float) -> None:
    column = measured(np.array([odd, 1.0]))
    assert back(compared("!=", column, constant(Fraction(1), 2))) == [UNKNOWN, FALSE]
    huge = measured(np.array([1e308]))
    assert back(calculated("*", huge, constant(Fraction(10), 1))) == [None]
    assert back(calculated("*", huge, huge)) == [None]


@pytest.mark.parametrize("sign", ["+", "-", "*", "/"])
def test_what_is_too_large_for_a_float_is_not_known_and_spoils_no_other(sign: Sign) -> None:
    """Four amounts of 2^256, as junk tokens have them, are more than a float holds."""
    mixed = calculated(sign, of(MOST**4, 3), measured(np.array([1.5, 1.5])))
    assert back(mixed) == [None, {"+": 4.5, "-": 1.5, "*": 4.5, "/": 2.0}[sign]]
    assert back(calculated("/", measured(np.array([1.5])), of(-(MOST**4)))) == [None]


def test_a_written_number_is_compared_exactly_with_what_is_measured() -> None:
    most = measured(np.array([2.0**53, 2.0**53 + 2]))
    assert back(compared(">", most, constant(Fraction(2**53 + 1), 2))) == [FALSE, TRUE]
    assert back(compared("=", most, constant(Fraction(2**53), 2))) == [TRUE, FALSE]
