"""What a series will be some blocks ahead, with intervals: one ridge regression a horizon on what is known of
the blocks so far, and conformal quantiles of what such regressions missed on blocks that they had not learnt.

Ridge: Hoerl and Kennard 1970. Quantiles that weigh late misses more: Barber, Candès, Ramdas and Tibshirani
2023, Conformal prediction beyond exchangeability. It fails where demand does what it never did in the
window: intervals then are too narrow until enough blocks have shown it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LOAD_MEANS, LEVEL_MEANS = (3, 8, 24, 80, 250), (8, 30, 100, 300, 1000)
"""Blocks over which load and level are averaged: from a burst to hours."""
FULL, FULL_MEANS = 0.9, (1, 4, 15)
"""Of the fullest block: what is full turned somebody away, however many; blocks over which it is counted."""
PIECES, LEAST_PIECES, LEAST_PIECE = 14, 6, 25
LEAST_ROWS = LEAST_PIECES * LEAST_PIECE
"""Blocks below which nothing is forecast by statistics."""
RIDGE = 0.03
"""Of the rows, in units of each column's variance."""
HALF_LIFE = 700
"""Blocks after which a miss counts half."""
SHRINKS = (0.0, 0.25, 0.5, 0.75, 1.0)
_CUT = 5.0
_QUIET = 1e-4


@dataclass(frozen=True, slots=True)
class Series:
    """Of n blocks: `level` (n + 1: what it will be in the next block is known already), and `load`, how far
    each block was above its target, in shares of it.
    """

    level: Floats
    load: Floats


@dataclass(frozen=True, slots=True)
class Ahead:
    """Of one horizon: `middle`, and how far it was missed before, each `misses` with its weight (sum 1)."""

    middle: float
    misses: Floats
    weights: Floats

    def quantile(self, level: float) -> float:
        """Of what is to come; misses are in order."""
        reached = np.searchsorted(np.cumsum(self.weights), _widened(level, self.weights))
        return self.middle + float(self.misses[min(int(reached), len(self.misses) - 1)])

    def chance_below(self, value: float) -> float:
        return float(self.weights[self.middle + self.misses < value].sum())


def most_ahead(blocks: int) -> int:
    """How many blocks ahead `blocks` known ones allow: as many as lie in each piece that is tried."""
    return 0 if blocks < LEAST_ROWS else _piece(blocks)


def _piece(blocks: int) -> int:
    return max(LEAST_PIECE, blocks // PIECES)


def ahead(columns: Floats, scale: Floats, targets: Floats) -> list[Ahead]:
    """The forecast of each column of `targets` (n, h), whose last rows are not known yet (nan), for the last
    row of `columns` (n, d). `scale` (n,) is what a row is usually missed by.

    Pieces of rows, as long as the furthest horizon at least, are forecast by what was learnt up to the piece
    before them, whose outcomes were known by then; how much of the regression counts is what was best there.
    Empty where too few pieces could be tried.
    """
    count = len(targets)
    size, rows = _piece(count), columns / scale[:, None]
    pieces = count // size
    if pieces < LEAST_PIECES:
        return []
    whole = slice(count - pieces * size, count)
    shape = (pieces, size, -1)
    x, known = rows[whole].reshape(shape), ~np.isnan(targets)
    aims = np.where(known, targets, 0.0) / scale[:, None]
    y = aims[whole].reshape(shape)
    grams = np.cumsum(np.matmul(x.transpose(0, 2, 1), x), axis=0)
    sums = np.cumsum(np.matmul(x.transpose(0, 2, 1), y), axis=0)
    tried = slice(2, pieces)
    guesses = np.matmul(x[tried], _solved(grams[:-2], sums[:-2])).reshape(-1, targets.shape[1])
    aimed, counts = (
        y[tried].reshape(guesses.shape),
        known[whole].reshape(y.shape)[tried].reshape(guesses.shape),
    )
    found = []
    for at in range(targets.shape[1]):
        learnt = rows[: int(known[:, at].sum())]
        sum_ = learnt.T @ aims[: len(learnt), at]
        now = float(rows[-1] @ _solved(learnt.T @ learnt, sum_[:, None])[:, 0])
        seen = counts[:, at]
        found.append(_weighed(now, guesses[seen, at], aimed[seen, at], float(scale[-1])))
    return found


def _weighed(now: float, guesses: Floats, aimed: Floats, scale: float) -> Ahead:
    weights = 0.5 ** (np.arange(len(aimed))[::-1] / HALF_LIFE)
    weights /= weights.sum()
    share = min(SHRINKS, key=lambda each: float(weights @ np.abs(aimed - each * guesses)))
    misses = aimed - share * guesses
    order = np.argsort(misses, kind="stable")
    return Ahead(share * now * scale, misses[order] * scale, weights[order])


def columns_of(series: Series) -> Floats:
    """(n, d): for each block what is known with it, each column about one in size."""
    level, load = series.level, series.load
    means = [_means(load, span) for span in LOAD_MEANS]
    full = (load >= FULL * max(float(load.max()), 1e-12)).astype(float)
    means += [_means(full, span) for span in FULL_MEANS]
    below = [level[1:] - _means(level, span)[1:] for span in LEVEL_MEANS]
    raw = np.column_stack([load, *means, *below])
    size = np.maximum(np.sqrt(np.mean(raw**2, axis=0)), 1e-12)
    return np.column_stack([np.ones(len(load)), np.clip(raw / size, -_CUT, _CUT)])


def scale_of(values: Floats, span: int = 48) -> Floats:
    """What steps are usual of late, a value a row: never nothing, or the first step after silence would be
    beyond all measure.
    """
    steps = np.abs(np.diff(values, prepend=values[:1]))
    usual = float(np.mean(steps))
    return np.asarray(np.maximum(_means(steps, span), 0.25 * usual) + _QUIET)


def _means(values: Floats, span: int) -> Floats:
    """Of each value and those before it, `span` in all, fewer at the beginning."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    begins = np.maximum(0, ends - span)
    return np.asarray((sums[ends] - sums[begins]) / (ends - begins))


def _solved(grams: Floats, sums: Floats) -> Floats:
    """Ridge: (…, d, d) and (…, d, h)."""
    width = grams.shape[-1]
    held = RIDGE * np.trace(grams, axis1=-2, axis2=-1) / width + 1e-12
    return np.asarray(np.linalg.solve(grams + held[..., None, None] * np.eye(width), sums))


def _widened(level: float, weights: Floats) -> float:
    """A little further out, as the next miss may be beyond all that were seen."""
    lost = float(weights.max())
    return level - lost * (1 - level) if level < 0.5 else level + lost * level
