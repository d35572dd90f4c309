"""How a rule is refused: one line with the file, where in it, what is wrong and what to do."""

from __future__ import annotations

from detectors.alerts.caps import shortened
from detectors.alerts.text import visible
from detectors.library.rules.tree import Place
from ingest.model.errors import BadInput

SHOWN = 60


class Refused(Exception):
    """Where in the text, and why; who knows the file makes one line of it."""

    def __init__(self, place: Place, why: str) -> None:
        super().__init__(why)
        self.place, self.why = place, why

    def of(self, source: str) -> BadInput:
        line, column = self.place
        return BadInput(f"{source}:{line}:{column}: {self.why}")


def quoted(text: str) -> str:
    """What somebody wrote, in few characters of which none is hidden."""
    return f"`{shortened(visible(text[: 4 * SHOWN]), SHOWN)}`"
