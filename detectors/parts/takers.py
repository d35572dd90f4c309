"""Who had a part in taking from several owners, and from how many people: a reading of the part `pulls`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

import numpy as np

from detectors.memory.layout import Array
from detectors.parts.contract import Columns
from detectors.parts.lines import some
from detectors.parts.people import People, whole

SITTING_S = 3600
"""What belongs to one taking, so that a split payout is one."""
MOST_GIVERS, MOST_SHARES = 8, 20
"""Of a group: who may have given back, and owners who are asked what they had."""


@dataclass(frozen=True)
class Group:
    """Takings in which one party had a part, newest first, as columns of the history `pulls.taken`: those for
    a third party that the owner did not sign, and that were not given back.
    """

    people: People
    party: int
    taken: Columns
    owners: Sequence[int]

    @cached_property
    def persons(self) -> int:
        """How many people the owners are. It reads what is known of each, so the last question of all."""
        if len(self.owners) < 2:
            return 0
        gang = {int(who) for name in ("receiver", "signer", "spender") for who in self.taken[name]}
        return self.people.persons(self.owners, gang - set(self.owners))

    def is_of(self, block: int) -> bool:
        """Whether any of them happened in a block: where that one was given back, all were told before."""
        return bool((self.taken["block"] == block).any())

    def column(self, name: str) -> list[int]:
        return [int(value) for value in self.taken[name]]

    @property
    def sums(self) -> list[int]:
        """What each took."""
        return whole(self.taken["amount"])

    def share(self) -> float | None:
        """The median part of what owners had that one sitting took; None where it is not known."""
        found = [self._share_of(owner) for owner in self.owners[:MOST_SHARES]]
        known = [share for share in found if share is not None]
        return median(known) if known else None

    def _share_of(self, owner: int) -> float | None:
        taken = self.taken
        mine = (taken["owner"] == owner) & (taken["item"] == 0)
        if not mine.any():
            return None
        newest = int(mine.nonzero()[0][0])
        mine &= taken["asset"] == taken["asset"][newest]
        mine &= taken["time"] + SITTING_S >= taken["time"][newest]
        first, asset = int(taken["number"][mine].min()), int(taken["asset"][newest])
        return self.people.share_taken(owner, asset, first, sum(whole(taken["amount"][mine])))

    def within(self, seconds: int) -> Group:
        """Those of its last seconds, with the same count of people at most."""
        kept = self.taken["time"] + seconds >= self.taken["time"].max(initial=0)
        taken = {name: column[kept] for name, column in self.taken.items()}
        owners = list(dict.fromkeys(taken["owner"].tolist()))
        part = Group(self.people, self.party, taken, owners)
        vars(part)["persons"] = min(self.persons, len(owners))
        return part


def group_of(people: People, party: int, window_s: int, least_owners: int, most_owners: int) -> Group | None:
    """What a party had a part in; None where it took from fewer owners."""
    taken = people.seen.history("pulls.taken").rows(party, people.block)
    if not len(taken["number"]):
        return None
    kept = (taken["role"] != 0) & (taken["third"] != 0) & (taken["own"] == 0)
    kept &= taken["time"] + window_s >= taken["time"][0]
    if len(set(taken["owner"][kept].tolist())) < least_owners:
        return None
    kept &= _not_returned(people, party, taken, kept)
    taken = some(taken, kept)
    owners = list(dict.fromkeys(taken["owner"].tolist()))[:most_owners]
    return Group(people, party, taken, owners) if len(owners) >= least_owners else None


def _not_returned(people: People, party: int, taken: Columns, kept: Array) -> Array:
    """Of which takings less than half was given back."""
    returned: dict[tuple[int, int], int] = {}
    givers = np.array(list(dict.fromkeys([party, *taken["receiver"][kept].tolist()]))[:MOST_GIVERS], np.int64)
    gave = people.seen.history("pulls.back").has(givers, np.full(givers.size, people.block))
    for giver in givers[gave].tolist():
        for key, amount in _given_back(people, giver).items():
            returned[key] = returned.get(key, 0) + amount
    if not returned:
        return np.ones(len(taken["owner"]), np.bool_)
    lost = _sums({name: taken[name][kept] for name in ("owner", "asset", "amount")})
    keys = zip(taken["owner"].tolist(), taken["asset"].tolist(), strict=True)
    return np.array([2 * returned.get(key, 0) < lost.get(key, 0) for key in keys], np.bool_)


def _given_back(people: People, giver: int) -> dict[tuple[int, int], int]:
    """By owner and asset: many groups ask about the same few."""
    back = people.seen.history("pulls.back").rows(giver, people.block)
    place = "given back", giver, int(back["row"][0]), back["row"].size
    return people.seen.once(place, lambda: _sums(back))


def _sums(rows: Columns) -> dict[tuple[int, int], int]:
    """By owner and asset."""
    found: dict[tuple[int, int], int] = {}
    named = zip(rows["owner"].tolist(), rows["asset"].tolist(), whole(rows["amount"]), strict=True)
    for owner, asset, amount in named:
        found[owner, asset] = found.get((owner, asset), 0) + amount
    return found
