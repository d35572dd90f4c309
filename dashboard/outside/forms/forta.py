"""The book as findings in the shape of Forta's alerts, one a line, for who reads those already."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from dashboard.wording import is_node
from detectors.alerts.alert import ACCUSED, Alert, Role

_LATEST = 253_402_300_799


def findings(alerts: Iterable[Alert]) -> str:
    told = (json.dumps(finding(each), sort_keys=True, ensure_ascii=True) for each in alerts)
    return "".join(f"{line}\n" for line in told)


def finding(alert: Alert) -> dict[str, object]:
    """A suppressed alert is information: it accuses nobody, and labels nobody."""
    is_lowered = alert.suppressed_by is not None
    at = datetime.fromtimestamp(min(alert.timestamp, _LATEST), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "name": alert.category,
        "description": alert.explanation,
        "alertId": f"UNDERTOW-{alert.category.upper()}",
        "hash": alert.id,
        "protocol": "ethereum",
        "severity": alert.severity.upper(),
        "findingType": "INFORMATION" if is_lowered else "SUSPICIOUS",
        "createdAt": at,
        "addresses": sorted({role.address for role in _of_addresses(alert)}),
        "labels": [] if is_lowered else _labels(alert),
        "metadata": _texts(alert.measured) | {"status": str(alert.status), "subject": alert.subject_id},
        "source": {
            "bot": {"id": alert.detector, "reference": alert.run},
            "block": {
                "chainId": alert.chain_id,
                "hash": alert.block_hash,
                "number": alert.block_number,
                "timestamp": at,
            },
            "transactionHash": alert.transactions[0] if alert.transactions else None,
        },
    }


def _labels(alert: Alert) -> list[dict[str, object]]:
    return [
        {
            "entity": role.address,
            "entityType": "ADDRESS",
            "label": f"{alert.category}-{role.role}",
            "confidence": alert.score,
            "remove": False,
        }
        for role in sorted(_of_addresses(alert))
        if role.role in ACCUSED
    ]


def _texts(values: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}


def _of_addresses(alert: Alert) -> list[Role]:
    """A node has none."""
    return [each for each in alert.roles if not is_node(alert.subject_kind, alert.subject_id, each.address)]
