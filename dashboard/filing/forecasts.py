"""Forecasts of fees beside the filing, as far as the budget allows: nothing waits for them."""

from __future__ import annotations

import time
from collections.abc import Callable

from dashboard.store import Writer
from detectors.runs.forecasts.values import WINDOW
from ingest.model.budget import Budget

EVERY_S = 1.0
"""A chain whose blocks come faster gets no more forecasts than this: who catches up files many at once."""


class FeeForecasts:
    """Of every chain that is filed."""

    def __init__(
        self,
        writer: Writer,
        budget: Budget,
        clock: Callable[[], float] = time.monotonic,
        say: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self._writer = writer
        self._budget = budget
        self._clock = clock
        self._say = say
        self._next: dict[int, float] = {}

    def step(self, chain_id: int) -> bool:
        """After blocks were filed: one forecast, where the last is long enough ago; whether one was made."""
        now = self._clock()
        if now < self._next.get(chain_id, 0.0) or not self._budget.allows("forecasts"):
            return False
        self._next[chain_id] = now + EVERY_S
        blocks = self._writer.fees(chain_id, WINDOW)
        if not blocks:
            return False
        from detectors.runs.forecasts.forecast import forecast

        try:
            found = forecast(chain_id, blocks)
        except (ArithmeticError, ValueError) as error:  # also what numpy cannot solve: filing goes on
            self._say(f"sink: chain {chain_id}: no forecast of fees after block {blocks[-1].number}: {error}")
            return False
        self._writer.file_forecast(chain_id, found)
        return True
