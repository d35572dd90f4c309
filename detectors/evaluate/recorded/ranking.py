"""Whether graded scores put exploits above ordinary traffic: at which cut, and how many are above it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from detectors.alerts.alert import Alert

GRADED = frozenset(("asset-drain", "flash-loan-attack"))
"""Categories whose scores are compared."""
MOST_PER_10K = 2
"""Ordinary transactions of 10,000 that may stand above the cut."""


def graded(alerts: Iterable[Alert]) -> list[float]:
    """Scores of alerts of these categories, lowered ones too, the highest first."""
    return sorted((alert.score for alert in alerts if alert.category in GRADED), reverse=True)


@dataclass(frozen=True, slots=True)
class Ranking:
    """The best score of each exploit (0 where it has none), and all scores of ordinary transactions."""

    exploits: Sequence[float]
    ordinary: Sequence[float]
    transactions: int

    @property
    def allowed(self) -> int:
        """How many ordinary alerts may stand above the cut."""
        return MOST_PER_10K * self.transactions // 10_000

    @property
    def cut(self) -> float:
        """What is above it counts: the highest ordinary score that may not be there any more."""
        falling = sorted(self.ordinary, reverse=True)
        return falling[self.allowed] if len(falling) > self.allowed else 0.0

    @property
    def above(self) -> int:
        return sum(score > self.cut for score in self.exploits)

    def to_dict(self) -> dict[str, Any]:
        return {
            "exploits": len(self.exploits),
            "above_the_cut": self.above,
            "cut": self.cut,
            "ordinary_transactions": self.transactions,
            "ordinary_scores": sorted(self.ordinary, reverse=True),
            "most_per_10k": MOST_PER_10K,
        }

    def line(self) -> str:
        return (
            f"ranking by {' and '.join(sorted(GRADED))}: {self.above} of {len(self.exploits)} exploits score"
            f" above {self.cut:.3g}, where at most {MOST_PER_10K} of 10,000 ordinary transactions do"
            f" ({len(self.ordinary)} of {self.transactions:,} have a score at all)"
        )
