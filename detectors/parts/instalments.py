"""What one owner paid one operator, time by time: a reading of the part `pulls`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from detectors.memory.layout import Array
from detectors.parts.contract import Columns
from detectors.parts.lines import some
from detectors.parts.people import People, whole

SITTING_S = 3600
"""What belongs to one payment: a split changes nothing."""


@dataclass(frozen=True, slots=True)
class Instalments:
    """Of one victim to one operator, in one asset, oldest first."""

    victim: int
    operator: int
    asset: int
    amounts: tuple[int, ...]
    times: tuple[int, ...]
    rows: tuple[int, ...]
    receivers: tuple[int, ...]
    grants: tuple[int, ...] = ()

    def sittings(self) -> tuple[list[int], list[int]]:
        """Sums, and when each began."""
        return sittings(self.amounts, self.times)


def sittings(amounts: Sequence[int], times: Sequence[int]) -> tuple[list[int], list[int]]:
    """Sums of what belongs together, and when each began."""
    sums: list[int] = []
    starts: list[int] = []
    for amount, time in zip(amounts, times, strict=True):
        if starts and time - starts[-1] < SITTING_S:
            sums[-1] += amount
        else:
            sums.append(amount)
            starts.append(time)
    return sums, starts


def rises(amounts: Sequence[int], times: Sequence[int], least: int, growth: float, rest_seconds: int) -> bool:
    """Whether so many sittings, over so long, grew to a multiple of the first, three steps of four up."""
    sums, starts = sittings(amounts, times)
    if len(sums) < least or sums[-1] < growth * sums[0] or starts[-1] - starts[0] < rest_seconds:
        return False
    return 4 * sum(later > before for before, later in pairwise(sums)) >= 3 * (len(sums) - 1)


def taken_from(people: People, owner: int, own: bool, window_s: int) -> Columns:
    """What was taken from an owner, or (`own`) what he had a contract take, oldest first; no items."""
    taken = people.seen.history("pulls.taken").rows(owner, people.block)
    kept = (taken["role"] == 0) & (taken["owner"] == owner) & (taken["own"] == own) & (taken["item"] == 0)
    if not own:
        kept &= taken["third"] != 0
    kept &= taken["time"] + window_s >= int(taken["time"].max(initial=0))
    which = np.flatnonzero(kept)[::-1]
    return some(taken, which)


def paid_to(taken: Columns, owner: int, operator: int, least: int = 1) -> Instalments | None:
    """Those by one spender, in the asset of the newest; None for fewer."""
    mine = taken["spender"] == operator
    if np.count_nonzero(mine) < least:
        return None
    asset = int(taken["asset"][mine][-1])
    mine &= taken["asset"] == asset
    return Instalments(
        owner, operator, asset, tuple(whole(taken["amount"][mine])), ints(taken["time"][mine]),
        ints(taken["number"][mine]), ints(taken["receiver"][mine]), ints(taken["grant"][mine]),
    )  # fmt: skip


def ints(column: Array) -> tuple[int, ...]:
    return tuple(int(value) for value in column)
