"""What this stream has told already, so that a fact is told once; it follows the chain back."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

MOST_SEEN = 1_000_000
"""Keys remembered. The longest known are forgotten first; their facts then repeat: readers keep the first."""


class Seen:
    """Keys with the block that they were told with."""

    def __init__(self) -> None:
        self._blocks: dict[bytes, int] = {}

    def __contains__(self, key: bytes) -> bool:
        return key in self._blocks

    def add(self, told: Iterable[tuple[int, bytes]]) -> None:
        """`told` holds block numbers and keys; a key that is there already keeps its first block."""
        for number, key in told:
            self._blocks.setdefault(key, number)
        for key in list(islice(self._blocks, max(0, len(self._blocks) - MOST_SEEN))):
            del self._blocks[key]

    def roll_back(self, number: int) -> None:
        """Blocks above `number` have left the chain, and what was told with them."""
        self._blocks = {key: seen for key, seen in self._blocks.items() if seen <= number}
