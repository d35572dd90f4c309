"""Holds alerts against labels: which attacks were found, what was flagged wrongly, who was misnamed.

The rules, in short (`detectors/README.md` has all): an alert hits a label of its own category that shares a
transaction or an attacker with it, if it was raised no later than the label's last block and the horizon. It
hits one label. Naming a victim is no hit. Retracted and suppressed alerts count as not raised; one that
yielded to an alert that says more about the same attack still finds what it is about, and is never false. A
further category that is true of a story (`also`) may be said of it: that counts neither way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from detectors.alerts.alert import Alert, RoleName
from detectors.engine.yielding import PART_OF
from detectors.evaluate.categories import ANOMALOUS, ANY
from detectors.evaluate.labels import Label, Labels
from detectors.evaluate.matching import NO_LABEL, Index, assign
from ingest.model.errors import BadInput

HORIZON_BLOCKS = 50
"""An alert may come this many blocks after the label's last block and still hit it."""


@dataclass(frozen=True, slots=True, order=True)
class Misnamed:
    """An address that a label gives the part `labelled` and an alert calls `called`."""

    alert: str
    address: str
    labelled: RoleName
    called: RoleName


@dataclass(frozen=True, slots=True)
class Hit:
    """A raised or yielded alert and the one label that it is about. Only an alert of the label's category
    finds it.
    """

    alert: Alert
    label: Label

    @property
    def finds(self) -> bool:
        return self.alert.category in (self.label.category, ANY)

    @property
    def is_raised(self) -> bool:
        """Whether it stands, and has not yielded."""
        return self.alert.suppressed_by is None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a book is worth against labels. Alerts are in order of (block, id), labels in time order.

    suppressed: those for another reason than that they yielded. hits: of raised and yielded alerts.
    found, missed: attacks. silenced: missed ones that a suppressed alert is about. also: raised alerts that
    hit nothing and say something else that is true of a story. flagged_hard_negatives: by alerts of their
    category that hit no attack. flags: alerts that hit no attack and are about a hard negative. unmatched:
    raised alerts that are about neither; elsewhere: those of them that are about an attack of another
    category. misnamed: see `Misnamed`. duplicates: (id of the first alert, id of one that says it again).
    """

    labels: Labels
    raised: tuple[Alert, ...]
    retracted: int
    suppressed: int
    yielded: tuple[Alert, ...]
    hits: tuple[Hit, ...]
    also: tuple[Hit, ...]
    found: tuple[Label, ...]
    missed: tuple[Label, ...]
    silenced: tuple[Label, ...]
    flagged_hard_negatives: tuple[Label, ...]
    flags: tuple[Alert, ...]
    unmatched: tuple[Alert, ...]
    elsewhere: tuple[Alert, ...]
    misnamed: tuple[Misnamed, ...]
    duplicates: tuple[tuple[str, str], ...]

    @property
    def victims_named_attacker(self) -> tuple[tuple[str, str], ...]:
        """(alert id, address) for every labelled victim that a raised alert calls an attacker."""
        called = [m for m in self.misnamed if (m.labelled, m.called) == ("victim", "attacker")]
        return tuple((m.alert, m.address) for m in called)


def judge(alerts: Iterable[Alert], labels: Labels) -> Verdict:
    """Gives each raised or yielded alert at most one label (see `matching.assign`), and says what is wrong.

    An alert of an anomaly category names no pattern: it is judged against attacks of its own category first,
    and where it touches none of them, against all others: it is right about one of those, but does not find
    it. An alert of the category "any" (a baseline) is of every category. A hard negative is flagged by an
    alert that shares a transaction with it or calls one of its addresses an attacker, at any time. Of an id
    that comes twice the later one is judged. What is said of a canary is not looked at: it counts neither
    way. Raises BadInput where an alert is about another chain.
    """
    canaries = labels.of_canaries
    counted = (alert for alert in alerts if not _touches(alert, canaries))
    book, again = _last_of_each_id(counted, labels.chain_id)
    standing = [alert for alert in book if alert.status != "retracted"]
    raised = [alert for alert in standing if alert.suppressed_by is None]
    yielded = [alert for alert in standing if _has_yielded(alert)]
    lowered = [alert for alert in standing if alert.suppressed_by is not None and not _has_yielded(alert)]
    index = Index(labels.attacks, lambda label: label.wanted)
    hits = _hits([alert for alert in standing if alert.suppressed_by is None or _has_yielded(alert)], index)
    found = {each.label.id for each in hits if each.finds}
    silent = {place for alert in lowered for place in index.choice(alert, _of(alert), HORIZON_BLOCKS)}
    hitting = {hit.alert.id for hit in hits}
    also = _also([alert for alert in raised if alert.id not in hitting], labels)
    besides = hitting | {each.alert.id for each in also}
    others = [alert for alert in raised if alert.id not in besides]
    flags, flagged = _flags(others, labels.hard_negatives)
    unmatched = [alert for alert in others if alert.id not in flags]
    told = {each.alert.id: each.label for each in hits} | flags
    named = [alert for alert in standing if alert.suppressed_by is None or alert.id in hitting]
    return Verdict(
        labels=labels,
        raised=tuple(raised),
        retracted=len(book) - len(standing),
        suppressed=len(lowered),
        yielded=tuple(yielded),
        hits=hits,
        also=also,
        found=tuple(label for label in labels.attacks if label.id in found),
        missed=tuple(label for label in labels.attacks if label.id not in found),
        silenced=tuple(index.labels[n] for n in sorted(silent) if index.labels[n].id not in found),
        flagged_hard_negatives=tuple(label for label in labels.hard_negatives if label.id in flagged),
        flags=tuple(alert for alert in others if alert.id in flags),
        unmatched=tuple(unmatched),
        elsewhere=tuple(alert for alert in unmatched if index.choice(alert, None, HORIZON_BLOCKS)),
        misnamed=tuple(_misnamed(named, told, labels)),
        duplicates=(*again, *_said_again([*(hit for hit in hits if hit.is_raised), *also])),
    )


def _last_of_each_id(alerts: Iterable[Alert], chain_id: int) -> tuple[list[Alert], list[tuple[str, str]]]:
    """The last alert of each id by (block, id), and (id, id) for every one before it."""
    last: dict[str, Alert] = {}
    again = []
    for alert in alerts:
        if alert.chain_id != chain_id:
            raise BadInput(
                f"alert {alert.id} is about chain {alert.chain_id} and the labels about chain {chain_id}: "
                "give the book and the labels of one chain"
            )
        if alert.id in last:
            again.append((alert.id, alert.id))
        last[alert.id] = alert
    return sorted(last.values(), key=lambda alert: (alert.block_number, alert.id)), again


def _touches(alert: Alert, names: frozenset[str]) -> bool:
    """Whether an alert names one of these addresses, or rests on one of these transactions."""
    told = {*alert.transactions, *(each.address for each in alert.roles)}
    return not names.isdisjoint(told)


def _of(alert: Alert) -> str | None:
    """The category that a label must have to be found by `alert`; None where any will do."""
    return None if alert.category == ANY else alert.category


def _has_yielded(alert: Alert) -> bool:
    return alert.suppressed_by is not None and alert.suppressed_by.get("kind") == PART_OF


def _hits(alerts: Sequence[Alert], index: Index) -> tuple[Hit, ...]:
    """Which label each of `alerts` hits, of those that hit one."""
    given = assign([index.choice(alert, _of(alert), HORIZON_BLOCKS) for alert in alerts])
    nameless = [n for n, alert in enumerate(alerts) if given[n] == NO_LABEL and alert.category in ANOMALOUS]
    touched = assign([index.choice(alerts[n], None, HORIZON_BLOCKS) for n in nameless])
    for n, place in zip(nameless, touched, strict=True):
        given[n] = place
    pairs = zip(alerts, given, strict=True)
    return tuple(Hit(alert, index.labels[place]) for alert, place in pairs if place != NO_LABEL)


def _also(alerts: Iterable[Alert], labels: Labels) -> tuple[Hit, ...]:
    """Those of `alerts` that say something else which is true of a story they touch, in time."""
    stories = sorted(labels.labels, key=lambda label: (label.first_block, label.id))
    index = Index(stories, parties, lambda label: label.also)
    choices = ((alert, index.choice(alert, alert.category, HORIZON_BLOCKS)) for alert in alerts)
    return tuple(Hit(alert, stories[choice[0]]) for alert, choice in choices if choice)


def parties(label: Label) -> Collection[str]:
    """Whom an alert must name to touch a story: of one without attackers, anybody in it."""
    return label.wanted if label.kind == "attack" else label.addresses


def _flags(alerts: Sequence[Alert], negatives: Sequence[Label]) -> tuple[dict[str, Label], set[str]]:
    """For each alert (by id) that is about a hard negative, the one it shares most with; and the ids of all
    hard negatives that alerts of their category flag.
    """
    index = Index(negatives, lambda label: label.addresses)
    flags: dict[str, Label] = {}
    flagged: set[str] = set()
    done: set[tuple[int, str]] = set()
    for alert in alerts:
        choice = index.choice(alert, None if alert.category in ANOMALOUS else _of(alert), horizon=None)
        if choice:
            flags[alert.id] = negatives[choice[0]]
        if (id(choice), alert.category) not in done:
            done.add((id(choice), alert.category))
            own = (negatives[place] for place in choice)
            flagged.update(label.id for label in own if alert.category in (label.category, ANY))
    return flags, flagged


def _misnamed(raised: Iterable[Alert], told: Mapping[str, Label], labels: Labels) -> Iterable[Misnamed]:
    """Addresses called what they are not: by the label that the alert is about; and where that does not know
    the address, victims and infrastructure of any label that are called attackers, though no label does.
    """
    innocent = _innocent(labels)
    for alert in raised:
        label = told.get(alert.id)
        for role in alert.roles:
            address = role.address.lower()
            parts = label.roles_of(address) if label is not None else frozenset()
            if not parts and role.role == "attacker" and address in innocent:
                yield Misnamed(alert.id, address, innocent[address], role.role)
            elif parts and role.role not in parts and role.role != "subject":
                yield Misnamed(alert.id, address, min(parts, key=_GRAVEST.index), role.role)


_GRAVEST: tuple[RoleName, ...] = ("victim", "infrastructure", "intermediary", "attacker", "subject")
"""Of an address with several parts, the one that it is worst to get wrong."""


def _innocent(labels: Labels) -> dict[str, RoleName]:
    """Victims and infrastructure of all labels that attack in none."""
    parts: dict[str, RoleName] = {}
    for label in labels.labels:
        parts.update(dict.fromkeys(label.infrastructure, "infrastructure"))
    for label in labels.labels:
        parts.update(dict.fromkeys(label.victims, "victim"))
    attackers = frozenset(address for label in labels.labels for address in label.attackers)
    return {address: role for address, role in parts.items() if address not in attackers}


def _said_again(hits: Iterable[Hit]) -> Iterable[tuple[str, str]]:
    """Two alerts of one detector about one subject that hit the same label."""
    first: dict[tuple[str, str, str, str], str] = {}
    for hit in hits:
        alert = hit.alert
        key = (alert.detector, alert.subject_kind, alert.subject_id, hit.label.id)
        if first.setdefault(key, alert.id) != alert.id:
            yield first[key], alert.id
