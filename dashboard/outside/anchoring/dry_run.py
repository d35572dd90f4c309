"""The roots that `undertow anchor` gives, worked out from a lake alone, without a chain to write to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dashboard.outside.anchoring.stretches import end_of, planned
from dashboard.store.anchors import Filed, LeafRow
from detectors.base import Detector
from detectors.engine.engine import Engine
from detectors.engine.settings import EngineSettings
from detectors.registry import detectors
from detectors.runs.tiers import at_tier
from ingest.lake.reading import Lake
from ingest.model.batch import Batch


@dataclass(frozen=True, slots=True)
class DryStretch:
    """What would be anchored of blocks `first` to `last`: so many leaves, under `root` (0x-hex), by `run`."""

    first: int
    last: int
    leaves: int
    root: str
    run: str


class DryRun:
    """Judges the lake and says each stretch that it holds whole and final, in order. Raises as `LakeRun`."""

    def __init__(
        self,
        lake: Path,
        chain_id: int | None,
        settings: EngineSettings,
        size: int,
        judges: Sequence[Detector] | None = None,
    ) -> None:
        """`judges` None: those of the library."""
        self._lake = Lake.open(lake)
        self.chain_id = self._lake.chain_id() if chain_id is None else chain_id
        self._settings = settings
        self._size = size
        those = detectors() if judges is None else judges
        self._engine = Engine(self.chain_id, those, settings, follows=False, keep_all=True)
        self._anchored: dict[str, LeafRow] = {}
        self._changed: dict[str, Filed] = {}

    def stretches(
        self, begin: int | None = None, report: Callable[[int], None] = lambda block: None
    ) -> Iterator[DryStretch]:
        """From the stretch that holds block `begin` on (None: the lake's first block). What was said of
        blocks below is in the first one.
        """
        first: int | None = begin if begin is None else begin - begin % self._size
        top = max(span.last for span in self._lake.ranges(self.chain_id))
        for batch in self._lake.batches(self.chain_id, None, None, blocks=self._size):
            first = batch.first - batch.first % self._size if first is None else first
            for piece in self._pieces(batch):
                self._take(piece)
                report(piece.last)
                if piece.last == end_of(max(first, piece.last), self._size) and piece.last >= first:
                    if piece.last > top - self._settings.finality:
                        return
                    yield self._stretch(first, piece.last)
                    first = piece.last + 1

    def _pieces(self, batch: Batch) -> Iterator[Batch]:
        """The batch, cut where stretches end."""
        at = batch.first
        while at <= batch.last:
            last = min(batch.last, end_of(at, self._size))
            yield batch.slice(at, last)
            at = last + 1

    def _take(self, piece: Batch) -> None:
        for alert in self._engine.take(at_tier(piece, self._settings.tier)).alerts:
            self._changed[alert.id] = Filed(0, alert.id, alert.to_json())

    def _stretch(self, first: int, last: int) -> DryStretch:
        filed = {name: [each] for name, each in self._changed.items()}
        found = planned(self.chain_id, filed, self._anchored, last)
        self._anchored |= {leaf.alert_id: leaf for leaf in found.leaves}
        self._changed = {}
        return DryStretch(first, last, len(found.leaves), found.root, self._engine.run_name())
