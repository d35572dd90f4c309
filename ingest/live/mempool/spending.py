"""Whether what waits is looked at now: it may be left out where blocks cost more than they may."""

from __future__ import annotations

from ingest.model.budget import Budget
from ingest.model.cost import blocks_counted
from ingest.model.health import Vitals


class Spending:
    """Of an `ingest`: its blocks, as `vitals` count them, give the budget. Belongs to one thread."""

    def __init__(self, budget: Budget, vitals: Vitals) -> None:
        self._budget, self._vitals = budget, vitals
        self._blocks = 0
        budget.tell(vitals)

    def allows_a_look(self) -> bool:
        """Asked before the pool is read, which costs too; the answer is told in `vitals`."""
        blocks = blocks_counted(self._vitals.counts())
        self._budget.blocks(blocks - self._blocks)
        self._blocks = blocks
        is_allowed = self._budget.allows("pending")
        self._budget.tell(self._vitals)
        return is_allowed
