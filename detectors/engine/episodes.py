"""From findings to alerts: an alert is an episode of (detector, category, subject) that is revised while it
goes on, and follows the chain.

Every change above the finality depth is journalled, so a reorganisation is undone by putting earlier
revisions back.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from detectors.alerts.alert import Alert, Role
from detectors.base import Finding, Tier, hexed
from detectors.engine.endings import Endings
from detectors.engine.revisions import (
    Place,
    evidence_of,
    opened,
    proved,
    revised,
    shortened_suppression,
    unique,
)
from detectors.engine.settings import EngineSettings
from detectors.engine.tally import Size, Tally
from detectors.engine.yielding import Suppression, Yielding
from detectors.parts.ledger import Ledger
from detectors.parts.lines import BLOCK

K = TypeVar("K")
V = TypeVar("V")
Key = tuple[str, str, str]
"""Detector, category and subject (kind:id)."""


@dataclass(frozen=True, slots=True)
class Episode:
    """The standing revision of an alert, the last second of block time at which a finding still revises it,
    and how much it has named.
    """

    alert: Alert
    until: int
    size: Size


Entry = tuple[int, Key, str, Episode | None, Alert | None]


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
    journal: list[Entry] = field(default_factory=list)
    """(block, key, alert id, the key's episode before, the alert's revision before), oldest first."""
    tallies: dict[str, Tally] = field(default_factory=dict)
    """What each episode has named so far, by alert id."""
    by_transaction: dict[str, set[str]] = field(default_factory=dict)
    """Ids of alerts that show a transaction."""
    endings: Endings[Key] = field(default_factory=Endings)
    """When to look whether an open episode is closed."""
    loose: set[str] = field(default_factory=set)
    """Ids of alerts that may have nothing that holds them any more: no other can."""

    def __post_init__(self) -> None:
        self.loose.update(self.alerts)
        for key, episode in self.open.items():
            self._index(episode.alert)
            self.endings.expect(key, episode.until)

    def take(
        self,
        detector: str,
        tier: Tier,
        finding: Finding,
        place: Place,
        ledger: Ledger,
        quiet: int | None = None,
    ) -> Alert:
        """Opens or revises the finding's episode; returns the new revision. `quiet`: seconds of block time
        without a finding after which the episode closes (None: as the settings say).
        """
        key = key_of(detector, finding)
        standing = self.open.get(key)
        old = standing.alert if standing is not None and place.timestamp <= standing.until else None
        fresh = opened(detector, tier, finding, proved(place, finding, ledger), self.run)
        alert = self._named(old, fresh if old is None else revised(old, fresh), finding, place, ledger)
        until = place.timestamp + (self.settings.quiet_seconds if quiet is None else quiet)
        self._stand(key, place.number, Episode(alert, until, self.tallies[alert.id].size))
        return alert

    def lower(self, detector: str, finding: Finding, place: Place, ledger: Ledger) -> Alert | None:
        """Lowers the open alert of the finding's key, and shows why; None where there is none to lower."""
        key = key_of(detector, finding)
        standing = self.open.get(key)
        if standing is None or place.timestamp > standing.until or finding.lowers is None:
            return None
        kind, reason = finding.lowers
        lowered = replace(
            standing.alert,
            suppressed_by=shortened_suppression({"kind": kind, "reason": reason}),
            updated_block=place.number,
        )
        alert = self._named(standing.alert, lowered, finding, place, ledger)
        self._stand(key, place.number, Episode(alert, standing.until, self.tallies[alert.id].size))
        return alert

    def settle(self, changed: Iterable[str], place: Place) -> list[str]:
        """At a block's end: what changed in it, and what stands beside, yields or stands again. Returns the
        ids of those that are other now.
        """
        others: list[str] = []

        def revise(alert: Alert, suppression: Suppression | None) -> None:
            key = _key(alert)
            after = replace(
                alert, suppressed_by=shortened_suppression(suppression), updated_block=place.number
            )
            self._stand(key, place.number, replace(self.open[key], alert=after))
            others.append(alert.id)

        def open_at(name: str) -> Alert | None:
            alert = self.alerts.get(name)
            episode = None if alert is None else self.open.get(_key(alert))
            goes_on = episode is not None and episode.alert.id == name and place.timestamp <= episode.until
            return alert if goes_on else None

        Yielding(open_at, self.tallies, self._sharing).settle(changed, revise)
        return others

    def _sharing(self, alert: Alert) -> set[str]:
        return {name for each in alert.transactions for name in self.by_transaction.get(each, ())}

    def _index(self, alert: Alert, known: Collection[str] = ()) -> None:
        """`known` are transactions that it showed before."""
        for transaction in set(alert.transactions).difference(known):
            self.by_transaction.setdefault(transaction, set()).add(alert.id)

    def _stand(self, key: Key, number: int, episode: Episode) -> None:
        """`episode` stands from block `number` on; what stood before is journalled."""
        name = episode.alert.id
        before = self.alerts.get(name)
        self.journal.append((number, key, name, self.open.get(key), before))
        self.open[key], self.alerts[name] = episode, episode.alert
        self._index(episode.alert, () if before is None else before.transactions)
        if key not in self.endings:
            self.endings.expect(key, episode.until)

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
        new = tuple(evidence_of(row, place, ledger) for row in fresh)
        named = (row.transaction for row in new if row.kind != BLOCK)
        return replace(
            alert,
            evidence=(*shown, *new),
            transactions=unique((*(old.transactions if old is not None else ()), *named)),
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
            self._expect(key, episode)
            changed[alert_id] = alert
            if episode is not None and episode.alert.id == alert_id:
                self.tallies[alert_id].truncate(episode.size)
            else:
                del self.tallies[alert_id]
        revisions = []
        for alert_id, alert in sorted(changed.items()):
            standing = self.alerts[alert_id]
            self._unindex(standing, () if alert is None else alert.transactions)
            if alert is None:
                revisions.append(replace(standing, status="retracted", retraction_reason=reason))
                del self.alerts[alert_id]
            else:
                revisions.append(self._put(alert))
        return sorted(revisions, key=_order)

    def retract_all(self, reason: str) -> list[Alert]:
        """Revisions that retract every alert kept, which is then forgotten: no block that was read stands."""
        gone = sorted(self.alerts.values(), key=_order)
        self.open, self.alerts, self.journal, self.tallies, self.by_transaction = {}, {}, [], {}, {}
        self.endings, self.loose = Endings(), set()
        return [replace(alert, status="retracted", retraction_reason=reason) for alert in gone]

    def forget(self, number: int, now: int) -> None:
        """Drops what can no longer change: journal entries up to block `number`, closed episodes and, in a
        stream, their alerts. It looks at what may have changed and not at all that is open.
        """
        final = bisect_right(self.journal, number, key=lambda entry: entry[0])
        for entry in self.journal[:final]:
            self.loose |= _named_in(entry)
        del self.journal[:final]
        for key in self.endings.before(now):
            episode = self.open.get(key)
            if episode is not None and now > episode.until and episode.alert.updated_block <= number:
                del self.open[key]
                self.loose.add(episode.alert.id)
            else:
                self._expect(key, episode)
        self._let_go()

    def _let_go(self) -> None:
        """Of loose alerts those that no open episode and no journal entry holds; the others come up again."""
        noted = {name for entry in self.journal for name in _named_in(entry)}
        for alert in (self.alerts[name] for name in self.loose - noted if name in self.alerts):
            episode = self.open.get(_key(alert))
            if episode is None or episode.alert.id != alert.id:
                self.tallies.pop(alert.id, None)
                self._unindex(alert)
                if not self.keep_all:
                    del self.alerts[alert.id]
        self.loose.clear()

    def _expect(self, key: Key, episode: Episode | None) -> None:
        """An episode may be closed behind its time."""
        if episode is None:
            self.endings.drop(key)
        else:
            self.endings.expect(key, episode.until)

    def _unindex(self, alert: Alert, but: Collection[str] = ()) -> None:
        """An alert shows its transactions no more, `but` these."""
        for each in set(alert.transactions).difference(but):
            names = self.by_transaction.get(each, set())
            names.discard(alert.id)
            if not names:
                self.by_transaction.pop(each, None)

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
        key = _key(alert)
        episode = self.open.get(key)
        if episode is not None and episode.alert.id == alert.id:
            self.open[key] = replace(episode, alert=alert)
        return alert


def _named_in(entry: Entry) -> set[str]:
    """Ids of the alert of a journal entry, and of the one whose episode stood before."""
    _, _, name, before, _ = entry
    return {name} if before is None else {name, before.alert.id}


def _set(table: dict[K, V], key: K, value: V | None) -> None:
    if value is None:
        table.pop(key, None)
    else:
        table[key] = value


def _order(alert: Alert) -> tuple[int, str]:
    return alert.block_number, alert.id


def key_of(detector: str, finding: Finding) -> Key:
    return detector, finding.category, f"{finding.subject_kind}:{hexed(finding.subject)}"


def _key(alert: Alert) -> Key:
    return alert.detector, alert.category, f"{alert.subject_kind}:{alert.subject_id}"
