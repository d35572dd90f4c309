"""From findings to alerts: an alert is an episode of (detector, subject) that is revised while it goes on,
and follows the chain.

Every change above the finality depth is journalled, so a reorganisation is undone by putting earlier
revisions back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from detectors.alert import SEVERITIES, Alert, Evidence, Role, RoleName
from detectors.base import Finding, Row, Tier, hexed
from detectors.ledger import Ledger
from detectors.settings import EngineSettings

K = TypeVar("K")
V = TypeVar("V")
Key = tuple[str, str]
"""Detector and subject (kind:id)."""

_RANK: dict[RoleName, int] = {
    "attacker": 0,
    "victim": 1,
    "intermediary": 2,
    "infrastructure": 3,
    "subject": 4,
}


@dataclass(frozen=True, slots=True)
class Place:
    """The block of a finding, as alerts name it."""

    chain_id: int
    number: int
    hash: bytes
    timestamp: int
    proof: str


@dataclass(frozen=True, slots=True)
class Episode:
    """The standing revision of an alert, and the block time of its last finding."""

    alert: Alert
    seen: int


@dataclass(slots=True)
class Episodes:
    """All episodes that can still change. With `keep_all` (batch), closed final alerts are kept for the book
    as well.
    """

    run: str
    settings: EngineSettings
    keep_all: bool = False
    open: dict[Key, Episode] = field(default_factory=dict)
    alerts: dict[str, Alert] = field(default_factory=dict)
    journal: list[tuple[int, Key, str, Episode | None, Alert | None]] = field(default_factory=list)
    """(block, key, alert id, the key's episode before, the alert's revision before), oldest first."""

    def take(self, detector: str, tier: Tier, finding: Finding, place: Place, ledger: Ledger) -> Alert:
        """Opens or revises the finding's episode; returns the new revision."""
        key = (detector, f"{finding.subject_kind}:{hexed(finding.subject)}")
        episode = self.open.get(key)
        if episode is not None and place.timestamp - episode.seen > self.settings.quiet_seconds:
            episode = None
        fresh = _opened(detector, tier, finding, place, self.run, ledger)
        cap = self.settings.evidence_rows
        alert = _capped(fresh, cap) if episode is None else _revised(episode.alert, fresh, cap)
        self.journal.append((place.number, key, alert.id, self.open.get(key), self.alerts.get(alert.id)))
        self.open[key] = Episode(alert, place.timestamp)
        self.alerts[alert.id] = alert
        return alert

    def finalise(self, head: int) -> list[Alert]:
        """Alerts whose block is now `finality` deep, as final revisions. Not journalled: a final block does
        not come back.
        """
        due = [
            a
            for a in self.alerts.values()
            if a.status == "provisional" and a.block_number + self.settings.finality <= head
        ]
        return [self._put(replace(alert, status="final")) for alert in sorted(due, key=_order)]

    def undo(self, number: int, reason: str) -> list[Alert]:
        """Puts everything back as it stood at block `number`: revisions that retract what began above it, and
        older ones again.
        """
        changed: dict[str, Alert | None] = {}
        while self.journal and self.journal[-1][0] > number:
            _, key, alert_id, episode, alert = self.journal.pop()
            _set(self.open, key, episode)
            changed[alert_id] = alert
        revisions = []
        for alert_id, alert in sorted(changed.items()):
            standing = self.alerts[alert_id]
            if alert is None:
                revisions.append(replace(standing, status="retracted", retraction_reason=reason))
                del self.alerts[alert_id]
            else:
                revisions.append(self._put(replace(alert, status=standing.status)))
        return sorted(revisions, key=_order)

    def retract_all(self, reason: str) -> list[Alert]:
        """Revisions that retract every alert kept, which is then forgotten: no block that was read stands."""
        gone = sorted(self.alerts.values(), key=_order)
        self.open, self.alerts, self.journal = {}, {}, []
        return [replace(alert, status="retracted", retraction_reason=reason) for alert in gone]

    def forget(self, number: int, now: int) -> None:
        """Drops what can no longer change: journal entries up to block `number`, closed episodes and, in a
        stream, their alerts.
        """
        self.journal = [entry for entry in self.journal if entry[0] > number]
        quiet = self.settings.quiet_seconds
        closed = [
            key for key, e in self.open.items() if now - e.seen > quiet and e.alert.updated_block <= number
        ]
        for key in closed:
            del self.open[key]
        if not self.keep_all:
            reachable = [*self.open.values(), *(entry[3] for entry in self.journal if entry[3] is not None)]
            live = {episode.alert.id for episode in reachable} | {entry[2] for entry in self.journal}
            self.alerts = {i: a for i, a in self.alerts.items() if i in live or a.status == "provisional"}

    def at(self, number: int) -> tuple[dict[Key, Episode], dict[str, Alert]]:
        """Open episodes and alerts as they stood at block `number` (not below the last `forget`)."""
        episodes, alerts = dict(self.open), dict(self.alerts)
        for block, key, alert_id, episode, alert in reversed(self.journal):
            if block <= number:
                break
            _set(episodes, key, episode)
            _set(alerts, alert_id, alert)
        return episodes, alerts

    def _put(self, alert: Alert) -> Alert:
        self.alerts[alert.id] = alert
        key = (alert.detector, f"{alert.subject_kind}:{alert.subject_id}")
        episode = self.open.get(key)
        if episode is not None and episode.alert.id == alert.id:
            self.open[key] = Episode(alert, episode.seen)
        return alert


