"""Holds alerts against labels: what was found, what was missed, which hard negatives were flagged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from detectors.alert import Alert
from detectors.evaluate.labels import Label, Labels

HORIZON_BLOCKS = 50
"""An alert may come this many blocks after the label's last block and still hit it."""
MANY_ATTACKERS = 10
"""An alert that names more attackers than this hits only through its transactions: naming everyone finds
nobody.
"""


ANOMALOUS = ("anomalous-wallet", "anomalous-flow")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Attacks found and missed, hard negatives flagged, each a label; alerts that hit no label, and
    (alert id, address) for every victim of a label that an alert about it calls an attacker.
    """

    found: tuple[Label, ...]
    missed: tuple[Label, ...]
    flagged_hard_negatives: tuple[Label, ...]
    unmatched: tuple[Alert, ...]
    victims_named_attacker: tuple[tuple[str, str], ...]


def judge(alerts: Iterable[Alert], labels: Labels) -> Verdict:
    """Each alert hits at most one label: of its category, sharing a transaction or an attacker, in time.

    Retracted and suppressed alerts count as not raised. A hard negative is flagged by an alert of its
    category that shares a transaction with it, or calls one of its addresses an attacker.
    """
    raised = [alert for alert in alerts if alert.status != "retracted" and alert.suppressed_by is None]
    attacks = [label for label in labels.labels if label.kind == "attack"]
    negatives = [label for label in labels.labels if label.kind == "hard_negative"]
    found: set[str] = set()
    flagged: set[str] = set()
    unmatched: list[Alert] = []
    wronged: set[tuple[str, str]] = set()
    for alert in sorted(raised, key=lambda a: (a.block_number, a.id)):
        hits = [label for label in attacks if _hits(alert, label)]
        touched = [label for label in negatives if _flags(alert, label)]
        wronged.update((alert.id, victim) for label in hits for victim in label.victims & _named(alert))
        found.update(label.id for label in hits[:1])
        flagged.update(label.id for label in touched if not hits)
        if not hits and not touched and not any(_names(alert, label) for label in attacks):
            unmatched.append(alert)
    return Verdict(
        tuple(label for label in attacks if label.id in found),
        tuple(label for label in attacks if label.id not in found),
        tuple(label for label in negatives if label.id in flagged),
        tuple(unmatched),
        tuple(sorted(wronged)),
    )


def _named(alert: Alert) -> set[str]:
    return {role.address for role in alert.roles if role.role == "attacker"}


def _attackers(alert: Alert) -> set[str]:
    named = _named(alert)
    return named if len(named) <= MANY_ATTACKERS else set()


def _hits(alert: Alert, label: Label) -> bool:
    in_time = (
        label.first_block <= alert.updated_block and alert.block_number <= label.last_block + HORIZON_BLOCKS
    )
    shared = bool(label.transactions.intersection(alert.transactions) or label.attackers & _attackers(alert))
    return alert.category == label.category and in_time and shared


def _names(alert: Alert, label: Label) -> bool:
    """Whether an anomaly without a name is about an attacker of any category."""
    return alert.category in ANOMALOUS and bool(label.attackers & _attackers(alert))


def _flags(alert: Alert, label: Label) -> bool:
    shared = label.transactions.intersection(alert.transactions) or label.addresses & _attackers(alert)
    return alert.category == label.category and bool(shared)
