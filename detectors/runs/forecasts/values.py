"""What a forecast says: of each horizon a few quantiles."""

from __future__ import annotations

from dataclasses import dataclass, field

from detectors.runs.forecasts.blob_rule import FittedBlob
from detectors.runs.forecasts.gas_rule import FittedGas

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles of a forecast: the ends of 90 and of 50 of 100, and the middle."""
WINDOW = 4_200
"""Blocks that a forecast is a function of: 14 hours of Ethereum's."""
HORIZONS = (2, 3, 5, 7, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200, 300)
MOST_HORIZON = HORIZONS[-1]


@dataclass(frozen=True, slots=True)
class Point:
    """So many blocks after the last one seen: the quantiles of `LEVELS`, in wei a gas, or shares of the gas
    limit. `cheaper`: the chance that it is below the next block's; None of the next block itself, and of
    congestion. An exact one has all quantiles the same.
    """

    blocks: int
    quantiles: tuple[float, ...]
    cheaper: float | None = None
    exact: bool = False

    @property
    def middle(self) -> float:
        return self.quantiles[len(LEVELS) // 2]


@dataclass(frozen=True, slots=True)
class Forecast:
    """After block `number`, of the `seen` blocks up to it. `spacing_s`: usual seconds from block to block.
    What is not known is empty.
    """

    number: int
    timestamp: int
    spacing_s: int
    seen: int
    gas: FittedGas
    blob: FittedBlob
    base_fee: list[Point] = field(default_factory=list)
    blob_base_fee: list[Point] = field(default_factory=list)
    congestion: list[Point] = field(default_factory=list)
