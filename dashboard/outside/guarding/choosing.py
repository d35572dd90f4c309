"""What a policy says to an alert that names a vault as victim. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dashboard.outside.guarding.policy import Policy
from dashboard.store.guard_plans import Judged
from detectors.alerts.alert import SEVERITIES, Alert, status_at

Answer = Literal["act", "wait", "no"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`wait`: it may come to that. `why` in words, for who reads along."""

    answer: Answer
    why: str


def verdict(policy: Policy, alert: Alert, judged: Judged) -> Verdict:
    """Whether a vault is to be paused for it."""
    over = ended(alert)
    if over is not None:
        return Verdict("no", over)
    if alert.category not in policy.categories:
        return Verdict("no", f"{alert.category} is no category of the policy")
    if SEVERITIES.index(alert.severity) < SEVERITIES.index(policy.severity):
        return Verdict("no", f"its severity is {alert.severity}, below {policy.severity}")
    if judged.timestamp is None:
        return Verdict("wait", "the chain has just changed")
    if alert.timestamp < judged.timestamp - policy.max_age:
        return Verdict("no", f"it is older than {policy.max_age} s")
    return _sure_enough(policy, alert, judged)


def _sure_enough(policy: Policy, alert: Alert, judged: Judged) -> Verdict:
    is_final = status_at(alert, judged.head, judged.finality) == "final"
    if policy.when in ("proven", "either") and alert.proven:
        return Verdict("act", "proven")
    if policy.when in ("final", "either") and is_final:
        return Verdict("act", "final")
    return Verdict("wait", f"it is not {'proven or final' if policy.when == 'either' else policy.when}")


def ended(alert: Alert) -> str | None:
    """Why an alert is none any more; None while it stands. One that yields to another of the same attack is
    as true as before, and that other one speaks for it.
    """
    if alert.status == "retracted":
        return f"it was retracted ({alert.retraction_reason})"
    kind = (alert.suppressed_by or {}).get("kind")
    return None if kind is None else f"it was lowered ({kind})"
