"""Slows down who tries passwords: after some wrong ones in a row each next try has to wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

FREE_TRIES = 5
"""Wrong passwords in a row before anybody waits: people mistype."""
LONGEST_WAIT_S = 60.0
"""Who knows a name can keep its owner out by trying: this long after they stop."""


@dataclass(slots=True)
class _Row:
    wrong: int = 0
    free_at: float = 0.0


class Tries:
    """Wrong passwords in a row by name; names that nobody has count as one. Seconds are of a clock that never
    goes back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._rows: dict[str, _Row] = {}

    def wait_s(self, name: str) -> float:
        """Seconds until the next try of this name; 0 where it may be made now."""
        row = self._rows.get(name, _Row())
        return max(0.0, row.free_at - self._clock())

    def wrong(self, name: str) -> None:
        row = self._rows.setdefault(name, _Row())
        row.wrong += 1
        if row.wrong >= FREE_TRIES:
            row.free_at = self._clock() + min(2.0 ** min(row.wrong - FREE_TRIES, 30), LONGEST_WAIT_S)

    def right(self, name: str) -> None:
        self._rows.pop(name, None)
