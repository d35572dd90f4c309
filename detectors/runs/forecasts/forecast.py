"""What base fee, blob base fee and congestion will be: the next block by the chain's own rule, those after it
by what the blocks so far show.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from threadpoolctl import threadpool_limits

from detectors.runs.forecasts import blob_rule, gas_rule
from detectors.runs.forecasts.blob_rule import GAS_PER_BLOB, BlobRule
from detectors.runs.forecasts.blocks import BlockFees, since, spacing_s, unbroken
from detectors.runs.forecasts.gas_rule import ETHEREUM, FittedGas
from detectors.runs.forecasts.regression import (
    Ahead,
    Floats,
    Series,
    ahead,
    columns_of,
    most_ahead,
    scale_of,
)
from detectors.runs.forecasts.values import HORIZONS, LEVELS, WINDOW, Forecast, Point


def forecast(chain_id: int, blocks: Sequence[BlockFees], horizons: Sequence[int] = HORIZONS) -> Forecast:
    """Of blocks in their order, at least one; those before a gap, and beyond `WINDOW`, do not count."""
    with threadpool_limits(1):  # with matrices as small as these, threads only wait for each other
        return _forecast(chain_id, unbroken(blocks[-WINDOW:]), horizons)


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
    seen = since(seen, lambda block: block.is_priced)
    if not seen:
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
    seen = since(seen, lambda block: block.has_blobs)
    if rule is None or not seen:
        return []
    excess = rule.next_excess(seen[-1])
    level = np.array([*(block.excess_blob_gas or 0 for block in seen), excess]) / rule.fraction
    target, step = rule.target * GAS_PER_BLOB, GAS_PER_BLOB / rule.fraction
    load = np.array([(block.blob_gas_used or 0) / target - 1 for block in seen])
    points = [_certain(rule.fee(excess), True)]
    for blocks, found in _of_level(Series(level, load), horizons) if level.any() else ():
        low, high = (
            level[-1] + (blocks - 1) * step * each for each in (-rule.target, rule.most - rule.target)
        )
        excesses = [min(high, max(low, 0.0, level[-1] + found.quantile(at))) for at in LEVELS]
        wei = tuple(float(rule.fee(int(each * rule.fraction))) for each in excesses)
        points.append(Point(blocks, wei, found.chance_below(0.0) if excess else 0.0))
    return points


def _congestion(seen: Sequence[BlockFees], gas: FittedGas, horizons: Sequence[int]) -> list[Point]:
    """Gas used by the limit."""
    seen = since(seen, lambda block: bool(block.gas_limit))
    if not seen:
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
