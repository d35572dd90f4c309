"""The arithmetic of a soak: how fast something grows, how sure that is, and what it comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

DAY = 86_400
LEAST = 8
"""Points from which on an interval says something."""
NORMAL = 1.96
"""Standard deviations on either side that hold 95 % of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Trend:
    """A slope a day, with its interval of 95 %; all NaN where there are too few points."""

    slope: float
    low: float
    high: float

    def grows_by(self, amount: float) -> bool:
        """Whether it surely grows by more than an amount a day."""
        return bool(self.low > amount)


def trend(days: Sequence[float], values: Sequence[float]) -> Trend:
    """The median of all slopes between two points, with the interval of Sen (1968) for it: a generation that
    is dropped, which is a step, hardly moves it.
    """
    if len(days) < LEAST or days[0] == days[-1]:
        return Trend(np.nan, np.nan, np.nan)
    first, second = np.triu_indices(len(days), 1)
    x, y = np.asarray(days, float), np.asarray(values, float)
    run = x[second] - x[first]
    slopes = np.sort((y[second] - y[first])[run > 0] / run[run > 0])
    count = len(days)
    reach = NORMAL * np.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    low = max(0, round((slopes.size - reach) / 2) - 1)
    high = min(slopes.size - 1, round((slopes.size + reach) / 2))
    return Trend(float(np.median(slopes)), float(slopes[low]), float(slopes[high]))


def last_third(values: Sequence[float]) -> slice:
    """Of points in time, those behind two thirds of it: what is before may warm up."""
    if not values:
        return slice(0, 0)
    begin = values[0] + 2 / 3 * (values[-1] - values[0])
    return slice(next(i for i, value in enumerate(values) if value >= begin), None)


def extrapolated(amount: float, measured: float, wanted: float) -> float:
    """What an amount of `measured` blocks, or days, comes to for `wanted` of them."""
    if measured <= 0:
        raise ValueError("nothing was measured")
    return amount * wanted / measured


def plateau_day(horizon_s: int | None, in_table: bool) -> float:
    """The day from which on as much goes as comes: rows of a table leave with the second generation after
    theirs, those of a file with it. Infinite for what stays for ever.
    """
    if horizon_s is None:
        return np.inf
    return (2 if in_table else 1) * horizon_s / DAY


def percentiles(values: Sequence[float]) -> tuple[float, float, float]:
    """The median, the 99th percentile, the most; NaN of nothing."""
    if not values:
        return np.nan, np.nan, np.nan
    found = np.percentile(np.asarray(values, float), [50, 99, 100])
    return float(found[0]), float(found[1]), float(found[2])
