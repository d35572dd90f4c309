"""From findings to alerts: an alert is an episode of (detector, subject) that is revised while it goes on,
and follows the chain.

Every change above the finality depth is journalled, so a reorganisation is undone by putting earlier
revisions back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from detectors.alerts.alert import SEVERITIES, Alert, Evidence, Role
from detectors.alerts.caps import TEXT, WORD, bounded, shortened
from detectors.base import Finding, Row, Tier, hexed
from detectors.engine.settings import EngineSettings
from detectors.engine.tally import Size, Tally
from detectors.parts.ledger import Ledger

K = TypeVar("K")
V = TypeVar("V")
Key = tuple[str, str]
"""Detector and subject (kind:id)."""


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
    """The standing revision of an alert, the block time of its last finding, and how much it has named."""

    alert: Alert
    seen: int
    size: Size


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
    tallies: dict[str, Tally] = field(default_factory=dict)
    """What each episode has named so far, by alert id."""

    def take(self, detector: str, tier: Tier, finding: Finding, place: Place, ledger: Ledger) -> Alert:
        """Opens or revises the finding's episode; returns the new revision."""
        key = (detector, f"{finding.subject_kind}:{hexed(finding.subject)}")
        standing = self.open.get(key)
        goes_on = standing is not None and place.timestamp - standing.seen <= self.settings.quiet_seconds
        old = standing.alert if standing is not None and goes_on else None
        fresh = _opened(detector, tier, finding, place, self.run)
        alert = self._named(old, fresh if old is None else _revised(old, fresh), finding, place, ledger)
        self.journal.append((place.number, key, alert.id, standing, self.alerts.get(alert.id)))
        self.open[key] = Episode(alert, place.timestamp, self.tallies[alert.id].size)
        self.alerts[alert.id] = alert
        return alert

    def _named(
        self, old: Alert | None, alert: Alert, finding: Finding, place: Place, ledger: Ledger
    ) -> Alert:
        """`alert` with all roles and evidence that its episode has named, as far as there is room, and their
        full counts.
        """
        if old is None:
            self.tallies[alert.id] = Tally(self.settings.counted)
        tally, shown = self.tallies[alert.id], old.evidence if old is not None else ()
        room = self.settings.evidence_rows - len(shown)
        fresh = list(tally.add_rows(finding.rows))[:room]
        tally.add_roles(Role(hexed(address), role) for address, role in finding.roles)
        evidence = (*shown, *(_evidence(row, place, ledger) for row in fresh))
        return replace(
            alert,
            evidence=evidence,
            transactions=_unique(row.transaction for row in evidence),
            roles=tally.first_roles(self.settings.roles),
            measured={**alert.measured, **tally.counted(self.settings.roles)},
        )

    def undo(self, number: int, reason: str) -> list[Alert]:
        """Puts everything back as it stood at block `number`: revisions that retract what began above it, and
        older ones again.
        """
        changed: dict[str, Alert | None] = {}
        while self.journal and self.journal[-1][0] > number:
            _, key, alert_id, episode, alert = self.journal.pop()
            _set(self.open, key, episode)
            changed[alert_id] = alert
            if episode is not None and episode.alert.id == alert_id:
                self.tallies[alert_id].truncate(episode.size)
            else:
                del self.tallies[alert_id]
        revisions = []
        for alert_id, alert in sorted(changed.items()):
            standing = self.alerts[alert_id]
            if alert is None:
                revisions.append(replace(standing, status="retracted", retraction_reason=reason))
                del self.alerts[alert_id]
            else:
                revisions.append(self._put(alert))
        return sorted(revisions, key=_order)

    def retract_all(self, reason: str) -> list[Alert]:
        """Revisions that retract every alert kept, which is then forgotten: no block that was read stands."""
        gone = sorted(self.alerts.values(), key=_order)
        self.open, self.alerts, self.journal, self.tallies = {}, {}, [], {}
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
        reachable = [*self.open.values(), *(entry[3] for entry in self.journal if entry[3] is not None)]
        live = {episode.alert.id for episode in reachable} | {entry[2] for entry in self.journal}
        self.tallies = {i: tally for i, tally in self.tallies.items() if i in live}
        if not self.keep_all:
            self.alerts = {i: a for i, a in self.alerts.items() if i in live}

    def at(self, number: int) -> tuple[dict[Key, Episode], dict[str, Alert], dict[str, Tally]]:
        """Open episodes, alerts, and what the episodes had named, as it all stood at block `number` (not
        below the last `forget`).
        """
        episodes, alerts = dict(self.open), dict(self.alerts)
        for block, key, alert_id, episode, alert in reversed(self.journal):
            if block <= number:
                break
            _set(episodes, key, episode)
            _set(alerts, alert_id, alert)
        named = {e.alert.id: self.tallies[e.alert.id].until(e.size) for e in episodes.values()}
        return episodes, alerts, named

    def _put(self, alert: Alert) -> Alert:
        self.alerts[alert.id] = alert
        key = (alert.detector, f"{alert.subject_kind}:{alert.subject_id}")
        episode = self.open.get(key)
        if episode is not None and episode.alert.id == alert.id:
            self.open[key] = replace(episode, alert=alert)
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


