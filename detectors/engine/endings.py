"""When episodes end: those whose time is over are found without a look at all that are open, of which there
are tens of thousands where a crime takes months.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


@dataclass(slots=True)
class Endings(Generic[K]):
    """Keys in the order of the block time at which each is to be looked at: one time a key, the last given.
    A key that goes on beyond its time is given another when it comes up, not each time it is put off.
    """

    _waiting: list[tuple[int, K]] = field(default_factory=list)
    _due: dict[K, int] = field(default_factory=dict)

    def __contains__(self, key: K) -> bool:
        return key in self._due

    def expect(self, key: K, time: int) -> None:
        """The key comes up behind a time."""
        if self._due.get(key) != time:
            self._due[key] = time
            heappush(self._waiting, (time, key))

    def drop(self, key: K) -> None:
        """The key does not come up any more."""
        self._due.pop(key, None)

    def before(self, now: int) -> list[K]:
        """The keys whose time lies before `now`; they do not come up again, unless expected again."""
        found = []
        while self._waiting and self._waiting[0][0] < now:
            time, key = heappop(self._waiting)
            if self._due.get(key) == time:
                del self._due[key]
                found.append(key)
        return found
