"""What became of an alert, revision by revision: raised, changed, lowered, retracted; whether it is final."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard import wording
from dashboard.screens.report.told import because
from dashboard.store import Head, whole
from dashboard.store.revision_reading import Revision
from detectors.alerts.alert import Alert

MOST = 100
"""Revisions that are told, the newest; the API has all."""
Step = tuple[str, str, str, str]
"""What happened, in which block, when (UTC), and the detail."""


def course(alert: Alert, status: str, head: Head | None, revisions: Sequence[Revision] = ()) -> list[Step]:
    """Its revisions, where the store holds them; else what its last one says. Then when it is final."""
    steps = revised(revisions) or _known(alert, status)
    if status == "retracted":
        return steps
    if head is not None and head.fault() is None and whole(alert.block_number) is not None:
        deep = alert.block_number + head.finality
        left = deep - head.block_number
        words = "it stays, unless the chain itself goes back so far" if left <= 0 else f"in {left:,} blocks"
        steps.append(("final" if left <= 0 else "will be final", wording.number(deep), "", words))
    return steps


def _known(alert: Alert, status: str) -> list[Step]:
    raised, changed = alert.block_number, alert.updated_block
    steps = [
        ("raised", wording.number(raised), wording.utc(alert.timestamp), wording.text(alert.detector, 60))
    ]
    if changed != raised:
        steps.append(("last changed", wording.number(changed), "", "more evidence, or another score"))
    if alert.suppressed_by is not None:
        steps.append(("suppressed", "", "", because(alert.suppressed_by)))
    if status == "retracted":
        steps.append(("retracted", "", "", _reason(alert)))
    return steps


def revised(revisions: Sequence[Revision]) -> list[Step]:
    """A step each, oldest first, with what it changed. A row that is no alert is said to be none."""
    steps: list[Step] = []
    before: Alert | None = None
    for each in revisions:
        what, when = wording.cut(each.kind, 24), wording.utc(each.block_time)
        alert = _read(each)
        if alert is None:
            steps.append((what, "", when, "this revision cannot be read"))
        else:
            steps.append((what, wording.number(alert.updated_block), when, _detail(before, alert)))
            before = alert
    return steps


def _read(revision: Revision) -> Alert | None:
    try:
        return Alert.from_json(str(revision.record))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _detail(before: Alert | None, alert: Alert) -> str:
    if alert.status == "retracted":
        return _reason(alert)
    grade = f"{wording.text(alert.severity, 24)}, score {wording.score(alert.score)}"
    if before is None or before.status == "retracted":
        return f"{wording.text(alert.detector, 60)}: {grade}"
    lowered = alert.suppressed_by if alert.suppressed_by != before.suppressed_by else None
    told = [because(lowered)] if lowered is not None else []
    if (alert.severity, alert.score) != (before.severity, before.score):
        told.append(f"{wording.text(before.severity, 24)}, score {wording.score(before.score)} → {grade}")
    for name, now, was in (
        ("rows of evidence", len(alert.evidence), len(before.evidence)),
        ("parts", len(alert.roles), len(before.roles)),
    ):
        if now != was:
            told.append(f"{was:,} → {now:,} {name}")
    return "; ".join(told) or "what was measured"


def _reason(alert: Alert) -> str:
    return wording.text(alert.retraction_reason, 300) or "its block left the chain"
