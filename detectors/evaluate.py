"""Holds a book of alerts against labels: what was found, what was missed, which hard negatives were flagged.

The only place in `detectors` that reads labels.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detectors.alert import Alert
from ingest.errors import BadInput

HORIZON_BLOCKS = 50
"""An alert may come this many blocks after the label's last block and still hit it."""
MANY_ATTACKERS = 10
"""An alert that names more attackers than this hits only through its transactions: naming everyone finds
nobody.
"""


ANOMALOUS = ("anomalous-wallet", "anomalous-flow")


@dataclass(frozen=True, slots=True)
class Label:
    """One story of the simulation, or of recorded data: an attack, or a hard negative that looks like one."""

    id: str
    category: str
    kind: str
    first_block: int
    last_block: int
    harm_block: int | None
    transactions: frozenset[str]
    attackers: frozenset[str]
    victims: frozenset[str]
    addresses: frozenset[str]


@dataclass(frozen=True, slots=True)
class Labels:
    """All labels of a chain, and what a wallet without one is ("honest" or "unknown")."""

    chain_id: int
    unlabelled: str
    labels: tuple[Label, ...]


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


def load_labels(path: Path) -> Labels:
    """Reads a labels file (design, section 10). Raises BadInput with the line that cannot be used."""
    lines = _lines(path)
    if not lines:
        raise BadInput(f"{path}: no header line; labels are written by `undertow simulate --labels`")
    number = 0
    try:
        header = json.loads(lines[0])
        labels = []
        for number, line in enumerate(lines[1:], start=1):  # noqa: B007
            labels.append(_label(json.loads(line)))
        return Labels(int(header["chain_id"]), header["unlabelled"], tuple(labels))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{path}, line {number + 1}: no label ({type(error).__name__}: {error})") from error


def load_book(path: Path) -> list[Alert]:
    """Reads a book of alerts, JSON lines. Raises BadInput with the line that cannot be used."""
    alerts = []
    for number, line in enumerate(_lines(path), start=1):
        try:
            alerts.append(Alert.from_json(line))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadInput(f"{path}, line {number}: no alert ({type(error).__name__}: {error})") from error
    return alerts


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error


def _label(plain: Mapping[str, Any]) -> Label:
    roles = [(role["address"].lower(), role["role"]) for role in plain["roles"]]
    return Label(
        id=plain["id"],
        category=plain["category"],
        kind=plain["kind"],
        first_block=int(plain["first_block"]),
        last_block=int(plain["last_block"]),
        harm_block=plain["harm_block"],
        transactions=frozenset(transaction.lower() for transaction in plain["transactions"]),
        attackers=frozenset(address for address, role in roles if role == "attacker"),
        victims=frozenset(address for address, role in roles if role == "victim"),
        addresses=frozenset(address for address, _ in roles),
    )


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


def counts(verdict: Verdict, transactions: int | None) -> dict[str, Any]:
    """The verdict as plain numbers. `transactions`: how many were judged, if known."""
    groups = {
        "found": verdict.found,
        "missed": verdict.missed,
        "hard_negatives_flagged": verdict.flagged_hard_negatives,
    }
    categories = sorted({label.category for group in groups.values() for label in group})
    rate = None if not transactions else round(10_000 * len(verdict.unmatched) / transactions, 2)
    return {
        "categories": {
            category: {
                name: sum(label.category == category for label in group) for name, group in groups.items()
            }
            for category in categories
        },
        "alerts_without_label": len(verdict.unmatched),
        "alerts_without_label_per_10k_transactions": rate,
        "victims_named_attacker": len(verdict.victims_named_attacker),
    }


def table(counted: Mapping[str, Any]) -> list[str]:
    """`counts` as lines for a terminal."""
    lines = [f"{'category':<20}{'found':>7}{'missed':>8}{'hard negatives flagged':>24}"]
    for category, row in counted["categories"].items():
        flagged = row["hard_negatives_flagged"]
        lines.append(f"{category:<20}{row['found']:>7}{row['missed']:>8}{flagged:>24}")
    rate = counted["alerts_without_label_per_10k_transactions"]
    per = "" if rate is None else f", {rate} per 10,000 transactions"
    lines.append(f"{counted['alerts_without_label']} alerts match no label{per}")
    lines.append(f"{counted['victims_named_attacker']} victims called an attacker")
    return lines
