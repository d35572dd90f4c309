"""What an episode has named so far, each thing once, beyond what its alert has room for: an alert that shows
two hundred rows of evidence tells truly that there were five hundred.

To count distinct things takes remembering them, so counting ends too, at a stated number of each kind; an
alert whose count has ended says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from heapq import nsmallest
from itertools import islice
from typing import TypeVar

from detectors.alerts.alert import Role, RoleName
from detectors.base import Row

T = TypeVar("T")

ROLES: tuple[RoleName, ...] = ("attacker", "victim", "intermediary", "infrastructure", "subject")
"""One role an address, the first of these: whoever attacked once is an attacker, and a victim is never called
anything else but that.
"""
_UP_TO = {role: ROLES[: i + 1] for i, role in enumerate(ROLES)}
DIGEST_BYTES = 16

Size = tuple[int, ...]
"""How many rows, and how many addresses of each role."""


@dataclass(slots=True)
class Tally:
    """Append-only: what an earlier revision had named is the beginning of what this one has, so that going
    back is to cut off the end.
    """

    most: int
    rows: dict[bytes, None] = field(default_factory=dict)
    roles: dict[RoleName, dict[str, None]] = field(default_factory=lambda: {role: {} for role in ROLES})

    def add_rows(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Those not named before, in order. Once counting has ended none is new."""
        for row in rows:
            name = digest(row)
            if name not in self.rows and len(self.rows) < self.most:
                self.rows[name] = None
                yield row

    def add_roles(self, roles: Iterable[Role]) -> None:
        for role in roles:
            known = False
            for each in _UP_TO[role.role]:
                known = known or role.address in self.roles[each]
            if not known and len(self.roles[role.role]) < self.most:
                self.roles[role.role][role.address] = None

    def of_role(self, role: RoleName) -> set[str]:
        """Addresses whose role it is: nobody who was promoted since."""
        found = set(self.roles[role])
        for better in ROLES[: ROLES.index(role)] if found else ():
            found.difference_update(self.roles[better])
        return found

    def first_roles(self, most: int) -> tuple[Role, ...]:
        """By role and address, attackers before victims: at most so many."""
        named: list[Role] = []
        for role in ROLES:
            named += [Role(each, role) for each in nsmallest(most - len(named), self.of_role(role))]
        return tuple(named)

    def counted(self, shown: int) -> dict[str, int]:
        """What an alert that shows so many roles says of all of them, and of all its evidence."""
        by_role = {role: len(self.of_role(role)) for role in ROLES}
        counts = {"evidence_rows": len(self.rows), "roles": sum(by_role.values())}
        if counts["roles"] > shown:
            counts |= {f"roles_{role}": count for role, count in by_role.items()}
        if max(self.size) >= self.most:
            counts["counting_ended_at"] = self.most
        return counts

    @property
    def size(self) -> Size:
        return (len(self.rows), *(len(self.roles[role]) for role in ROLES))

    def until(self, size: Size) -> Tally:
        """A copy as it was at that size."""
        roles = {role: _first(self.roles[role], count) for role, count in zip(ROLES, size[1:], strict=True)}
        return Tally(self.most, _first(self.rows, size[0]), roles)

    def truncate(self, size: Size) -> None:
        """Forgets what was named since it had that size."""
        _cut(self.rows, size[0])
        for role, count in zip(ROLES, size[1:], strict=True):
            _cut(self.roles[role], count)


def digest(row: Row) -> bytes:
    """Names a row of the chain: native value, a log, one movement inside a log, or a call."""
    place = f"{row.log_index}|{row.index_in_log}|{row.trace_index}".encode()
    return hashlib.blake2b(row.transaction_hash + place, digest_size=DIGEST_BYTES).digest()


def _cut(kept: dict[T, None], count: int) -> None:
    while len(kept) > count:
        kept.popitem()


def _first(kept: dict[T, None], count: int) -> dict[T, None]:
    return dict.fromkeys(islice(kept, count))
