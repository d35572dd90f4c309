"""Columns of which some values are not known, and what conditions make of them: Kleene's three values.

Whole numbers are int64, or Python integers and fractions once there was arithmetic or where they are amounts:
exact. Measured numbers are float64. What is not known never makes a condition true, nor its opposite.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from detectors.library.rules.tree import Operator, Sign
from detectors.memory.layout import Array

COMPARED: dict[Operator, Callable[[Any, Any], Any]] = {
    "=": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}
_CALCULATED: dict[Sign, Callable[[Any, Any], Any]] = {"+": np.add, "-": np.subtract, "*": np.multiply}


@dataclass(frozen=True, slots=True)
class Values:
    """`known` null: all are."""

    column: Array
    known: Array | None = None

    def is_known(self, line: int) -> bool:
        return self.known is None or bool(self.known[line])

    @property
    def mask(self) -> Array:
        return np.ones(self.column.shape, np.bool_) if self.known is None else self.known


def known_where(column: Array, known: Array) -> Values:
    """All of them where nothing is missing."""
    return Values(column) if known.all() else Values(column, known)


def measured(column: Array) -> Values:
    """What is no finite number is not known."""
    is_finite = np.isfinite(column)
    return known_where(np.where(is_finite, column, 0.0), is_finite)


def constant(value: Fraction | int, lines: int) -> Values:
    """The same for each line, as a whole number where it is one."""
    found = np.empty(lines, object)
    found[:] = int(value) if value.denominator == 1 else value
    return Values(found)


def calculated(sign: Sign, left: Values, right: Values) -> Values:
    """Exact where both are; a quotient by zero, and what no float can hold, is not known."""
    known = _both(left, right)
    if sign == "/":
        by = right.column != 0
        known = _and(known, None if by.all() else by)
        return _quotient(left.column, np.where(by, right.column, 1), known)
    with np.errstate(over="ignore"):
        found = _CALCULATED[sign](_open(left.column), _open(right.column))
    return _finite(found, known)


def _quotient(above: Array, below: Array, known: Array | None) -> Values:
    if above.dtype == np.float64 or below.dtype == np.float64:
        with np.errstate(over="ignore"):
            return _finite(np.divide(above.astype(np.float64), below.astype(np.float64)), known)
    pairs = zip(above.tolist(), below.tolist(), strict=True)
    found = np.empty(above.size, object)
    found[:] = [_fraction(a) / _fraction(b) for a, b in pairs]
    return Values(found, known)


def _fraction(value: Any) -> Any:
    return value if isinstance(value, float) else Fraction(value)


def _open(column: Array) -> Array:
    """Whole numbers of 64 bits as Python's, which have no end."""
    return column.astype(object) if column.dtype != np.float64 else column


def _finite(found: Array, known: Array | None) -> Values:
    floats = found.dtype == np.float64
    is_finite = (
        np.isfinite(found) if floats else np.array([not _is_infinite(each) for each in found], np.bool_)
    )
    if is_finite.all():
        return Values(found, known)
    return Values(np.where(is_finite, found, 0), _and(known, is_finite))


def _is_infinite(value: Any) -> bool:
    return isinstance(value, float) and not np.isfinite(value)


def compared(operator: Operator, left: Values, right: Values) -> Values:
    found = COMPARED[operator](left.column, right.column).astype(np.bool_)
    return Values(found, _both(left, right))


def negated(value: Values) -> Values:
    return Values(~value.column, value.known)


def joined(word: str, left: Values, right: Values) -> Values:
    """`and` is false where either is known to be so, `or` true likewise, whatever the other is."""
    decides = word == "or"
    column = left.column | right.column if decides else left.column & right.column
    if left.known is None and right.known is None:
        return Values(column)
    decided = left.mask & (left.column == decides) | right.mask & (right.column == decides)
    known = decided | (left.mask & right.mask)
    return Values(np.where(decided, decides, column), known)


def _both(left: Values, right: Values) -> Array | None:
    return _and(left.known, right.known)


def _and(one: Array | None, other: Array | None) -> Array | None:
    if one is None or other is None:
        return other if one is None else one
    found: Array = one & other
    return found
