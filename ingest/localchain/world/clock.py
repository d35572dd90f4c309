"""Stories that need days or weeks sleep; time passes when nobody on stage is in the middle of something."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field

from ingest.localchain.chain.actions import Transaction
from ingest.localchain.chain.miner import Mined, Miner

HOUR = 3_600
DAY = 24 * HOUR

PATIENCE = 10
"""Blocks that a sleeper waits before no new story is let in, so that those on stage can end."""

NIGHT_BLOCKS = PATIENCE + 30
"""The most blocks until a sleeper wakes: its patience, and the longest story that does not sleep."""


@dataclass(slots=True)
class Clock:
    """Who sleeps until when, in seconds UTC of block time."""

    miner: Miner
    _until: dict[int, int] = field(default_factory=dict)
    _waited: int = 0
    _ticket: int = 0

    @property
    def sleepers(self) -> int:
        return len(self._until)

    @property
    def is_door_shut(self) -> bool:
        """Whether new stories must wait outside, as somebody has slept for long."""
        return self.sleepers > 0 and self._waited >= PATIENCE

    def tick(self, awake: int) -> None:
        """Before each block, with the number of stories that do not sleep: at none, a night passes."""
        if not self.sleepers:
            self._waited = 0
            return
        self._waited += 1
        if not awake:
            self.miner.let_pass(max(self._until.values()) - self.miner.time)
            self._waited = 0

    def sleep(self, seconds: int) -> Generator[list[Transaction], list[Mined], None]:
        """Does nothing until at least so many seconds of block time have passed."""
        self._ticket += 1
        ticket, until = self._ticket, self.miner.time + seconds
        self._until[ticket] = until
        while self.miner.time < until:
            yield []
        del self._until[ticket]
