"""Runs detectors over recorded blocks: the engine of `detect`, with nothing known beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from detectors.alerts.alert import Alert
from detectors.base import Detector, Learns
from detectors.engine.engine import Engine
from detectors.engine.judge import refuse_off
from detectors.evaluate.categories import built
from detectors.evaluate.recorded.blocks import CHAIN_ID
from ingest.model.batch import Batch

EXPLOIT_LIKE = frozenset(
    (
        *("flash-loan-attack", "price-manipulation", "reentrancy"),
        *("asset-drain", "vault-inflation", "governance-attack", "hidden-mint"),
    )
)
"""Categories of which one at least fits an exploit of a protocol."""


def alerts_of(batches: Sequence[Batch], detectors: Sequence[Detector]) -> list[Alert]:
    """What the detectors alert to in consecutive blocks, on fresh state; lowered alerts are among them."""
    engine = Engine(CHAIN_ID, detectors, follows=False, keep_all=True)
    for batch in batches:
        engine.take(batch)
    refuse_off(engine.state.off)
    return sorted(engine.standing(), key=lambda alert: (alert.block_number, alert.id))


def raised(alerts: Iterable[Alert]) -> list[Alert]:
    """Those that count as alerts: a lowered one does not."""
    return [alert for alert in alerts if alert.suppressed_by is None]


def attackers(alert: Alert) -> set[str]:
    return {role.address for role in alert.roles if role.role == "attacker"}


def catches(detectors: Iterable[Detector], categories: Iterable[str]) -> bool:
    """Whether a detector for one of the categories is there."""
    return not built(detectors).isdisjoint(categories)


def learners(detectors: Iterable[Detector]) -> list[str]:
    """Detectors that must have seen a stretch of chain first: short recordings say nothing of them."""
    return [detector.name for detector in detectors if isinstance(detector, Learns)]
