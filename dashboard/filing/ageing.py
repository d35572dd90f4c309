"""When the sink lets the store age: a slice after each filing while there is something old, else seldom."""

from __future__ import annotations

import time
from collections.abc import Callable

from dashboard.store import Writer

KEPT_SCORES_DAYS = 90
IDLE_S = 60.0
"""How long nothing is looked for after nothing was found."""


class Ageing:
    """Of every chain that is filed; `days` of block time are kept of its scores."""

    def __init__(self, writer: Writer, days: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._writer = writer
        self._days = days
        self._clock = clock
        self._next: dict[int, float] = {}

    def step(self, chain_id: int) -> int:
        """At most one slice; how many rows went."""
        now = self._clock()
        if now < self._next.get(chain_id, 0.0):
            return 0
        gone = self._writer.age(chain_id, self._days)
        self._next[chain_id] = now if gone else now + IDLE_S
        return gone
