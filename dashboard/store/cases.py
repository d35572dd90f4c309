"""What a case is, and what may become of it: pure rules, without a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType

from dashboard.store.texts import storable
from dashboard.store.values import quoted
from ingest.model.errors import BadInput

CASE_STATUSES = ("new", "open", "closed")
DISPOSITIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "confirmed": ("loss-verified", "victim-reported", "known-attacker", "attempt-without-loss"),
        "dismissed": (
            "authorised-by-owner", "known-service", "ordinary-trading", "test-activity", "wrong-roles",
            "not-reproducible",
        ),
        "inconclusive": ("not-enough-evidence", "outside-our-scope"),
        "duplicate": ("same-transaction", "same-actor"),
    }
)  # fmt: skip
"""What a closed case was found to be, and the codes of why."""


@dataclass(frozen=True, slots=True)
class AlertKey:
    """Which alert a case is about."""

    chain_id: int
    alert_id: str

    def __str__(self) -> str:
        return f"{self.chain_id}:{self.alert_id}"


@dataclass(frozen=True, slots=True)
class Case:
    """What people made of an alert. `revision` is 0 where nobody has touched it; a case is closed when, and
    only when, it has a disposition. Times are seconds UTC.
    """

    alert: AlertKey
    status: str = "new"
    assignee: str | None = None
    disposition: str | None = None
    reason: str | None = None
    revision: int = 0
    changed_at: int | None = None
    changed_by: str | None = None

    def decided(self) -> dict[str, str | None]:
        """What the audit notes before and after a change."""
        kept = asdict(self)
        return {name: kept[name] for name in ("status", "assignee", "disposition", "reason")}


@dataclass(frozen=True, slots=True)
class Change:
    """What a person wants of a case; None leaves a thing as it is. An empty `assignee` is nobody.

    A `disposition` with its `reason` closes the case; another status takes both away again.
    """

    status: str | None = None
    assignee: str | None = None
    disposition: str | None = None
    reason: str | None = None


def changed(case: Case, change: Change) -> Case:
    """`case` as it stands after `change`, of the same revision. Raises BadInput for what no case can be."""
    _check_words(change)
    after = case if change.assignee is None else replace(case, assignee=_named(change.assignee))
    if change.disposition is not None:
        return replace(after, status="closed", disposition=change.disposition, reason=change.reason)
    if change.status in (None, after.status):
        return after
    return replace(after, status=str(change.status), disposition=None, reason=None)


def _named(assignee: str) -> str | None:
    return storable(assignee, "the assignee").strip() or None


def _check_words(change: Change) -> None:
    if change.status is not None and change.status not in CASE_STATUSES:
        raise BadInput(f"no status {quoted(change.status)}: choose {', '.join(CASE_STATUSES)}")
    if change.disposition is None:
        if change.reason is not None:
            raise BadInput("a reason belongs to a disposition: choose one")
        if change.status == "closed":
            raise BadInput("a case is closed by a disposition and its reason: choose them")
        return
    if change.disposition not in DISPOSITIONS:
        raise BadInput(f"no disposition {quoted(change.disposition)}: choose {', '.join(DISPOSITIONS)}")
    if change.status not in (None, "closed"):
        raise BadInput("a disposition closes the case: leave the status as it is")
    codes = DISPOSITIONS[change.disposition]
    if change.reason not in codes:
        raise BadInput(
            f"no reason {quoted(change.reason)} for {change.disposition}: choose {', '.join(codes)}"
        )
