"""A kernel may hand arrays on without counting who holds them: they stay whose they are."""

from __future__ import annotations

import sys
from typing import NamedTuple

import numpy as np

from detectors.memory.borrowed import borrowed
from detectors.memory.compiled import njit
from detectors.memory.layout import Array


class Pair(NamedTuple):
    ours: Array
    theirs: Array
    limit: int


@njit(cache=True)
def _moved(pair, step):  # type: ignore[no-untyped-def]
    """Moves one unit and says what is left, through a slice of what was borrowed."""
    if pair.ours[0] <= pair.limit:
        return pair.ours[0]
    pair.ours[0] -= step
    part = pair.theirs[1:]
    part[0] += step
    return _moved(pair, step)


@njit(cache=True)
def _all_moved(pair):  # type: ignore[no-untyped-def]
    return _moved(borrowed(pair), 1)


def test_what_is_written_through_it_is_written() -> None:
    pair = Pair(np.array([7]), np.array([0, 0]), 2)
    assert _all_moved(pair) == 2
    assert (pair.ours.tolist(), pair.theirs.tolist()) == ([2], [0, 5])


def test_nobody_is_counted_as_holder_afterwards() -> None:
    ours, theirs = np.array([70]), np.zeros(3, np.int64)
    before = sys.getrefcount(ours), sys.getrefcount(theirs)
    for _ in range(100):
        _all_moved(Pair(ours, theirs, 2))
    assert (sys.getrefcount(ours), sys.getrefcount(theirs)) == before
