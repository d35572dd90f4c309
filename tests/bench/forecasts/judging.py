"""How far forecasts were off on played demand, beside what needs none: the last value, moving averages."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from detectors.runs.forecasts.advice import advised
from detectors.runs.forecasts.blob_rule import PRAGUE
from detectors.runs.forecasts.blocks import BlockFees
from detectors.runs.forecasts.forecast import forecast
from detectors.runs.forecasts.values import WINDOW, Forecast, Point
from tests.bench.forecasts.demand import played

CHAIN = 424_242
"""No chain whose schedule is known: forks are found by the blocks."""
HORIZONS = (2, 5, 10, 50)
AVERAGES = (5, 20, 100)
"""Blocks of the moving averages; the best of them in hindsight counts."""
BASELINES = ("last", "average", "next")
"""`next`: the next block's fee, which is certain, carried on: it is harder to beat."""
DEADLINE = 50
Key = tuple[str, int]
"""What was forecast, and so many blocks ahead."""


@dataclass
class Errors:
    """Sums over forecasts: of absolute errors (fees: of the logarithm), and how often intervals held."""

    count: int = 0
    own: float = 0.0
    baselines: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    within_50: int = 0
    within_90: int = 0

    def add(self, other: Errors) -> None:
        self.count += other.count
        self.own += other.own
        self.within_50 += other.within_50
        self.within_90 += other.within_90
        for name, value in other.baselines.items():
            self.baselines[name] += value

    def ratio(self, baseline: str) -> float:
        """Below one is better than the baseline; nan where that was never wrong."""
        named = [name for name in self.baselines if name.split()[0] == baseline]
        least = min((self.baselines[name] for name in named), default=0.0)
        return self.own / least if least else math.nan


@dataclass
class Waits:
    """What came of "when to send": how often waiting was advised, how sure it was, how often it was cheaper,
    and the mean change of the logarithm of what was paid against sending at once, and in hindsight.
    """

    asked: int = 0
    waited: int = 0
    sure: float = 0.0
    cheaper: int = 0
    saved: float = 0.0
    best: float = 0.0

    def add(self, other: Waits) -> None:
        for name in ("asked", "waited", "sure", "cheaper", "saved", "best"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass
class Judged:
    errors: dict[Key, Errors] = field(default_factory=lambda: defaultdict(Errors))
    waits: Waits = field(default_factory=Waits)
    exact: list[int] = field(default_factory=lambda: [0, 0])
    """Next base fees and blob base fees that were equal to the wei, and how many there were."""

    def add(self, other: Judged) -> None:
        for key, errors in other.errors.items():
            self.errors[key].add(errors)
        self.waits.add(other.waits)
        self.exact = [a + b for a, b in zip(self.exact, other.exact, strict=True)]


def judged(regime: str, seed: int, asked: int, step: int) -> Judged:
    """`asked` forecasts of a regime, each `step` blocks after the one before."""
    blocks = played(regime, seed, WINDOW + asked * step + max(HORIZONS))
    found = Judged()
    for end in range(WINDOW, WINDOW + asked * step, step):
        told = forecast(CHAIN, blocks[end - WINDOW : end])
        _judge(found, told, blocks[end - max(AVERAGES) : end], blocks[end : end + max(HORIZONS)])
    return found


def _judge(found: Judged, told: Forecast, before: Sequence[BlockFees], after: Sequence[BlockFees]) -> None:
    for what, points, value in _series(told):
        past, future = [value(block) for block in before], [value(block) for block in after]
        at = {point.blocks: point for point in points}
        for blocks in HORIZONS:
            _add(found.errors[what, blocks], at[blocks], past, future[0], future[blocks - 1], what)
    for points, wei in ((told.base_fee, after[0].base_fee), (told.blob_base_fee, _blob_fee(after[0]))):
        found.exact[0] += points[0].middle == wei
        found.exact[1] += 1
    _wait(found.waits, told, [_base_fee(block) for block in after])


def _add(
    errors: Errors, point: Point, past: Sequence[float], next_one: float, came: float, what: str
) -> None:
    low, quarter, middle, three, high = (_measure(each, what) for each in point.quantiles)
    errors.count += 1
    errors.own += abs(middle - came)
    errors.within_50 += quarter <= came <= three
    errors.within_90 += low <= came <= high
    errors.baselines["last"] += abs(past[-1] - came)
    for span in AVERAGES:
        errors.baselines[f"average {span}"] += abs(float(np.mean(past[-span:])) - came)
    if what != "congestion":
        errors.baselines["next"] += abs(next_one - came)


def _wait(waits: Waits, told: Forecast, paid: Sequence[float]) -> None:
    advice = advised(told.base_fee, DEADLINE)
    waits.asked += 1
    waits.best += min(paid[:DEADLINE]) - paid[0]
    if advice is not None and advice.blocks > 1:
        waits.waited += 1
        waits.sure += advice.chance
        waits.cheaper += paid[advice.blocks - 1] < paid[0]
        waits.saved += paid[advice.blocks - 1] - paid[0]


def _series(told: Forecast) -> Iterator[tuple[str, list[Point], Callable[[BlockFees], float]]]:
    yield "base fee", told.base_fee, _base_fee
    yield "blob base fee", told.blob_base_fee, _blob_log
    yield "congestion", told.congestion, _share


def _measure(value: float, what: str) -> float:
    return value if what == "congestion" else math.log(max(1.0, value))


def _base_fee(block: BlockFees) -> float:
    return math.log(max(1, block.base_fee or 0))


def _blob_fee(block: BlockFees) -> int:
    return PRAGUE.fee(block.excess_blob_gas or 0)


def _blob_log(block: BlockFees) -> float:
    return math.log(max(1, _blob_fee(block)))


def _share(block: BlockFees) -> float:
    return block.gas_used / (block.gas_limit or 1)
