"""Which open alerts yield to which: one attack is one alert that stands, however many detectors saw it.

An alert yields to an open one that stands by itself, outranks it (see `detectors.engine.ranks`), and shares a
transaction and an attacker with it; of an anomaly it is enough that its subject has any part in the other.
Nothing else counts, so the same alerts yield whatever came first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from heapq import heappop, heappush

from detectors.alerts.alert import Alert
from detectors.engine.ranks import RANKS, UNNAMED, Ranks
from detectors.engine.tally import Tally

PART_OF = "part-of"
"""The kind of suppression by which an alert yields; its `id` is the alert it yields to."""

Suppression = Mapping[str, str | None]


def own_suppression(alert: Alert) -> Suppression | None:
    """What lowers an alert by itself: an explanation, or that the harm was undone."""
    lowered = alert.suppressed_by
    return None if lowered is None or lowered["kind"] == PART_OF else lowered


class Yielding:
    """Finds, for alerts that changed, what they and those beside them yield to.

    `open_alerts` are those whose episodes go on, by id; `tallies` hold whom each has named; `sharing` gives
    ids of alerts that may share a transaction with one.
    """

    def __init__(
        self,
        open_alerts: Callable[[str], Alert | None],
        tallies: Mapping[str, Tally],
        sharing: Callable[[Alert], Iterable[str]],
        ranks: Ranks = RANKS,
    ) -> None:
        self._open = open_alerts
        self._tallies = tallies
        self._sharing = sharing
        self._ranks = ranks

    def settle(self, changed: Iterable[str], revise: Callable[[Alert, Suppression | None], None]) -> None:
        """Calls `revise` with each alert whose suppression is other now, the highest ranks first: a lesser
        one may hang on it.
        """
        waiting: list[tuple[int, str]] = []
        for each in changed:
            self._push(waiting, each)
            for beside in self._beside(each):
                self._push(waiting, beside)
        settled: set[str] = set()
        while waiting:
            _, name = heappop(waiting)
            alert = self._open(name)
            if name in settled or alert is None:
                continue
            settled.add(name)
            wanted = own_suppression(alert) or self._yields_to(alert)
            if wanted != alert.suppressed_by:
                revise(alert, wanted)
                for beside in self._beside(name):
                    self._push(waiting, beside)

    def _push(self, waiting: list[tuple[int, str]], name: str) -> None:
        alert = self._open(name)
        if alert is not None:
            heappush(waiting, (self._ranks.depth(alert.category), name))

    def _beside(self, name: str) -> list[str]:
        """Open alerts that share a transaction with one, in the order of their ids."""
        alert = self._open(name)
        if alert is None:
            return []
        transactions = set(alert.transactions)
        found = []
        for other in sorted(set(self._sharing(alert)) - {name}):
            beside = self._open(other)
            if beside is not None and transactions.intersection(beside.transactions):
                found.append(other)
        return found

    def _yields_to(self, alert: Alert) -> Suppression | None:
        above = [
            other
            for other in map(self._open, self._beside(alert.id))
            if other is not None
            and other.suppressed_by is None
            and self._ranks.outranks(other.category, alert.category)
            and self._same_attack(alert, other)
        ]
        if not above:
            return None
        first = min(above, key=lambda one: (self._ranks.depth(one.category), one.block_number, one.id))
        return {
            "kind": PART_OF,
            "id": first.id,
            "reason": f"part of the same attack, which the alert of {first.category} says more about",
        }

    def _same_attack(self, alert: Alert, other: Alert) -> bool:
        named = self._tallies[other.id]
        if alert.category in UNNAMED:
            return any(alert.subject_id in addresses for addresses in named.roles.values())
        return not named.of_role("attacker").isdisjoint(self._tallies[alert.id].of_role("attacker"))
