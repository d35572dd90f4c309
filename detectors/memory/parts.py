"""What every kind of memory can do, so that one journal takes all of them back."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from detectors.memory.appended import Appended
from detectors.memory.history import History
from detectors.memory.numbering import Numbering
from detectors.memory.rowlog import RowLog
from detectors.memory.table import Table


class Part(Protocol):
    def keep_journal(self, on: bool) -> None:
        """Whether changes can be taken back from now on."""
        ...

    def age(self, block: int, time: int) -> None:
        """Looks at horizons and caps, before anything of `block` is written."""
        ...

    def undo(self, block: int) -> None:
        """Everything as it stood at the end of a block."""
        ...

    def forget(self, block: int) -> None:
        """No rollback goes below `block` any more."""
        ...

    def move(self, folder: Path) -> None:
        """Its files lie in another folder now."""
        ...


Log = History | RowLog | Appended


def described(part: Part) -> dict[str, object]:
    """What state must have in common with the part that takes it."""
    if isinstance(part, Numbering):
        return {"words": part.words, "facts": {name: list(pair) for name, pair in part.facts.items()}}
    assert isinstance(part, Log | Table)
    shape: dict[str, object] = {"layout": part.layout.to_json(), "horizon_s": part.horizon_s}
    return shape | ({"places": list(part.places)} if isinstance(part, RowLog) else {})
