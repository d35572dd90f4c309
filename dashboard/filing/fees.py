"""When to send: what a forecast of fees says, in words and rows that the screen and the command share; and
how forecasts of before have held.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from detectors.runs.forecasts.advice import Advice, advised
from detectors.runs.forecasts.blocks import BlockFees
from detectors.runs.forecasts.values import MOST_HORIZON, Forecast, Point

GWEI = 10**9
HELD_AT = (2, 5, 10, 50)
"""Blocks ahead at which forecasts of before are looked back at."""
HEAD = ("blocks", "about", "base fee gwei", "50 of 100", "90 of 100", "cheaper than next", "blob fee wei",
        "90 of 100", "gas used, share of limit")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Held:
    """Of forecasts so many blocks ahead whose block has come: how often it lay within the 50 and the 90 of
    100, and the mean absolute error of its fee beside that of the last value (shares).
    """

    blocks: int
    count: int
    within_50: int
    within_90: int
    error: float
    last_value_error: float


def rows(found: Forecast, deadline: int) -> list[tuple[str, ...]]:
    """A row a horizon up to `deadline` blocks, below `HEAD`; what is not known is empty."""
    named = [found.base_fee, found.blob_base_fee, found.congestion]
    by_blocks = [{point.blocks: point for point in points} for points in named]
    ahead = sorted({point.blocks for points in named for point in points if point.blocks <= deadline})
    return [_row(found, blocks, *(points.get(blocks) for points in by_blocks)) for blocks in ahead]


def _row(
    found: Forecast, blocks: int, base: Point | None, blob: Point | None, load: Point | None
) -> tuple[str, ...]:
    sure = "exact" if base is not None and base.exact else ""
    return (
        f"{blocks}",
        duration(blocks * found.spacing_s),
        "" if base is None else gwei(base.middle),
        sure or _span(base, 1, gwei),
        sure or _span(base, 0, gwei),
        "" if base is None or base.cheaper is None else f"{100 * base.cheaper:.0f} %",
        "" if blob is None else f"{blob.middle:,.0f}",
        "" if blob is None else "exact" if blob.exact else _span(blob, 0, "{:,.0f}".format),
        "" if load is None else f"{load.middle:.2f}",
    )


def _span(point: Point | None, edge: int, shown: Callable[[float], str]) -> str:
    """From the quantile at `edge` to the one as far from the other end."""
    return "" if point is None else f"{shown(point.quantiles[edge])} – {shown(point.quantiles[-1 - edge])}"


def sentence(found: Forecast, deadline: int) -> str:
    """When to send within `deadline` blocks, and how sure that is."""
    advice = advised(found.base_fee, deadline)
    if advice is None:
        return "Nobody can say when to send: the blocks seen have no base fee that follows a rule."
    if advice.blocks == 1:
        return f"Send now: no block of the next {deadline} is likely enough to be cheaper by enough."
    return _to_wait(found, advice)


def _to_wait(found: Forecast, advice: Advice) -> str:
    low, high = advice.point.quantiles[0], advice.point.quantiles[-1]
    about, chance = duration(advice.blocks * found.spacing_s), 100 * advice.chance
    return (
        f"Wait {advice.blocks} blocks (about {about}): with a chance of {chance:.0f} in 100 the base fee is "
        f"lower then than in the next, by {100 * advice.saved:.0f} % as it looks now; in 90 of 100 it is "
        f"from {gwei(low)} to {gwei(high)} gwei."
    )


def told(found: Forecast) -> list[str]:
    """What a forecast rests on."""
    seen = f"After block {found.number}, from the {found.seen:,} blocks up to it."
    lines = [seen, f"Base fee: {found.gas.told()}."]
    if found.blob.pairs:
        lines.append(f"Blob base fee: {found.blob.told()}.")
    furthest = max((point.blocks for point in found.congestion), default=0)
    if furthest < MOST_HORIZON:
        lines.append(f"So few blocks allow to look {max(1, furthest)} ahead at the most.")
    return lines


def held(forecasts: Sequence[Forecast], blocks: Sequence[BlockFees]) -> list[Held]:
    """How forecasts of before fared with the blocks that came; those still ahead do not count."""
    came = {block.number: block.base_fee for block in blocks}
    found = []
    for ahead in HELD_AT:
        outcomes = [
            (point, fee, came.get(each.number) or fee)
            for each in forecasts
            for point in each.base_fee
            if point.blocks == ahead and (fee := came.get(each.number + ahead))
        ]
        if outcomes:
            found.append(_held(ahead, outcomes))
    return found


def _held(ahead: int, outcomes: Sequence[tuple[Point, int, int]]) -> Held:
    within = [
        sum(point.quantiles[edge] <= fee <= point.quantiles[-1 - edge] for point, fee, _ in outcomes)
        for edge in (1, 0)
    ]
    error = sum(abs(point.middle / fee - 1) for point, fee, _ in outcomes) / len(outcomes)
    naive = sum(abs(last / fee - 1) for _, fee, last in outcomes) / len(outcomes)
    return Held(ahead, len(outcomes), within[0], within[1], error, naive)


def gwei(wei: float) -> str:
    return f"{wei / GWEI:.4g}"


def duration(seconds: int) -> str:
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds / 60:.0f} min" if seconds < 7_200 else f"{seconds / 3_600:.1f} h"
