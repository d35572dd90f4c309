"""What base fee, blob base fee and congestion will be: the next block by the chain's own rule, those after it
by what the blocks so far show.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from threadpoolctl import threadpool_limits

from detectors.runs.forecasts import blob_rule, gas_rule
from detectors.runs.forecasts.blob_rule import GAS_PER_BLOB, BlobRule, FittedBlob
from detectors.runs.forecasts.blocks import BlockFees, last, spacing_s, unbroken
from detectors.runs.forecasts.gas_rule import ETHEREUM, FittedGas
from detectors.runs.forecasts.regression import (
    LEVELS,
    Ahead,
    Floats,
    Series,
    ahead,
    columns_of,
    most_ahead,
    scale_of,
)

WINDOW = 4_200
"""Blocks that a forecast is a function of: 14 hours of Ethereum's."""
HORIZONS = (2, 3, 5, 7, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200, 300)
MOST_HORIZON = HORIZONS[-1]


@dataclass(frozen=True, slots=True)
class Point:
    """So many blocks after the last one seen: the quantiles of `LEVELS`, in wei a gas, or shares of the gas
    limit. `cheaper`: the chance that it is below the next block's; None of congestion. An exact one has all
    quantiles the same.
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
    """After block `number`. `spacing_s`: usual seconds from block to block. What is not known is empty."""

    number: int
    timestamp: int
    spacing_s: int
    seen: int
    gas: FittedGas
    blob: FittedBlob
    base_fee: list[Point] = field(default_factory=list)
    blob_base_fee: list[Point] = field(default_factory=list)
    congestion: list[Point] = field(default_factory=list)


def forecast(
    chain_id: int, blocks: Sequence[BlockFees], horizons: Sequence[int] = HORIZONS
) -> Forecast:
    """Of blocks in their order, at least one; those before a gap, and beyond `WINDOW`, do not count."""
    with threadpool_limits(1):  # of matrices as small as these threads wait for each other longer than they help
        return _forecast(chain_id, unbroken(last(blocks, WINDOW)), horizons)


def _forecast(chain_id: int, seen: Sequence[BlockFees], horizons: Sequence[int]) -> Forecast:
    newest, spacing = seen[-1], spacing_s(seen)
    gas = gas_rule.fitted(seen)
    blob = blob_rule.fitted(chain_id, seen, newest.timestamp + spacing)
    return Forecast(
        number=newest.number,
        timestamp=newest.timestamp,
        spacing_s=spacing,
        seen=len(seen),
        gas=gas,
        blob=blob,
        base_fee=_base_fees(seen, gas, horizons),
        blob_base_fee=_blob_fees(seen, blob.rule, horizons),
        congestion=_congestion(seen, gas, horizons),
    )


def _base_fees(seen: Sequence[BlockFees], gas: FittedGas, horizons: Sequence[int]) -> list[Point]:
    if not all(block.is_priced for block in seen):
        return []
    fees = [math.log(max(1, block.base_fee or 0)) for block in seen]
    if gas.rule is None or gas.next_fee is None:
        return _without_rule(fees, _load(seen, gas), horizons)
    anchor = math.log(max(1, gas.next_fee))
    bounds = (math.log(gas.rule.most_down), math.log(gas.rule.most_up))
    points = [_certain(gas.next_fee, gas.sure)]
    for blocks, found in _of_level(Series(np.array([*fees, anchor]), _load(seen, gas)), horizons):
        low, high = ((blocks - 1) * bound for bound in bounds)
        moves = [min(high, max(low, found.quantile(at))) for at in LEVELS]
        wei = tuple(math.exp(anchor + move) for move in moves)
        points.append(Point(blocks, wei, found.chance_below(0.0)))
    return points


def _without_rule(fees: list[float], load: Floats, horizons: Sequence[int]) -> list[Point]:
    """Nobody knows the next fee: what counts as known is the last one, a block earlier."""
    series = Series(np.array([fees[0], *fees]), load)
    later = _of_level(series, [each + 1 for each in (1, *horizons)])
    return [
        Point(blocks - 1, tuple(math.exp(fees[-1] + found.quantile(at)) for at in LEVELS), None)
        for blocks, found in later
    ]


def _blob_fees(seen: Sequence[BlockFees], rule: BlobRule | None, horizons: Sequence[int]) -> list[Point]:
    """By the excess, as the fee is e to the power of it; what goes below nothing is nothing."""
    if rule is None or not all(block.has_blobs for block in seen):
        return []
    excess = rule.next_excess(seen[-1])
    level = np.array([*(block.excess_blob_gas or 0 for block in seen), excess]) / rule.fraction
    target, step = rule.target * GAS_PER_BLOB, GAS_PER_BLOB / rule.fraction
    load = np.array([(block.blob_gas_used or 0) / target - 1 for block in seen])
    points = [_certain(rule.fee(excess), True)]
    for blocks, found in _of_level(Series(level, load), horizons) if level.any() else ():
        low, high = (level[-1] + (blocks - 1) * step * each for each in (-rule.target, rule.most - rule.target))
        excesses = [min(high, max(low, 0.0, level[-1] + found.quantile(at))) for at in LEVELS]
        wei = tuple(float(rule.fee(int(each * rule.fraction))) for each in excesses)
        points.append(Point(blocks, wei, found.chance_below(0.0) if excess else 0.0))
    return points


def _congestion(seen: Sequence[BlockFees], gas: FittedGas, horizons: Sequence[int]) -> list[Point]:
    """Gas used by the limit."""
    if not all(block.gas_limit for block in seen):
        return []
    centre = 1 / _elasticity(gas)
    load = np.array([block.gas_used / (block.gas_limit or 1) - centre for block in seen])
    fees = [math.log(max(1, block.base_fee or 0)) for block in seen]
    series = Series(np.array([*fees, math.log(max(1, gas.next_fee or 0)) or fees[-1]]), load)
    within = _within(len(load), (1, *horizons))
    targets = np.full((len(load), len(within)), np.nan)
    for at, blocks in enumerate(within):
        targets[:-blocks, at] = load[blocks:]
    points = []
    width = np.full(len(load), float(np.std(load)) + 1e-6)
    for blocks, found in zip(within, ahead(columns_of(series), width, targets), strict=False):
        shares = (centre + found.quantile(level) for level in LEVELS)
        points.append(Point(blocks, tuple(min(1.0, max(0.0, each)) for each in shares)))
    return points


def _of_level(series: Series, horizons: Sequence[int]) -> list[tuple[int, Ahead]]:
    """How far the level will be from what the next block has, which is known."""
    level, scale = series.level, scale_of(series.level)[1:]
    within = _within(len(series.load), horizons)
    targets = np.full((len(series.load), len(within)), np.nan)
    for at, blocks in enumerate(within):
        targets[: len(level) - blocks, at] = level[blocks:] - level[1 : len(level) - blocks + 1]
    return list(zip(within, ahead(columns_of(series), scale, targets), strict=False))


def _within(blocks: int, horizons: Sequence[int]) -> list[int]:
    return [each for each in horizons if each <= most_ahead(blocks)]


def _certain(wei: int, exact: bool) -> Point:
    return Point(1, (float(wei),) * len(LEVELS), None, exact)


def _load(seen: Sequence[BlockFees], gas: FittedGas) -> Floats:
    """How far each block was above its target, in shares of it."""
    return np.array([block.gas_used * _elasticity(gas) / (block.gas_limit or 1) - 1 for block in seen])


def _elasticity(gas: FittedGas) -> int:
    return ETHEREUM.elasticity if gas.rule is None else gas.rule.elasticity
