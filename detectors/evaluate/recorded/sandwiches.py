"""Sandwiches of one block, as recorded and as alerted: which are the same, and where the two differ."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from detectors.alerts.alert import Alert
from detectors.evaluate.recorded.mev_files import Sandwich
from detectors.evaluate.recorded.report import Case, said
from detectors.evaluate.recorded.trial import attackers, raised

SANDWICH = "sandwich"


@dataclass(slots=True)
class Compared:
    """Recorded sandwiches that an alert names by front and back, alerts that are no recorded sandwich, and
    all differences.
    """

    found: int = 0
    extra: int = 0
    cases: list[Case] = field(default_factory=list)


def compare(
    place: str, recorded: Sequence[Sandwich], alerts: Sequence[Alert], senders: Mapping[str, str]
) -> Compared:
    """`alerts` of one block, of any category; `senders`: who sent each transaction of it.

    An alert is a recorded sandwich where both front and back are among its transactions. One alert may be
    several of them (a bot's episode).
    """
    compared = Compared()
    alerted = [alert for alert in raised(alerts) if alert.category == SANDWICH]
    named = [alert for alert in alerts if alert.category == SANDWICH]
    for sandwich in recorded:
        hits = [alert for alert in alerted if sandwich.ends <= set(alert.transactions)]
        compared.found += bool(hits)
        compared.cases += _differences(place, sandwich, hits, named, senders)
    for alert in alerted:
        same = [sandwich for sandwich in recorded if sandwich.ends <= set(alert.transactions)]
        if not same:
            compared.extra += 1
            compared.cases.append(_only_ours(place, alert))
            continue
        theirs = frozenset().union(*(sandwich.transactions for sandwich in same))
        compared.cases += _also_named(place, alert, theirs, senders)
    return compared


def _differences(
    place: str,
    sandwich: Sandwich,
    hits: Sequence[Alert],
    named: Sequence[Alert],
    senders: Mapping[str, str],
) -> list[Case]:
    """What the alerts on a recorded sandwich leave out, or whom they wrong."""
    parts, by = sandwich.parts(), sandwich.claim
    if not hits:
        near = [alert for alert in named if sandwich.transactions & set(alert.transactions)]
        return [Case("missed", SANDWICH, place, parts, by, said(near))]
    cases = []
    if len(hits) > 1:
        cases.append(Case("disagreement", "one sandwich, several alerts", place, parts, by, said(hits)))
    seen = frozenset(transaction for alert in hits for transaction in alert.transactions)
    left_out = tuple(part for part in parts if part[1] not in seen)
    if left_out:
        claim = f"{by} with these victims too"
        cases.append(Case("disagreement", "victims of a sandwich", place, left_out, claim, said(hits)))
    accused = set().union(*map(attackers, hits))
    victims = tuple(part for part in parts if part[0] == "victim" and senders.get(part[1]) in accused)
    if victims:
        claim = f"{by}, with the senders of these as victims"
        cases.append(Case("disagreement", "a victim is named attacker", place, victims, claim, said(hits)))
    return cases


def _only_ours(place: str, alert: Alert) -> Case:
    transactions = tuple(("named", transaction) for transaction in alert.transactions)
    return Case("extra", SANDWICH, place, transactions, "no sandwich of these", said([alert]))


def _also_named(place: str, alert: Alert, theirs: frozenset[str], here: Collection[str]) -> list[Case]:
    """Of an alert over several blocks only what is `here` differs from what is recorded of this block."""
    more = tuple(("named", each) for each in alert.transactions if each in here and each not in theirs)
    if not more:
        return []
    claim = "a sandwich without these"
    return [Case("disagreement", "transactions of a sandwich", place, more, claim, said([alert]))]
