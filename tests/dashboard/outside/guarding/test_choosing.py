"""Which alert a policy acts on: those of its categories that stand, are grave, fresh, and proven or final."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dashboard.outside.guarding.choosing import Verdict, ended, verdict
from dashboard.outside.guarding.policy import Policy
from dashboard.store.guard_plans import Judged
from detectors.alerts.alert import Alert
from tests.dashboard.alerts import GENESIS, VAULT, drain

POLICY = Policy(
    chain=31337, contract=VAULT, vaults=(VAULT,), categories=("wallet-drain",), when="proven",
    act="propose", severity="medium", approvers=(), pauses_a_day=1, max_age=600, expires=2**40,
)  # fmt: skip


def at(head: int, finality: int = 10) -> Judged:
    return Judged(head, GENESIS + 12 * head, finality)


def said(alert: Alert, head: int = 101, **policy: object) -> Verdict:
    return verdict(replace(POLICY, **policy), alert, at(head))  # type: ignore[arg-type]


def test_a_proven_alert_is_acted_on_at_once_and_another_waits() -> None:
    assert said(drain(100, proven=True)) == Verdict("act", "proven")
    for unknown in (False, None):
        assert said(drain(100, proven=unknown)).answer == "wait"


def test_final_is_what_lies_deep_enough_whether_proven_or_not() -> None:
    assert said(drain(100), 109, when="final").answer == "wait"
    assert said(drain(100), 110, when="final") == Verdict("act", "final")
    assert said(drain(100, proven=True), 109, when="final").answer == "wait"
    assert said(drain(100, proven=True), 101, when="either").answer == "act"
    assert said(drain(100, proven=False), 110, when="either").answer == "act"


def test_what_was_retracted_or_lowered_is_not_acted_on() -> None:
    gone = drain(100, proven=True, status="retracted", retraction_reason="its block left the chain")
    excused = drain(100, proven=True, suppressed_by={"kind": "arbitrage", "reason": "a cycle", "id": None})
    assert said(gone) == Verdict("no", "it was retracted (its block left the chain)")
    assert said(excused) == Verdict("no", "it was lowered (arbitrage)")
    assert ended(drain(100)) is None


@pytest.mark.parametrize(
    ("alert", "why"),
    [
        (drain(100, proven=True, category="sandwich"), "no category"),
        (drain(100, proven=True, severity="low"), "below medium"),
        (drain(50, proven=True), "older than 600 s"),
    ],
)
def test_what_the_policy_does_not_name_is_left_alone(alert: Alert, why: str) -> None:
    found = said(alert)
    assert found.answer == "no" and why in found.why


def test_right_after_a_rollback_nobody_knows_what_time_it_is() -> None:
    assert verdict(POLICY, drain(100, proven=True), Judged(100, None, 10)).answer == "wait"
