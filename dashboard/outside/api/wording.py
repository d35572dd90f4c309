"""Values of the store as answers: one that does not fit is left out alone, and named."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from dashboard.outside.api import models
from dashboard.outside.api.gate import Refused
from dashboard.store import AlertRow, Case
from dashboard.store.revision_reading import Revision
from dashboard.store.subjects import Score
from dashboard.store.values import cut
from detectors.alerts.alert import Alert
from detectors.alerts.messages import alert_from, alert_key
from ingest.model.errors import UnreadableRecord

HASH_DIGITS = 16


def line(row: AlertRow) -> models.Line | None:
    """None for a row that is none."""
    try:
        return models.Line.model_validate(row)
    except ValidationError:
        return None


def lines(rows: Iterable[AlertRow]) -> list[models.Line]:
    return [found for row in rows if (found := line(row)) is not None]


def parts(rows: Iterable[tuple[str, AlertRow]]) -> list[models.Part]:
    return [models.Part(role=role, alert=found) for role, row in rows if (found := line(row)) is not None]


def alert_of(alert: Alert, status: str | None) -> models.Alert:
    """Raises Refused where the store holds something else in its place."""
    try:
        return models.Alert.model_validate(alert.to_dict() | {"status": status})
    except (ValidationError, ValueError, TypeError) as error:
        raise Refused(500, f"alert {cut(str(alert.id))} cannot be read from the store") from error


def event_id(number: int, digest: str) -> str:
    """Of the stream: a place, and a digest of all that came before it."""
    return f"{number}-{digest[:HASH_DIGITS]}"


def revision(found: Revision) -> models.Revision | None:
    """None for a row that was written over by hand."""
    try:
        key = alert_key(found.chain_id, found.alert_id)
        alert = alert_from(key, found.record.encode(errors="replace"), found.chain_id)
        return models.Revision(
            event=event_id(found.number, found.hash),
            kind=found.kind,  # type: ignore[arg-type]
            filed_at=found.filed_at,
            alert=models.Alert.model_validate(alert.to_dict()),
        )
    except (UnreadableRecord, ValidationError, AttributeError, TypeError):
        return None


def score(found: Score) -> models.Score | None:
    try:
        return models.Score.model_validate(found)
    except ValidationError:
        return None


def case(found: Case) -> models.Case:
    plain: dict[str, Any] = {"chain_id": found.alert.chain_id, "alert_id": found.alert.alert_id}
    for name in ("revision", "changed_at", "changed_by"):
        plain[name] = getattr(found, name)
    try:
        return models.Case.model_validate(plain | found.decided())
    except ValidationError as error:
        raise Refused(500, "the case cannot be read from the store") from error


def event(found: models.Revision) -> str:
    """One event of the stream. JSON has no line break, so that nobody's text can begin another field."""
    told = json.dumps(found.model_dump(), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return f"id: {found.event}\nevent: {found.kind}\ndata: {told}\n\n"
