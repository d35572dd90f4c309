"""When to send: the block by a deadline in which gas will be cheapest, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detectors.runs.forecasts.values import Point

WORTH_WAITING = 0.02
"""Of the fee: who waits for less than this waits for nothing."""
SURE_ENOUGH = 0.6
"""The chance of a lower fee below which it is better to send at once."""


@dataclass(frozen=True, slots=True)
class Advice:
    """Send so many `blocks` after the last one seen; 1 is at once. `chance`: that the fee is lower then than
    in the next block; `saved`: the part of the next block's fee that waiting saves, as it looks now.
    """

    blocks: int
    chance: float
    saved: float
    point: Point


def advised(points: Sequence[Point], deadline: int) -> Advice | None:
    """Among the forecasts up to `deadline` blocks ahead, the one whose middle is lowest, where that is worth
    it; None where the next block's fee is not known.
    """
    within = [point for point in points if point.blocks <= deadline]
    if not within or within[0].blocks != 1:
        return None
    now = within[0]
    best = min(within, key=lambda point: point.middle)
    saved = 1 - best.middle / now.middle if now.middle else 0.0
    chance = best.cheaper
    if chance is None or saved < WORTH_WAITING or chance < SURE_ENOUGH:
        return Advice(1, 1.0, 0.0, now)
    return Advice(best.blocks, chance, saved, best)