def _opened(detector: str, tier: Tier, finding: Finding, place: Place, run: str) -> Alert:
    """What one finding says by itself, without its evidence and roles."""
    subject = hexed(finding.subject)
    return Alert(
        id=alert_id(place.chain_id, detector, f"{finding.subject_kind}:{subject}", finding.transaction),
        chain_id=place.chain_id,
        category=finding.category,
        detector=detector,
        run=run,
        severity=finding.severity,
        score=finding.score,
        p_value=finding.p_value,
        status=None,
        retraction_reason=None,
        block_number=place.number,
        block_hash=hexed(place.hash),
        timestamp=place.timestamp,
        updated_block=place.number,
        transactions=(),
        subject_kind=finding.subject_kind,
        subject_id=subject,
        roles=(),
        evidence=(),
        measured=bounded(finding.measured, first=finding.thresholds),
        thresholds=bounded(finding.thresholds),
        proof=place.proof,
        tier=tier,
        suppressed_by=_shortened(finding.suppressed_by),
        explanation=shortened(finding.explanation, TEXT),
    )


def _shortened(reason: Mapping[str, str] | None) -> dict[str, str] | None:
    return None if reason is None else {part: shortened(text, WORD) for part, text in reason.items()}


def _gravity(alert: Alert) -> tuple[bool, int, float]:
    """What stands outweighs what is suppressed; then severity counts, then the score."""
    return alert.suppressed_by is None, SEVERITIES.index(alert.severity), alert.score


def _revised(old: Alert, new: Alert) -> Alert:
    """The graver of the two findings speaks, alone: its severity, score, numbers, words and suppression. Of
    equals the later one.

    An alert is raised where it first stands unsuppressed: readers take nothing for raised before, so one
    that was suppressed until now gets this block as its own. Its id stays, and a rollback puts its first
    block back.
    """
    speaks = new if _gravity(new) >= _gravity(old) else old
    is_raised_now = old.suppressed_by is not None and new.suppressed_by is None
    raised = new if is_raised_now else old
    return replace(
        speaks,
        id=old.id,
        block_number=raised.block_number,
        block_hash=raised.block_hash,
        timestamp=raised.timestamp,
        proof=raised.proof,
        updated_block=new.updated_block,
    )


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _evidence(row: Row, place: Place, ledger: Ledger) -> Evidence:
    """`row` in the words of the finding's block."""
    token = ledger.token(row.token, place.number) if row.amount is not None else None
    in_log = row.log_index >= 0
    return Evidence(
        transaction=hexed(row.transaction_hash),
        log_index=row.log_index if in_log else None,
        block_number=row.block_number,
        from_address=hexed(row.from_address) if row.from_address is not None else None,
        to_address=hexed(row.to_address) if row.to_address is not None else None,
        token=hexed(row.token) if row.token is not None else None,
        symbol=token.symbol if token else None,
        decimals=token.decimals if token else None,
        amount=str(int.from_bytes(row.amount, "big")) if row.amount is not None else None,
        index_in_log=row.index_in_log if in_log else None,
        trace_index=row.trace_index,
        kind=row.kind,
    )
