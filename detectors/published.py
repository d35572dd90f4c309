"""What was published: the last revision of every alert in `fraud.alerts`, and what a rebuilt run changes
about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from detectors.alert import Alert
from ingest.kafka import ALERTS, Cluster, Message, Reader
from ingest.model.errors import UnreadableRecord

POLL_S = 0.5


def last_revisions(bootstrap: str, chain_id: int) -> dict[str, Alert]:
    """Alerts of a chain by id, as last published; everything sent before this call is read.

    Raises UnreadableRecord for a record that is no alert.
    """
    partition = Cluster(bootstrap).partition_of(chain_id)
    alerts: dict[str, Alert] = {}
    with Reader(bootstrap, ALERTS, partition) as reader:
        end = reader.sent()
        while reader.position < end:
            for message in reader.poll(POLL_S):
                if message.value is not None:
                    alert = _alert(message)
                    alerts[alert.id] = alert
    return {alert_id: alert for alert_id, alert in alerts.items() if alert.chain_id == chain_id}


def _alert(message: Message) -> Alert:
    try:
        return Alert.from_json(message.value or b"")
    except (ValueError, KeyError, TypeError) as error:
        place = f"{message.topic}, partition {message.partition}, offset {message.offset}"
        raise UnreadableRecord(
            f"no alert of undertow in {place}: did another program publish to it? Export from the store"
        ) from error


def superseding(published: Mapping[str, Alert], standing: Iterable[Alert], run: str) -> list[Alert]:
    """The revisions that turn `published` into `standing`: what differs anew, what is gone retracted."""
    now = {alert.id: alert for alert in standing}
    changed = [alert for alert_id, alert in now.items() if published.get(alert_id) != alert]
    gone = [
        alert for alert_id, alert in published.items() if alert_id not in now and alert.status != "retracted"
    ]
    reason = f"superseded by run {run}"
    return changed + [replace(alert, status="retracted", retraction_reason=reason) for alert in gone]
