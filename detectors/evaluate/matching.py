"""Which label an alert is about: who shares what with whom, and a fair choice where an alert has several.

Nothing here compares every alert with every label: labels are found by transaction and by address, and
alerts with the same choices are treated as one group.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

from detectors.alerts.alert import Alert
from detectors.evaluate.categories import OF_SUBJECTS
from detectors.evaluate.labels import Label

MANY_ATTACKERS = 10
"""An alert that names more attackers than this is judged by its transactions alone: naming everyone finds
nobody.
"""

NO_LABEL = -1

Choice = tuple[int, ...]
"""Labels (their places in a list) that an alert could be about, best first."""
Key = tuple[frozenset[str], frozenset[str]]


def attackers_named(alert: Alert) -> frozenset[str]:
    """Every address that the alert calls an attacker, lower-case. What an anomaly is about counts as one, and
    the node that differs: such an alert accuses nobody.
    """
    wanted = ("attacker", "subject") if alert.category in OF_SUBJECTS else ("attacker",)
    return frozenset(role.address.lower() for role in alert.roles if role.role in wanted)


def own_category(label: Label) -> Collection[str]:
    """What a label is found by."""
    return (label.category,)


@dataclass(slots=True)
class Index:
    """Labels by what an alert can share with them: their transactions, and the addresses `of` names.

    `labels` are in time order; the places of labels in it are what is handed out. `named`: the categories
    that a label answers to.
    """

    labels: Sequence[Label]
    of: Callable[[Label], Iterable[str]]
    named: Callable[[Label], Collection[str]] = own_category
    by_transaction: dict[str, list[int]] = field(default_factory=dict)
    by_address: dict[str, list[int]] = field(default_factory=dict)
    known: dict[tuple[Key, str | None], tuple[Choice, list[int]]] = field(default_factory=dict)
    cuts: dict[tuple[int, int], Choice] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for place, label in enumerate(self.labels):
            for transaction in label.transactions:
                self.by_transaction.setdefault(transaction, []).append(place)
            for address in self.of(label):
                self.by_address.setdefault(address, []).append(place)

    def choice(self, alert: Alert, category: str | None, horizon: int | None) -> Choice:
        """Labels of `category` (None: of any) that share a transaction or an attacker with `alert`.

        First those that share most transactions, then most attackers, then the earliest. With a horizon
        only labels whose last block lies at most so many blocks before the alert's. Alerts that share the
        same get the same object.
        """
        named = attackers_named(alert)
        shared = frozenset(t for t in map(str.lower, alert.transactions) if t in self.by_transaction)
        met = frozenset(a for a in named if a in self.by_address) if len(named) <= MANY_ATTACKERS else _NOBODY
        if not shared and not met:
            return ()
        key = ((shared, met), category)
        if key not in self.known:
            ranked = self._ranked(shared, met, category)
            self.known[key] = ranked, sorted(self.labels[place].last_block for place in ranked)
        ranked, ends = self.known[key]
        if horizon is None or not ranked or ends[0] + horizon >= alert.block_number:
            return ranked
        return self._in_time(ranked, ends, alert.block_number - horizon)

    def _ranked(self, shared: frozenset[str], met: frozenset[str], category: str | None) -> Choice:
        transactions = Counter(place for each in shared for place in self.by_transaction[each])
        addresses = Counter(place for each in met for place in self.by_address[each])
        wanted = (
            place
            for place in transactions.keys() | addresses.keys()
            if category is None or category in self.named(self.labels[place])
        )
        return tuple(sorted(wanted, key=lambda place: (-transactions[place], -addresses[place], place)))

    def _in_time(self, ranked: Choice, ends: list[int], earliest: int) -> Choice:
        over = bisect_left(ends, earliest)
        key = (id(ranked), over)
        if key not in self.cuts:
            self.cuts[key] = tuple(place for place in ranked if self.labels[place].last_block >= earliest)
        return self.cuts[key]


_NOBODY: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Group:
    """Alerts with the same choice, and those of them that each label holds, in their order."""

    choice: Choice
    held: dict[int, list[int]]


def assign(choices: Sequence[Choice]) -> list[int]:
    """One label for each alert, so that as many labels as possible have an alert.

    An alert without a choice gets `NO_LABEL`; every other goes to its first choice. Then each label left
    without one, in order, looks for an alert that can be spared: one whose label has another, or whose label
    can be served by another such alert in turn (the shortest chain of such moves, as in Kuhn's matching). So
    the number of labels with an alert is the largest there can be, and alerts leave their first choice for
    that alone.
    """
    groups: dict[int, _Group] = {}
    count: Counter[int] = Counter()
    for alert, choice in enumerate(choices):
        if choice:
            group = groups.setdefault(id(choice), _Group(choice, {}))
            group.held.setdefault(choice[0], []).append(alert)
            count[choice[0]] += 1
    wanted = {label for group in groups.values() for label in group.choice}
    wanting = sorted(label for label in wanted if not count[label])
    helpers = _helpers(groups.values()) if wanting else {}
    lost: set[int] = set()
    for label in wanting:
        _serve(label, helpers, count, lost)
    given = [NO_LABEL] * len(choices)
    for group in groups.values():
        for label, alerts in group.held.items():
            for alert in alerts:
                given[alert] = label
    return given


def _helpers(groups: Iterable[_Group]) -> dict[int, list[_Group]]:
    """For each label the groups of alerts that could serve it; first those to whom it is a better choice."""
    reach: dict[int, list[tuple[int, int, _Group]]] = {}
    for number, group in enumerate(groups):
        for rank, label in enumerate(group.choice):
            reach.setdefault(label, []).append((rank, number, group))
    return {
        label: [group for _, _, group in sorted(found, key=lambda at: at[:2])]
        for label, found in reach.items()
    }


def _serve(label: int, helpers: dict[int, list[_Group]], count: Counter[int], lost: set[int]) -> None:
    """Moves alerts so that `label` has one, where any chain of moves can. `lost`: labels from which no
    chain leads to a spare alert; it grows, and nothing is looked for there again.
    """
    came: dict[int, tuple[int, _Group]] = {}
    seen, queue = {label}, deque([label])
    while queue:
        wanting = queue.popleft()
        for group in helpers.get(wanting, ()):
            for holder in group.held:
                if holder in seen or holder in lost:
                    continue
                came[holder] = wanting, group
                if count[holder] > 1:
                    _move(holder, came, count)
                    return
                seen.add(holder)
                queue.append(holder)
    lost |= seen


def _move(spare: int, came: dict[int, tuple[int, _Group]], count: Counter[int]) -> None:
    """Along the chain, from the label with an alert to spare back to the one without."""
    count[spare] -= 1
    at = spare
    while at in came:
        wanting, group = came[at]
        alerts = group.held[at]
        # The first stays where it can: what a label was found by first is what its lead time is counted from.
        moved = alerts.pop(1 if len(alerts) > 1 else 0)
        if not alerts:
            del group.held[at]
        group.held.setdefault(wanting, []).append(moved)
        at = wanting
    count[at] += 1
