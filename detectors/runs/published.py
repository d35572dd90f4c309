"""What was published: the output mark, the last revision of every alert in `fraud.alerts`, and what a rebuilt
run changes about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace

from detectors.alerts.alert import Alert
from detectors.alerts.messages import Note, alert_from, group_of, note_from
from ingest.kafka import ALERTS, BLOCKS, Cluster, Marks, Reader
from ingest.model.errors import UnreadableRecord

POLL_S = 0.5


@dataclass(frozen=True, slots=True)
class OutputMark:
    """The offset in `chain.blocks` below which nothing is sent again, and the text committed with it."""

    chain_id: int
    offset: int
    text: str

    def note(self) -> Note:
        """Raises UnreadableRecord where another program has committed to the detector's group."""
        try:
            return note_from(self.text)
        except UnreadableRecord as error:
            raise UnreadableRecord(
                f"the mark of {group_of(self.chain_id)} carries {error}: another program committed to that "
                "consumer group, so start detect with --rebuild"
            ) from error


@dataclass(slots=True)
class Published:
    """The last revision of each alert by its id, and why other records could not be read, by their offset."""

    alerts: dict[str, Alert] = field(default_factory=dict)
    set_aside: dict[int, str] = field(default_factory=dict)


class OutputMarks:
    """Where detection of a chain stands, asked again and again."""

    def __init__(self, bootstrap: str, chain_id: int, partition: int) -> None:
        self._chain_id = chain_id
        self._marks = Marks(bootstrap, group_of(chain_id), BLOCKS, partition)

    def last(self) -> OutputMark | None:
        """None before its first output."""
        mark = self._marks.last()
        return None if mark is None else OutputMark(self._chain_id, mark.offset, mark.note)

    def close(self) -> None:
        self._marks.close()


def output_mark(bootstrap: str, chain_id: int, partition: int) -> OutputMark | None:
    """Where detection of a chain stands; None before its first output."""
    with closing(OutputMarks(bootstrap, chain_id, partition)) as marks:
        return marks.last()


def last_revisions(bootstrap: str, chain_id: int) -> Published:
    """Alerts of a chain as last published; everything sent before this call is read."""
    partition = Cluster(bootstrap).partition_of(chain_id)
    published = Published()
    with Reader(bootstrap, ALERTS, partition) as reader:
        end = reader.sent()
        while reader.position < end:
            for message in reader.poll(POLL_S):
                if message.value is None:
                    continue
                try:
                    alert = alert_from(message.key, message.value, chain_id)
                    published.alerts[alert.id] = alert
                except UnreadableRecord as error:
                    published.set_aside[message.offset] = str(error)
    return published


def superseding(published: Mapping[str, Alert], standing: Iterable[Alert], run: str) -> list[Alert]:
    """The revisions that turn `published` into `standing`: what differs anew, what is gone retracted."""
    now = {alert.id: alert for alert in standing}
    changed = [alert for alert_id, alert in now.items() if published.get(alert_id) != alert]
    gone = [
        alert for alert_id, alert in published.items() if alert_id not in now and alert.status != "retracted"
    ]
    reason = f"superseded by run {run}"
    return changed + [replace(alert, status="retracted", retraction_reason=reason) for alert in gone]
