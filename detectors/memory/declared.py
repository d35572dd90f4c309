"""The parts of a chain's memory, made with the folder and the name that their files have."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from detectors.memory.appended import Appended
from detectors.memory.history import History
from detectors.memory.layout import Layout
from detectors.memory.names import Names
from detectors.memory.numbering import Fact, Numbering
from detectors.memory.parts import Part
from detectors.memory.rowlog import DAYS_90, PLACES, ROW, RowLog
from detectors.memory.table import Table

P = TypeVar("P", bound=Part)


class Declared:
    """Parts by name. Without a folder nothing is on disk."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.parts: dict[str, Part] = {}

    def table(self, name: str, layout: Layout, *, horizon_s: int | None, cap: int) -> Table:
        """See `Table`."""
        return self._add(name, Table(layout, horizon_s=horizon_s, cap=cap))

    def history(self, name: str, layout: Layout, *, horizon_s: int | None, cap: int) -> History:
        """See `History`."""
        part = History(layout, horizon_s=horizon_s, cap=cap, folder=self.folder, name=name)
        return self._add(name, part)

    def appended(self, name: str, layout: Layout, *, horizon_s: int | None) -> Appended:
        """See `Appended`."""
        part = Appended(layout, horizon_s=horizon_s, folder=self.folder, name=name)
        return self._add(name, part)

    def row_log(
        self,
        name: str = "rows",
        layout: Layout = ROW,
        places: Sequence[str] = PLACES,
        *,
        horizon_s: int | None = DAYS_90,
    ) -> RowLog:
        """See `RowLog`."""
        return self._add(name, RowLog(layout, places, horizon_s=horizon_s, folder=self.folder, name=name))

    def numbering(self, name: str, words: int, facts: dict[str, Fact] | None = None) -> Numbering:
        """See `Numbering`."""
        return self._add(name, Numbering(words, facts, folder=self.folder, name=name))

    def names(self, name: str = "names") -> Names:
        """See `Names`."""
        return self._add(name, Names(folder=self.folder, name=name))

    def tables(self) -> dict[str, Table]:
        """Every table, those of histories included, in an order that does not change."""
        own = {name: part for name, part in self.parts.items() if isinstance(part, Table)}
        heads = {
            f"{name}/heads": part.heads for name, part in self.parts.items() if isinstance(part, History)
        }
        return dict(sorted({**own, **heads}.items()))

    def early_ageings(self) -> dict[str, int]:
        """How often the cap of a table bit, for `status`."""
        return {name: table.early_ageings for name, table in self.tables().items() if table.early_ageings}

    def _add(self, name: str, part: P) -> P:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in self.parts:
            raise ValueError(f"{name!r} is no name for a part, or it is taken")
        self.parts[name] = part
        return part
