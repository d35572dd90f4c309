"""The last blocks that were published: enough to tell where a changed chain parts from what is in the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

DEPTH = 1024
"""Blocks kept in memory; where a reorganisation goes deeper, more are read back from the log."""


@dataclass(frozen=True, slots=True)
class Header:
    number: int
    hash: bytes


class Headers:
    """Consecutive headers, the newest last. `from_start`: the oldest one is where the log begins."""

    def __init__(self, headers: Iterable[Header] = (), from_start: bool = True) -> None:
        self._headers = list(headers)
        self.from_start = from_start

    @property
    def head(self) -> Header | None:
        return self._headers[-1] if self._headers else None

    @property
    def oldest(self) -> Header | None:
        return self._headers[0] if self._headers else None

    @property
    def newest(self) -> int:
        """The number of the head; -1 where there is none."""
        return self._headers[-1].number if self._headers else -1

    def hash_of(self, number: int) -> bytes | None:
        """The hash of a block in the log; None where it is not among those kept."""
        if not self._headers:
            return None
        at = number - self._headers[0].number
        return self._headers[at].hash if 0 <= at < len(self._headers) else None

    def extend(self, headers: Iterable[Header]) -> None:
        self._headers.extend(headers)
        if len(self._headers) > 2 * DEPTH:
            del self._headers[:-DEPTH]
            self.from_start = False

    def roll_back(self, to: Header) -> None:
        """Blocks above `to` have left; `to` itself may lie below everything that was kept."""
        self._headers = [header for header in self._headers if header.number < to.number]
        self._headers.append(to)

    def replace_by(self, others: Headers) -> None:
        """Holds what `others` hold: who has a hand on these sees them change."""
        self._headers, self.from_start = list(others), others.from_start

    def __iter__(self) -> Iterator[Header]:
        return iter(self._headers)

    def __len__(self) -> int:
        return len(self._headers)