def _set(table: dict[K, V], key: K, value: V | None) -> None:
    if value is None:
        table.pop(key, None)
    else:
        table[key] = value


def _order(alert: Alert) -> tuple[int, str]:
    return alert.block_number, alert.id


def alert_id(chain_id: int, detector: str, subject: str, transaction: bytes) -> str:
    """Names an episode: the hash of what it is about and the transaction that opened it."""
    text = f"{chain_id}|{detector}|{subject}|{hexed(transaction)}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _opened(detector: str, tier: Tier, finding: Finding, place: Place, run: str, ledger: Ledger) -> Alert:
    subject = hexed(finding.subject)
    evidence = tuple(_evidence(row, ledger) for row in finding.rows)
    return Alert(
        id=alert_id(place.chain_id, detector, f"{finding.subject_kind}:{subject}", finding.transaction),
        chain_id=place.chain_id,
        category=finding.category,
        detector=detector,
        run=run,
        severity=finding.severity,
        score=finding.score,
        p_value=finding.p_value,
        status="provisional",
        retraction_reason=None,
        block_number=place.number,
        block_hash=hexed(place.hash),
        timestamp=place.timestamp,
        updated_block=place.number,
        transactions=_unique(hexed(row.transaction_hash) for row in finding.rows),
        subject_kind=finding.subject_kind,
        subject_id=subject,
        roles=_roles([Role(hexed(address), role) for address, role in finding.roles]),
        evidence=evidence,
        measured={**finding.measured, "evidence_rows": len(evidence)},
        thresholds=finding.thresholds,
        proof=place.proof,
        tier=tier,
        suppressed_by=finding.suppressed_by,
        explanation=finding.explanation,
    )


def _capped(alert: Alert, evidence_rows: int) -> Alert:
    """With its first rows of evidence; `measured.evidence_rows` goes on telling how many there were."""
    evidence = alert.evidence[:evidence_rows]
    return replace(alert, evidence=evidence, transactions=_unique(row.transaction for row in evidence))


def _revised(old: Alert, new: Alert, evidence_rows: int) -> Alert:
    """`old` with what `new` adds: its words and numbers, the graver severity, the higher score, all roles and
    evidence.
    """
    known = {(row.transaction, row.log_index) for row in old.evidence}
    added = [row for row in new.evidence if (row.transaction, row.log_index) not in known]
    seen = int(old.measured["evidence_rows"]) + len(added)
    evidence = (*old.evidence, *added)
    whole = replace(
        new,
        id=old.id,
        severity=max(old.severity, new.severity, key=SEVERITIES.index),
        score=max(old.score, new.score),
        status=old.status,
        block_number=old.block_number,
        block_hash=old.block_hash,
        timestamp=old.timestamp,
        proof=old.proof,
        roles=_roles([*old.roles, *new.roles]),
        evidence=evidence,
        suppressed_by=new.suppressed_by if old.suppressed_by is not None else None,
        measured={**new.measured, "evidence_rows": seen},
    )
    return _capped(whole, evidence_rows)


def _roles(roles: Sequence[Role]) -> tuple[Role, ...]:
    """One role an address: whoever attacked once is an attacker, and a victim is never called anything else
    but that.
    """
    best: dict[str, Role] = {}
    for role in roles:
        if role.address not in best or _RANK[role.role] < _RANK[best[role.address].role]:
            best[role.address] = role
    return tuple(sorted(best.values(), key=lambda role: (_RANK[role.role], role.address)))


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _evidence(row: Row, ledger: Ledger) -> Evidence:
    token = ledger.token(row.token) if row.amount is not None else None
    return Evidence(
        transaction=hexed(row.transaction_hash),
        log_index=row.log_index if row.log_index >= 0 else None,
        block_number=row.block_number,
        from_address=hexed(row.from_address) if row.from_address is not None else None,
        to_address=hexed(row.to_address) if row.to_address is not None else None,
        token=hexed(row.token) if row.token is not None else None,
        symbol=token.symbol if token else None,
        decimals=token.decimals if token else None,
        amount=str(int.from_bytes(row.amount, "big")) if row.amount is not None else None,
    )
