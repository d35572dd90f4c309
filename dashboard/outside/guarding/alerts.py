"""Alerts as the store holds them, read for acting on: what cannot be read is never acted on."""

from __future__ import annotations

from detectors.alerts.alert import Alert
from detectors.alerts.messages import alert_from, alert_key
from ingest.model.errors import BadInput, UnreadableRecord


def alert_in(record: str, chain_id: int, alert_id: str) -> Alert:
    """Raises BadInput for a row that was written over by hand."""
    try:
        return alert_from(alert_key(chain_id, alert_id), record.encode(errors="replace"), chain_id)
    except (UnreadableRecord, ValueError, TypeError) as error:
        raise BadInput(f"alert {alert_id!a} cannot be read ({error}): the store was edited") from None
