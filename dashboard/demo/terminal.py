"""What the demo writes: lines that stay, and one status line redrawn in place where there is a terminal."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TextIO

PLAIN_EVERY_S = 10.0
"""Without a terminal the status is a line of its own, this seldom."""


@dataclass(slots=True)
class Terminal:
    """Writes to `out`, which may be a terminal or a file."""

    out: TextIO
    _drawn: bool = False
    _last: float = float("-inf")

    def say(self, line: str) -> None:
        self._write(f"{self._erased()}{line}\n")
        self._drawn = False

    def status(self, line: str) -> None:
        """Takes the place of the status before it."""
        if self.out.isatty():
            self._write(f"{self._erased()}{line}")
            self._drawn = True
        elif time.monotonic() - self._last >= PLAIN_EVERY_S:
            self._write(f"{line}\n")
            self._last = time.monotonic()

    def _erased(self) -> str:
        return "\r\x1b[2K" if self._drawn else ""

    def _write(self, text: str) -> None:
        self.out.write(text)
        self.out.flush()
