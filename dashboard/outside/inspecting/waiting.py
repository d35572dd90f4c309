"""An inspection is optional work of a person's: it waits while a pipeline's budget leaves out everything that
may be left out.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from dashboard.filing.status import SILENT_AFTER
from dashboard.store import Reader

POLL_S = 1.0
GiveWay = Callable[[float], bool]
"""Waits, until a time of `time.monotonic` at most; whether it may be gone on."""


def at_once(_until: float) -> bool:
    """Waits for nobody."""
    return True


@dataclass(slots=True)
class Pipeline:
    """What its roles told of themselves last, in a store. `say` is told once for whom is waited."""

    reader: Reader
    say: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def give_way(self, until: float) -> bool:
        """Raises StoreUnreachable."""
        told = False
        while busy := self.beyond_its_budget():
            if not told:
                self.say(f"inspect: waits: {busy}; with --now it does not")
            told = True
            if self.clock() >= until:
                return False
            self.sleep(POLL_S)
        return True

    def beyond_its_budget(self) -> str:
        """Which role has paused its optional work, of those that told lately; empty where none has."""
        records = [each.health for each in self.reader.health.now() if each.health is not None]
        paused = [
            f"{record.role} of chain {record.chain_id} is beyond its budget and has paused {work.name}"
            for record in records
            for work in record.optional
            if work.state == "paused" and time.time() - record.at <= SILENT_AFTER * record.every_s
        ]
        return next(iter(paused), "")
