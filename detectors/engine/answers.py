"""What was worked out of a piece, for the next who asks."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")
MOST = 1 << 18
"""Rows and other answers that are kept of a piece: some 80 MB. Whoever asks for more asks anew."""


class Answers:
    """By key; all are forgotten at once where they are too many."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, Any] = {}
        self._weight = 0

    def once(self, key: Hashable, make: Callable[[], T], rows: int = 0) -> T:
        """What `make` gives, now or before; it weighs as much as so many rows."""
        if key not in self._kept:
            made = make()
            self._weight += rows + 1
            if self._weight > MOST:
                self._kept.clear()
                self._weight = rows + 1
            self._kept[key] = made
        found: T = self._kept[key]
        return found

    def end(self) -> list[Any]:
        """What was kept, which is forgotten: it may name who keeps it, and would then stay until Python looks
        for circles, which it seldom does where much else lives long.
        """
        kept, self._kept, self._weight = list(self._kept.values()), {}, 0
        return kept
