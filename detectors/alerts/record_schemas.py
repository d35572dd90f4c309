"""JSON Schemas of the records that others read from Kafka, made of the types by which we read them ourselves.

`python -m detectors.alerts.record_schemas` writes the files of `schemas/` anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from detectors.alerts.messages import ALERT_TYPE, ScoreRecord
from detectors.alerts.pending import PENDING_TYPE
from ingest.model.health import Health

FOLDER = Path(__file__).parent / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
TYPES: dict[str, Any] = {
    "fraud.alerts": ALERT_TYPE,
    "fraud.pending": PENDING_TYPE,
    "fraud.scores": ScoreRecord,
    "undertow.health": Health,
}
"""By topic."""


def schema(topic: str) -> dict[str, Any]:
    """Of the values of a topic; a null value, which compaction leaves behind, is none."""
    made: dict[str, Any] = _standard(msgspec.json.schema(TYPES[topic]))
    return {"$schema": DIALECT, "$id": f"urn:undertow:{topic}", "title": topic, **made}


def _standard(part: Any) -> Any:
    """Patterns as every reader of JSON Schema takes them, and descriptions as one line."""
    if isinstance(part, list):
        return [_standard(each) for each in part]
    if not isinstance(part, dict):
        return part
    told = {name: _standard(value) for name, value in part.items() if name != "discriminator"}
    if isinstance(told.get("pattern"), str):
        told["pattern"] = told["pattern"].replace("\\A", "^").replace("\\Z", "$").replace("\\x00", "\\u0000")
    if isinstance(told.get("description"), str):
        told["description"] = " ".join(told["description"].split())
    return told


def text(topic: str) -> str:
    return json.dumps(schema(topic), sort_keys=True, indent=1) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in TYPES:
        (FOLDER / f"{name}.json").write_text(text(name))
