"""Ends what is late: one thread for all sockets, as to start one for each question would be felt."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

End = Callable[[], None]


@dataclass(order=True, slots=True)
class _Due:
    until: float
    number: int
    end: End | None = field(compare=False)


class Deadlines:
    """Calls an `end` at its deadline, unless what it would end is done by then."""

    def __init__(self) -> None:
        self._due: list[_Due] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def ending_at(self, until: float, end: End) -> Iterator[None]:
        """Calls `end`, from another thread, at `until` (monotonic seconds) if the block has not ended before:
        never after it. What `end` raises counts for nothing, as what it ends may have ended by itself.
        """
        due = _Due(until, next(self._numbers), end)
        with self._changed:
            heapq.heappush(self._due, due)
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, daemon=True, name="deadlines")
                self._thread.start()
            if self._due[0] is due:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                due.end = None

    def _watch(self) -> None:
        with self._changed:
            while True:
                while self._due and (self._due[0].end is None or self._due[0].until <= time.monotonic()):
                    self._end(heapq.heappop(self._due))
                wait_s = self._due[0].until - time.monotonic() if self._due else None
                self._changed.wait(wait_s)

    def _end(self, due: _Due) -> None:
        """Whatever goes wrong with one, the others still depend on this thread."""
        if due.end is not None:
            with contextlib.suppress(Exception):
                due.end()
