"""The book as a bundle of STIX 2.1: what was seen on which wallets, and indicators of who is accused.

STIX knows no wallet: an extension definition, with its JSON Schema in it, makes one. Every id is made of what
it names, so the same book gives the same bundle, and an alert that is exported again keeps its id.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from dashboard.wording import is_node
from detectors.alerts.alert import ACCUSED, Alert

OF_OBSERVABLES = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
"""By which STIX makes ids of observables of what they are."""
OWN = UUID("5d1a1a0c-6a2e-5b4a-9d0e-2f6d3f7a7a01")
WALLET = "undertow-wallet"
BEGINNING = "2026-01-01T00:00:00.000Z"
WALLET_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": WALLET,
    "type": "object",
    "required": ["type", "spec_version", "id", "chain_id", "address", "extensions"],
    "properties": {
        "type": {"const": WALLET},
        "spec_version": {"const": "2.1"},
        "id": {"type": "string", "pattern": f"^{WALLET}--[0-9a-f-]{{36}}$"},
        "chain_id": {"type": "integer", "minimum": 0},
        "address": {"type": "string", "pattern": "^0x[0-9a-f]{40}$"},
        "extensions": {"type": "object"},
    },
    "additionalProperties": False,
}
IDENTITY = f"identity--{uuid5(OWN, 'identity')}"
EXTENSION = f"extension-definition--{uuid5(OWN, 'extension')}"


def bundle(alerts: Iterable[Alert]) -> str:
    """All of it as text. Retracted alerts are in no book, and so in no bundle."""
    objects = {each["id"]: each for alert in alerts for each in _of_alert(alert)}
    whole = [*_own(), *objects.values()]
    names = "\n".join(each["id"] for each in whole)
    told = {"type": "bundle", "id": f"bundle--{uuid5(OWN, names)}", "objects": whole}
    return json.dumps(told, sort_keys=True, ensure_ascii=True, indent=1) + "\n"


def _own() -> list[dict[str, Any]]:
    identity = {"type": "identity", "id": IDENTITY, "name": "undertow", "identity_class": "system"}
    extension = {
        "type": "extension-definition",
        "id": EXTENSION,
        "name": WALLET,
        "description": "An account of an EVM chain.",
        "schema": json.dumps(WALLET_SCHEMA, sort_keys=True),
        "version": "1.0.0",
        "extension_types": ["new-sco"],
    }
    return [_dated(identity, BEGINNING), _dated(extension, BEGINNING)]


def _of_alert(alert: Alert) -> Iterator[dict[str, Any]]:
    roles = [role for role in alert.roles if not is_node(alert.subject_kind, alert.subject_id, role.address)]
    wallets = {role.address: wallet(alert.chain_id, role.address) for role in roles}
    if not wallets:
        return
    yield from wallets.values()
    at = _time(alert.timestamp)
    seen = {
        "type": "observed-data",
        "id": f"observed-data--{_uuid(alert, 'seen')}",
        "first_observed": at,
        "last_observed": at,
        "number_observed": 1,
        "object_refs": sorted(each["id"] for each in wallets.values()),
    }
    yield _dated(seen, at)
    for address in sorted({role.address for role in roles if role.role in ACCUSED}):
        indicator = _indicator(alert, address, at)
        yield indicator
        based = {
            "type": "relationship",
            "id": f"relationship--{_uuid(alert, f'based {address}')}",
            "relationship_type": "based-on",
            "source_ref": indicator["id"],
            "target_ref": seen["id"],
        }
        yield _dated(based, at)


def wallet(chain_id: int, address: str) -> dict[str, Any]:
    what = json.dumps({"address": address, "chain_id": chain_id}, sort_keys=True, separators=(",", ":"))
    return {
        "type": WALLET,
        "spec_version": "2.1",
        "id": f"{WALLET}--{uuid5(OF_OBSERVABLES, what)}",
        "chain_id": chain_id,
        "address": address,
        "extensions": {EXTENSION: {"extension_type": "new-sco"}},
    }


def _indicator(alert: Alert, address: str, at: str) -> dict[str, Any]:
    pattern = f"[{WALLET}:address = '{address}' AND {WALLET}:chain_id = {alert.chain_id}]"
    told = {
        "type": "indicator",
        "id": f"indicator--{_uuid(alert, address)}",
        "name": f"{alert.category} on chain {alert.chain_id}",
        "description": alert.explanation,
        "indicator_types": ["anomalous-activity" if alert.suppressed_by else "malicious-activity"],
        "pattern": pattern,
        "pattern_type": "stix",
        "valid_from": at,
        "confidence": round(100 * alert.score),
        "labels": [alert.category, f"severity-{alert.severity}"],
        "external_references": [{"source_name": "undertow", "external_id": alert.id}],
    }
    return _dated(told, at)


def _dated(told: dict[str, Any], at: str) -> dict[str, Any]:
    ours = {} if told["type"] == "identity" else {"created_by_ref": IDENTITY}
    return {"spec_version": "2.1", "created": at, "modified": at, **ours, **told}


def _time(seconds: int) -> str:
    """Up to the last second of the year 9999, which is the last that STIX can say."""
    held = min(seconds, 253_402_300_799)
    return datetime.fromtimestamp(held, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _uuid(alert: Alert, what: str) -> UUID:
    return uuid5(OWN, f"{alert.chain_id}:{alert.id}:{what}")
