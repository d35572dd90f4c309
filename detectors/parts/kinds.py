"""Kinds of rows as a column asks for them: many detectors first ask which rows are of some kinds, of which
of a few they are, and whether they move anything. numpy's own functions for it sort, which of few values
takes ten times as long.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

import numpy as np

from detectors.kernels.decoding import Kind
from detectors.memory.layout import Array

FEW = 8
"""Values that are compared one by one."""


def marks(*kinds: Kind) -> Array:
    """bool, to be asked by a column of kinds: which of them are among these."""
    found = np.zeros(max(Kind) + 1, np.bool_)
    found[list(kinds)] = True
    found.flags.writeable = False
    return found


def of_kinds(column: Array, kinds: tuple[Kind, ...]) -> Array:
    """Which rows are of some kinds, by their column."""
    found: Array = _marked(kinds)[column]
    return found


def among(values: Array, few: Collection[int] | Array) -> Array:
    """Which values are among a few."""
    if len(few) > FEW:
        return np.isin(values, few if isinstance(few, np.ndarray) else list(few))
    found = np.zeros(values.shape, np.bool_)
    for each in few:
        found |= values == each
    return found


def is_some(words: Array) -> Array:
    """Which words of four limbs, [n, 4], are more than zero."""
    found: Array = (words[:, 0] | words[:, 1] | words[:, 2] | words[:, 3]) != 0
    return found


@cache
def _marked(kinds: tuple[Kind, ...]) -> Array:
    return marks(*kinds)
