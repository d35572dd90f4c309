"""Where in the log each list's last version lies, as of each block: so that a restart knows what was told."""

from __future__ import annotations

import polars as pl

from ingest import schema
from ingest.model.batch import Batch, Event, Rollback


class ListOffsets:
    """By list, an offset of the log from which its last version is the first that is met."""

    def __init__(self) -> None:
        self._from: list[tuple[int, dict[str, int]]] = []

    @property
    def now(self) -> dict[str, int]:
        return dict(self._from[-1][1]) if self._from else {}

    def versions(self) -> list[tuple[int, str]]:
        """Where each version lies that was the last as of any of the blocks: offsets and lists, in order."""
        return sorted({(offset, source) for _, known in self._from for source, offset in known.items()})

    def note(self, number: int, offsets: dict[str, int]) -> None:
        """They are `offsets` from block `number` on."""
        if offsets != self.now:
            self._from.append((number, dict(offsets)))

    def roll_back(self, number: int) -> None:
        self._from = [(first, offsets) for first, offsets in self._from if first <= number]

    def follow(self, event: Event, end: int) -> None:
        """`event` is published at `end`, where the log ends now."""
        if isinstance(event, Rollback):
            self.roll_back(event.number)
        elif event.lists.height:
            told = dict.fromkeys(event.lists["source"].unique().to_list(), end)
            self.note(event.first, {**self.now, **told})

    def copy(self) -> ListOffsets:
        other = ListOffsets()
        other._from = list(self._from)
        return other


def lists_of(event: Event) -> pl.DataFrame:
    """The rows of lists that an event tells."""
    return event.lists if isinstance(event, Batch) else schema.LISTS.empty()
