"""Shows how far long work is: one line redrawn on a terminal, a plain line now and then in a log."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TextIO

_REDRAW_S, _LINE_S = 0.2, 5.0


@dataclass(frozen=True, slots=True)
class Progress:
    """Blocks done (written or already there) of `total`, and seconds since the start."""

    done: int
    total: int
    seconds: float
    work: str = "backfill"

    @property
    def line(self) -> str:
        rate = self.done / self.seconds if self.seconds > 0 else 0.0
        left = f", {(self.total - self.done) / rate:.0f} s left" if rate > 0 else ""
        return f"{self.work}: {self.done} of {self.total} blocks, {rate:.0f} blocks/s{left}"


@dataclass(slots=True)
class ProgressLine:
    """Writes progress to `stream`, not more often than a person or a log wants it."""

    stream: TextIO
    _shown: float = field(default_factory=time.monotonic)

    def show(self, progress: Progress) -> None:
        terminal, now = self.stream.isatty(), time.monotonic()
        done = progress.done == progress.total
        if not done and now - self._shown < (_REDRAW_S if terminal else _LINE_S):
            return
        self._shown = now
        ending = "\n" if done or not terminal else ""
        self.stream.write(f"\r\x1b[K{progress.line}{ending}" if terminal else f"{progress.line}\n")
        self.stream.flush()
