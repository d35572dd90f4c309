"""Which category says more about one attack than another: the alert of the lesser yields to that of the
greater.

A partial order: categories of which neither outranks the other stand side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

Pairs = Sequence[tuple[Sequence[str], Sequence[str]]]

STATED: Pairs = (
    (("governance-attack", "reentrancy", "vault-inflation"), ("flash-loan-attack",)),
    (("flash-loan-attack", "rug-pull", "sandwich"), ("price-manipulation",)),
    (("price-manipulation", "hidden-mint", "rug-pull"), ("asset-drain",)),
    (("price-manipulation",), ("pump-and-dump",)),
    (("bridge-mismatch",), ("asset-drain", "hidden-mint")),
    (("pig-butchering",), ("approval-phishing",)),
    (("approval-phishing",), ("wallet-drain",)),
    (("wallet-drain",), ("asset-drain",)),
    (("honeypot", "pump-and-dump", "rug-pull"), ("wash-trading",)),
    (("pump-and-dump", "wash-trading"), ("sybil-cluster",)),
    (("cycle-laundering", "sybil-cluster", "sanctioned-exposure", "mixer-flow"), ("layering",)),
    (("suspicious-contract",), ("layering",)),
    (("address-poisoning",), ("spam-token",)),
)
"""Each of the first outranks each of the second. What has a name outranks every anomaly beside. Of money that
is handed on, what it was for says more.
"""

UNNAMED = ("anomalous-wallet", "anomalous-flow")
BESIDE = ("analyst-rule",)
"""What lowers nothing, and yields to nothing: who wrote a rule wants to see what meets it."""


class Ranks:
    """The order over categories that follows from stated pairs. Raises ValueError where they go in a circle,
    or put an anomaly above something.
    """

    def __init__(self, stated: Pairs = STATED) -> None:
        below: dict[str, set[str]] = {}
        for greater, lesser in stated:
            for each in greater:
                below.setdefault(each, set()).update(lesser)
        if any(anomaly in below for anomaly in UNNAMED):
            raise ValueError("an anomaly outranks nothing")
        self._below = {category: _reached(category, below, ()) for category in below}
        self._depth: dict[str, int] = {}

    def outranks(self, greater: str, lesser: str) -> bool:
        """Whether an alert of `lesser` yields to one of `greater` about the same attack."""
        if lesser in UNNAMED:
            return greater not in (*UNNAMED, *BESIDE)
        return lesser in self._below.get(greater, ())

    def depth(self, category: str) -> int:
        """How many categories stand above it at most: whatever outranks a category has a lesser depth."""
        if category in UNNAMED:
            return len(self._below) + 1
        if category not in self._depth:
            above = [each for each in self._below if category in self._below[each]]
            self._depth[category] = 1 + max((self.depth(each) for each in above), default=-1)
        return self._depth[category]


def _reached(category: str, below: Mapping[str, Iterable[str]], path: tuple[str, ...]) -> frozenset[str]:
    """All categories below one, near and far."""
    if category in path:
        raise ValueError(f"ranks go in a circle: {' > '.join((*path, category))}")
    found: set[str] = set()
    for each in below.get(category, ()):
        found |= {each, *_reached(each, below, (*path, category))}
    return frozenset(found)


RANKS = Ranks()
