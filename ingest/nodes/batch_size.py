"""How many calls one node takes in one request: found out by asking."""

from __future__ import annotations

import threading

_MOST_CALLS = 1000
_GROW_AFTER = 32
"""Batches that must go through before a node that had too much is asked for twice as much again."""


class BatchSize:
    """How many calls a node is asked at once: halved where that was too much, or took too long.

    It grows again after many batches, for the next blocks may be smaller; later each time where it was
    refused, so that a node that takes no batches at all is practically never offered one again.
    """

    def __init__(self) -> None:
        self.size = _MOST_CALLS
        self._grow_after = _GROW_AFTER
        self._through = 0
        self._lock = threading.Lock()

    def halve(self, tried: int, for_long: bool = True) -> None:
        with self._lock:
            self.size = max(1, min(self.size, tried // 2))
            self._grow_after, self._through = (4 if for_long else 1) * self._grow_after, 0

    def went_through(self, tried: int) -> None:
        with self._lock:
            self._through += tried >= self.size
            if self._through >= self._grow_after:
                self.size, self._through = min(_MOST_CALLS, 2 * self.size), 0

    def was_not_to_blame(self, size_before: int) -> None:
        """Even a smaller batch brought nothing: the node has other troubles."""
        with self._lock:
            if self.size < size_before:
                self.size, self._grow_after = size_before, _GROW_AFTER
