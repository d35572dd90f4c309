"""Reads the values of `fraud.alerts` and `fraud.scores`: what detection said, as the store wants it."""

from __future__ import annotations

import json
from typing import Any

from dashboard.store import ScoreBlock, Tip
from detectors.alert import Alert
from ingest.model.errors import UnreadableRecord


def alert_from(value: bytes | None) -> Alert:
    """One revision of an alert. Raises UnreadableRecord."""
    try:
        return Alert.from_dict(_object(value))
    except (KeyError, TypeError) as error:
        raise UnreadableRecord(f"not an alert: {_reason(error)}") from error


def scores_from(value: bytes | None) -> ScoreBlock | Tip:
    """The scores of one block, or a rollback. Raises UnreadableRecord."""
    plain = _object(value)
    try:
        number, block_hash = int(plain["block_number"]), str(plain["block_hash"])
        if plain["kind"] == "rollback":
            return Tip(number, block_hash)
        if plain["kind"] == "scores":
            rows = tuple(_score(row) for row in plain["scores"])
            return ScoreBlock(number, block_hash, int(plain["timestamp"]), rows)
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableRecord(f"not a record of scores: {_reason(error)}") from error
    raise UnreadableRecord(f"a record of scores of unknown kind {plain['kind']!r}")


def _score(row: dict[str, Any]) -> tuple[str, str, float, dict[str, Any]]:
    return str(row["subject_kind"]), str(row["subject"]), float(row["score"]), dict(row["parts"])


def _object(value: bytes | None) -> dict[str, Any]:
    try:
        plain = json.loads(value or b"")
    except ValueError as error:
        raise UnreadableRecord(f"not JSON: {error}") from error
    if not isinstance(plain, dict):
        raise UnreadableRecord(f"not a JSON object but {type(plain).__name__}")
    return plain


def _reason(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)
