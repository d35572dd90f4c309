"""What every detection has to beat: naive answers, through the same engine, episodes and judge.

They are detectors like those of the library, but the registry does not know them. They name no category, so
they are counted generously: an alert of theirs is right about an attack of any category.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from detectors.alerts.alert import Alert
from detectors.base import Detector
from detectors.engine.judge import refuse_off
from detectors.evaluate.baselines.isolation_forest import IsolationForest
from detectors.evaluate.baselines.transactions import Constant, LargeValue, Random
from detectors.evaluate.survey import Survey
from detectors.runs.over_lake import LakeRun
from ingest.lake.reading import Lake
from ingest.machine.progress import Progress

MOST_TRANSACTIONS = 1_000_000
"""A lake with more gets no baselines: the constant keeps an alert of 2 kB for each transaction."""


def baselines(seen: Survey) -> tuple[Detector, ...]:
    """The naive detectors for a lake that was surveyed."""
    naive: list[Any] = [Constant(), Random(), LargeValue(seen.wrapped_ether), IsolationForest(seen)]
    return tuple(naive)


def baseline_books(
    lake: Lake, chain_id: int, seen: Survey, report: Callable[[Progress], None]
) -> dict[str, list[Alert]]:
    """What each baseline alerts on, by its name, over all blocks that the lake holds of a chain."""
    naive = baselines(seen)
    judged = LakeRun(lake, chain_id, naive, allow_gaps=True).run(None, None, report)
    refuse_off(judged.off)
    books: dict[str, list[Alert]] = {detector.name: [] for detector in naive}
    for alert in judged.alerts:
        books[alert.detector].append(alert)
    return books
