"""What the engine says of an event."""

from __future__ import annotations

from dataclasses import dataclass, field

from detectors.alerts.alert import Alert
from detectors.alerts.messages import Fees
from detectors.base import Finding, hexed
from ingest.model.batch import Rollback


@dataclass(frozen=True, slots=True)
class Score:
    """A subject's score at the end of a block, with the detectors it came from."""

    block_number: int
    subject_kind: str
    subject: str
    score: float
    parts: dict[str, float]


@dataclass(slots=True)
class Output:
    """What an event led to: revisions of alerts, scores by block (of each the highest first), and the
    rollback, if it was one.
    """

    alerts: list[Alert] = field(default_factory=list)
    revised: list[str] = field(default_factory=list)
    """Ids of the alerts that the blocks revised, in order, as often as they did."""
    said: int = 0
    """How many of those `alerts` tells of already."""
    scores: list[Score] = field(default_factory=list)
    scores_left_out: dict[int, int] = field(default_factory=dict)
    """How many scores of a block were too many, where some were."""
    blocks: list[tuple[int, bytes, int]] = field(default_factory=list)
    """(number, hash, timestamp) of each block taken."""
    fees: list[Fees] = field(default_factory=list)
    """What each of them used and cost."""
    rollback: Rollback | None = None


def scores_of(findings: list[tuple[str, Finding]], floor: float) -> dict[int, list[Score]]:
    """By block, the highest score of each subject, with what each detector gave; those below the floor are
    left out. The highest come first, of equals by subject.
    """
    parts: dict[tuple[int, str, str], dict[str, float]] = {}
    for name, finding in findings:
        if finding.score >= floor:
            key = (finding.block_number, finding.subject_kind, hexed(finding.subject))
            of_subject = parts.setdefault(key, {})
            of_subject[name] = max(finding.score, of_subject.get(name, 0.0))
    by_block: dict[int, list[Score]] = {}
    for (number, kind, subject), of_subject in sorted(parts.items()):
        score = Score(number, kind, subject, max(of_subject.values()), of_subject)
        by_block.setdefault(number, []).append(score)
    return {number: sorted(scores, key=lambda score: -score.score) for number, scores in by_block.items()}
