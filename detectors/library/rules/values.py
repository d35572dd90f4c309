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
_MEASURED: dict[Sign, Callable[[Any, Any], Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
}
_EXACT = _MEASURED | {"/": np.frompyfunc(Fraction, 2, 1)}


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
    """The same for each line, as a whole number where it is one; one that a float holds too has 64 bits."""
    whole = int(value)
    if value == whole and -(2**53) <= whole <= 2**53:
        return Values(np.full(lines, whole, np.int64))
    found = np.empty(lines, object)
    found[:] = whole if value == whole else value
    return Values(found)


def calculated(sign: Sign, left: Values, right: Values) -> Values:
    """Exact where both are; a quotient by zero, and what no float can hold, is not known."""
    known, one, other = _both(left, right), left.column, right.column
    if sign == "/":
        by = other != 0
        known, other = _and(known, None if by.all() else by), np.where(by, other, 1)
    if np.float64 not in (one.dtype, other.dtype):
        return Values(_EXACT[sign](one.astype(object), other.astype(object)), known)
    with np.errstate(over="ignore", invalid="ignore"):
        found = measured(_MEASURED[sign](_floats(one), _floats(other)))
    return Values(found.column, _and(known, found.known))


def _floats(column: Array) -> Array:
    """What is too large for one is none."""
    try:
        return column.astype(np.float64)
    except OverflowError:
        return np.array([_float(each) for each in column.tolist()], np.float64)


def _float(value: int | Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return np.nan


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
