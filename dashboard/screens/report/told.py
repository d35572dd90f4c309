"""What is said of an alert and its case in short lines, on its page and in a report. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping

from dashboard import wording
from dashboard.flow import NATIVE_DECIMALS
from dashboard.store import AuditRow, Case
from detectors.alerts.alert import Alert

LABEL_LENGTH = 24
LONGEST = 140
"""Characters of an identifier: hashes have 66."""


def why(alert: Alert) -> str:
    """As in the queue; the whole addresses stand among the roles."""
    return wording.sentence(alert.explanation, alert.subject_kind, alert.subject_id, 2_000)


def because(suppression: object) -> str:
    """The kind, the reason and the alert that says more, as far as they are there."""
    if not isinstance(suppression, Mapping):
        return wording.text(suppression)
    told = [wording.text(suppression.get(part)) for part in ("kind", "reason")]
    more = wording.text(suppression.get("id"))
    return " · ".join(filter(None, [*told, f"see alert {more}" if more else ""])) or "no reason is given"


def notices(alert: Alert, status: str) -> tuple[str, ...]:
    """What must not be overlooked: that it was taken back, or lowered, and why."""
    found = []
    if status == "retracted":
        reason = wording.text(alert.retraction_reason) or "its block left the chain"
        found.append(f"Retracted: {reason}. It counts as not raised.")
    if alert.suppressed_by is not None:
        found.append(f"Suppressed: {because(alert.suppressed_by)}")
    return tuple(wording.cut(each, 500) for each in found)


def short_facts(alert: Alert) -> list[tuple[str, str]]:
    likely = wording.score(alert.p_value, ".2g")
    return [
        ("Score", wording.score(alert.score) + ("" if alert.p_value is None else f" (p = {likely})")),
        ("Subject", f"{wording.cut(alert.subject_kind, 24)} {wording.short(alert.subject_id)}"),
        *_worth(alert),
        ("Block", wording.number(alert.block_number)),
        ("Block time (UTC)", wording.utc(alert.timestamp)),
        ("Last changed in block", wording.number(alert.updated_block)),
        ("Chain", wording.cut(alert.chain_id, 24)),
        ("Detector", wording.cut(alert.detector, 60)),
        ("Proof of the block", wording.cut(alert.proof, 24)),
        ("Data tier", wording.cut(alert.tier, 24)),
        ("Run digest", wording.short(alert.run)),
    ]


def _worth(alert: Alert) -> list[tuple[str, str]]:
    known = alert.value_wei is not None
    return [("Value in native coin", wording.amount(alert.value_wei, NATIVE_DECIMALS))] if known else []


def long_facts(alert: Alert) -> list[tuple[str, str]]:
    """Identifiers in full."""
    named: list[tuple[str, object]] = [
        ("alert", alert.id),
        (wording.cut(alert.subject_kind, 24), alert.subject_id),
        ("block", alert.block_hash),
        ("run", alert.run),
    ]
    transactions = [("transaction", name) for name in alert.transactions]
    return [(name, wording.cut(value, LONGEST)) for name, value in named + transactions]


def measured(alert: Alert) -> list[tuple[str, str, str, str]]:
    """Measure, value, how it stands to its threshold, threshold; those with one first."""
    values, thresholds = _mapping(alert.measured), _mapping(alert.thresholds)
    return [
        (
            wording.title(name),
            _value(values[name]),
            wording.stands(values[name], thresholds.get(name)),
            _value(thresholds[name]) if name in thresholds else "",
        )
        for name in sorted(values, key=lambda name: (name not in thresholds, str(name)))
    ]


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _value(value: object) -> str:
    return wording.number(value) if isinstance(value, int) else wording.cut(value, 100)


def person(name: object) -> str:
    return wording.cut(name, 60)


def found(case: Case) -> str:
    """The disposition with the code of its reason; empty where there is none."""
    if case.disposition is None:
        return ""
    reason = "" if case.reason is None else f" ({wording.cut(case.reason, 40)})"
    return f"{wording.cut(case.disposition, LABEL_LENGTH)}{reason}"


def case_facts(case: Case) -> list[tuple[str, str]]:
    by = person(case.changed_by)
    changed = f"{wording.utc(case.changed_at)} by {by}" if case.changed_at is not None else "never"
    return [
        ("Status of the case", wording.cut(case.status, LABEL_LENGTH)),
        ("Taken by", person(case.assignee) or "nobody"),
        ("Found to be", found(case) or "not decided"),
        ("Changed (UTC)", changed),
    ]


def deed(row: AuditRow) -> str:
    """`status new → open · assignee – → ann`: what a change of a case changed; else the action."""
    try:
        change = json.loads(row.change)
        before, after = change["before"], change["after"]
    except (ValueError, TypeError, KeyError, RecursionError):
        before, after = None, None
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return wording.cut(row.action, 40)
    steps = [
        f"{name} {_kept(before.get(name))} → {_kept(after.get(name))}"
        for name in ("status", "assignee", "disposition", "reason")
        if after.get(name) != before.get(name)
    ]
    return " · ".join(steps) or wording.cut(row.action, 40)


def _kept(value: object) -> str:
    return "–" if value is None else wording.cut(value, 60)
