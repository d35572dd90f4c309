"""Alerts as the store holds them, read for acting on: what cannot be read is never acted on."""

from __future__ import annotations

import json

from detectors.alerts.alert import Alert
from detectors.alerts.messages import alert_from, alert_key
from ingest.model.errors import BadInput, UnreadableRecord


def alert_in(record: str, alert_id: str) -> Alert:
    """Raises BadInput for a row that was written over by hand."""
    try:
        chain = int(json.loads(record)["chain_id"])
        return alert_from(alert_key(chain, alert_id), record.encode(errors="replace"), chain)
    except (UnreadableRecord, ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadInput(f"alert {alert_id!a} cannot be read ({error}): the store was edited") from None
