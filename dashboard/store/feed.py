"""What the sink hands to the store in one piece."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from detectors.alerts.alert import Alert
from detectors.alerts.messages import ScoreRecord


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that could not be read, set aside so that nothing loops on it."""

    topic: str
    offset: int
    reason: str


@dataclass(frozen=True, slots=True)
class Feed:
    """What was read of one chain since the offsets the store holds, in the order of each topic.

    `revisions` are (Kafka offset, alert); `before` and `after` are the next offsets by topic around it.
    `rebuilding` is the run that judges the log anew meanwhile, None where none does; `run` the one that
    judged what is here, empty where that is not known. `coming` are records of blocks that are filed later,
    after all of their alerts: of them only the time is taken.
    """

    chain_id: int
    revisions: Sequence[tuple[int, Alert]]
    blocks: Sequence[ScoreRecord]
    before: Mapping[str, int]
    after: Mapping[str, int]
    finality: int
    rejected: Sequence[Rejected] = ()
    rebuilding: str | None = None
    coming: Sequence[ScoreRecord] = ()
    run: str = ""
