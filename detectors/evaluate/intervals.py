"""How sure a share is: a count of few says little, and a table that hides it flatters."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from math import sqrt

import numpy as np

Z_95 = 1.959963984540054
"""Standard normal quantile at 97.5 %."""


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of the share of which `hits` out of `n` were seen (Wilson 1927), inside [0, 1].

    Unlike the textbook interval it holds at 0 and `n` hits and for small n. Nothing seen (n = 0) says
    nothing: (0, 1). Raises ValueError where `hits` is not between 0 and `n`.
    """
    if not 0 <= hits <= n:
        raise ValueError(f"{hits} hits of {n}")
    if n == 0:
        return 0.0, 1.0
    share, weight = hits / n, Z_95**2 / n
    centre = share + weight / 2
    spread = Z_95 * sqrt(share * (1 - share) / n + weight / (4 * n))
    low, high = (centre - spread) / (1 + weight), (centre + spread) / (1 + weight)
    return (0.0 if hits == 0 else low), (1.0 if hits == n else high)


RESAMPLES = 2000


def f1(found: int, missed: int, false: int, besides: int = 0) -> float:
    """Harmonic mean of precision and recall; 0 where nothing was found.

    `besides`: right answers that count for precision alone (see `judging.judge` on anomalies). Without them
    this is 2 found / (2 found + missed + false).
    """
    if not found:
        return 0.0
    precision, recall = (found + besides) / (found + besides + false), found / (found + missed)
    return 2 * precision * recall / (precision + recall)


def f1_interval(found: int, missed: int, false: int, besides: int = 0, seed: int = 1) -> tuple[float, float]:
    """95 % interval of `f1`: as many outcomes as there were are drawn `RESAMPLES` times, with a fixed seed.

    A plain bootstrap of 40 found of 40 would say "1, exactly", as if nothing could ever be missed. So the
    draws are made from the counts with about two right and two wrong outcomes added (Agresti and Coull 1998),
    which is where Wilson's interval has its centre. Nothing seen says nothing: (0, 1).
    """
    outcomes = found + besides + missed + false
    if not outcomes:
        return 0.0, 1.0
    added = Z_95**2 / 4
    own = np.array([found + (added if besides else 2 * added), besides + (added if besides else 0.0)])
    weights = np.concatenate([own, [missed + added, false + added]])
    generator = np.random.Generator(np.random.PCG64(seed))
    drawn = generator.multinomial(outcomes, weights / weights.sum(), RESAMPLES)
    low, high = np.percentile([f1(row[0], row[2], row[3], row[1]) for row in drawn.tolist()], [2.5, 97.5])
    return float(low), float(high)


def quartiles(values: Sequence[int]) -> tuple[float, float, float]:
    """Lower quartile, median and upper quartile, between values where they fall there. Needs one value."""
    if len(values) == 1:
        return float(values[0]), float(values[0]), float(values[0])
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high
