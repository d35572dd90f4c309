"""How often somebody may ask: so many requests a second, and a burst of a few seconds' worth."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

BURST_S = 10.0
MOST_NAMES = 10_000
"""Callers that are remembered; whoever was not seen for longest is forgotten first."""


class Limits:
    """A bucket for each name that fills by `rate` a second. Seconds are of a clock that never goes back."""

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._most = max(1.0, rate * BURST_S)
        self._clock = clock
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, name: str) -> float:
        """0 where one more may be asked now, which then counts; else the seconds until it may."""
        now = self._clock()
        with self._lock:
            left, at = self._left.get(name, (self._most, now))
            left = min(self._most, left + (now - at) * self._rate)
            wait = 0.0 if left >= 1 else (1 - left) / self._rate
            self._left[name] = (left - 1 if left >= 1 else left, now)
            self._left.move_to_end(name)
            if len(self._left) > MOST_NAMES:
                self._left.popitem(last=False)
        return wait
