"""What a message says: facts for programs, and lines for people in which no name from a chain acts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.store.alarms import OVER, Alarm
from dashboard.store.letters import Letter
from detectors.alerts.alert import SEVERITIES, Alert
from detectors.alerts.text import visible

LISTED = 20
"""Alerts that a digest names one by one; the others are counted."""
_LONGEST = 300
_DOT = re.compile(r"(?<=\w)\.(?=[^\W\d_]{2})")
_WORDS = {
    "raised": "new", "risen": "graver", "lowered": "lowered", "retracted": "taken back", "digest": "digest",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Message:
    """`id` is the same however often it is sent. `alerts` are those it tells of; one, but in a digest, and
    none where it tells operators of an `alarm`.

    `is_over`: what it tells of is no danger any more.
    """

    id: str
    kind: str
    alerts: tuple[Alert, ...]
    told_at: int
    alarm: Alarm | None = None

    @property
    def is_over(self) -> bool:
        if self.alarm is not None:
            return self.alarm.kind == OVER
        first = self.alerts[0]
        return self.kind != "digest" and (first.status == "retracted" or first.suppressed_by is not None)

    @property
    def severity(self) -> str:
        if self.alarm is not None:
            return "critical"
        return max((each.severity for each in self.alerts), key=SEVERITIES.index)

    @property
    def thread(self) -> str:
        """The same for all that is told of one alert."""
        if self.alarm is not None:
            return f"undertow-{self.alarm.chain_id}-{self.alarm.key}"
        if self.kind == "digest":
            return f"undertow-digest-{self.id}"
        return f"undertow-{self.alerts[0].chain_id}-{self.alerts[0].id}"

    @property
    def chain_id(self) -> int:
        return self.alerts[0].chain_id if self.alarm is None else self.alarm.chain_id

    @property
    def category(self) -> str:
        return self.alerts[0].category if self.alarm is None else self.alarm.name


def message_of(letter: Letter, alerts: Sequence[Alert]) -> Message:
    return Message(letter.id, letter.kind, tuple(alerts), letter.filed_at)


def message_of_alarm(letter: Letter, alarm: Alarm) -> Message:
    return Message(letter.id, letter.kind, (), letter.filed_at, alarm)


def title(message: Message) -> str:
    """One line."""
    if message.alarm is not None:
        word = "alarm over" if message.is_over else "alarm"
        about = f"{plain(message.alarm.name)} of {plain(message.alarm.about)}"
        return f"undertow: {word}: {about} on chain {message.alarm.chain_id}"
    first = message.alerts[0]
    if message.kind == "digest":
        count = Counter(each.severity for each in message.alerts)
        told = ", ".join(f"{count[name]} {name}" for name in reversed(SEVERITIES) if count[name])
        return f"undertow: {len(message.alerts):,} alerts ({told})"
    word = _WORDS.get(message.kind, "changed")
    return f"undertow: {word}: {plain(first.severity)} {plain(first.category)} on chain {first.chain_id}"


def lines(message: Message) -> list[str]:
    """What a person reads below the title."""
    if message.alarm is not None:
        return [plain(message.alarm.reason)]
    if message.kind == "digest":
        gravest = sorted(message.alerts, key=lambda each: -SEVERITIES.index(each.severity))
        told = [_line(each) for each in gravest[:LISTED]]
        left = len(gravest) - len(told)
        return [*told, *([f"and {left:,} more"] if left else [])]
    first = message.alerts[0]
    return [*_over(first), plain(first.explanation), *_facts(first)]


def _over(alert: Alert) -> list[str]:
    if alert.status == "retracted":
        return [f"It is taken back: {plain(alert.retraction_reason or 'its block left the chain')}."]
    if alert.suppressed_by is not None:
        return [f"It is explained: {plain(str(alert.suppressed_by.get('reason')))}."]
    return []


def _facts(alert: Alert) -> list[str]:
    named = [role for role in alert.roles if role.role in ("attacker", "victim")]
    return [
        f"subject: {plain(alert.subject_kind)} {plain(alert.subject_id)}",
        *(f"{role.role}: {plain(role.address)}" for role in named[:LISTED]),
        f"block {alert.block_number}, alert {plain(alert.id)}",
    ]


def _line(alert: Alert) -> str:
    over = "taken back, " if alert.status == "retracted" else ""
    told = f"{plain(alert.severity)} {plain(alert.category)}: {plain(alert.explanation)}"
    return f"{over}{told} (chain {alert.chain_id}, {plain(alert.id)})"


def plain(text: str) -> str:
    """Text of a stranger as one line that no mail program, chat or browser takes for a link or a mention:
    what is hidden is written out, a dot before letters is put in brackets, and so is what begins an address.
    """
    told = visible(text[:_LONGEST] + ("…" if len(text) > _LONGEST else ""))
    return _DOT.sub("[.]", told.replace("://", "[:]//").replace("@", "[@]"))


def facts(message: Message) -> dict[str, object]:
    """For programs."""
    told: dict[str, object] = {
        "version": 1,
        "id": message.id,
        "kind": message.kind,
        "severity": message.severity,
        "summary": title(message),
        "count": len(message.alerts),
    }
    if message.alarm is not None:
        names = ("chain_id", "name", "about", "kind", "at", "reason")
        said = {name: getattr(message.alarm, name) for name in names}
        return told | {"over": message.is_over, "alarm": said}
    if message.kind != "digest":
        return told | {"over": message.is_over, "alert": message.alerts[0].to_dict()}
    shown = ("chain_id", "id", "category", "severity", "status", "block_number")
    short = [{name: getattr(each, name) for name in shown} for each in message.alerts[:1_000]]
    return told | {"alerts": short}
