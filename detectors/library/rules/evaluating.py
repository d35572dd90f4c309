"""A condition over columns: each node is one operation on whole columns, so a piece costs its lines times its
terms, and nothing is run twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce

import numpy as np

from detectors.library.rules.tree import (
    Among,
    Compared,
    IsKnown,
    Joined,
    Named,
    Node,
    Not,
    Sum,
    Unit,
    Written,
)
from detectors.library.rules.values import Values, calculated, compared, constant, joined, negated

NOBODY = -1
"""What an address is compared with that nobody had heard of by then."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The fields of some lines, and which number an address has (`NOBODY` where it has none by then)."""

    fields: Mapping[str, Values]
    lines: int
    number_of: Callable[[bytes], int]


def evaluated(node: Node, columns: Columns) -> Values:
    """Of a condition whether it holds, line by line, and where that is known."""
    match node:
        case Named():
            return columns.fields[node.name]
        case Written():
            return _written(node, columns)
        case Sum():
            return calculated(node.sign, evaluated(node.left, columns), evaluated(node.right, columns))
        case Compared():
            return compared(node.operator, evaluated(node.left, columns), evaluated(node.right, columns))
        case Among():
            left = evaluated(node.left, columns)
            found = [compared("=", left, _written(each, columns)) for each in node.values]
            return reduce(lambda one, other: joined("or", one, other), found)
        case IsKnown():
            return Values(evaluated(node.of, columns).mask == node.known)
        case Not():
            return negated(evaluated(node.of, columns))
        case Joined():
            found = [evaluated(each, columns) for each in node.of]
            return reduce(lambda one, other: joined(node.word, one, other), found)


def holds(node: Node, columns: Columns) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The lines for which a condition is known to hold."""
    found = evaluated(node, columns)
    return np.flatnonzero(found.column & found.mask)


def _written(node: Written, columns: Columns) -> Values:
    if isinstance(node.value, bool):
        return Values(np.full(columns.lines, node.value))
    if isinstance(node.value, Fraction):
        return constant(node.value, columns.lines)
    if node.unit is Unit.SELECTOR:
        return Values(np.full(columns.lines, int.from_bytes(node.value, "big")))
    return Values(np.full(columns.lines, columns.number_of(node.value)))
