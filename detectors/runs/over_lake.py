"""Detection over the lake: the same engine, block by block in order, to the book of alerts."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from detectors.alerts.alert import Alert, book
from detectors.base import Detector
from detectors.engine.engine import Engine
from detectors.engine.judge import Off
from detectors.engine.output import Score
from detectors.engine.settings import EngineSettings
from detectors.runs.tiers import at_tier
from ingest.lake.reading import Lake
from ingest.lake.writing import written_reason
from ingest.machine.progress import Progress
from ingest.model.errors import BadInput, ChainGap

SCORES = {
    "chain_id": pl.UInt64,
    "block_number": pl.UInt64,
    "subject_kind": pl.String,
    "subject": pl.String,
    "score": pl.Float64,
    "parts": pl.String,
}


@dataclass(frozen=True, slots=True)
class Judged:
    """What a batch run says: all alerts, scores, the first block and the last, how many blocks and
    transactions it judged, how many gaps it began anew after, and how many scores were left out where a block
    had too many.
    """

    chain_id: int
    alerts: list[Alert]
    scores: list[Score]
    first: int
    head: int
    blocks: int
    transactions: int
    gaps: int
    transfers: int
    scores_left_out: int = 0
    forgot_early: dict[str, int] = field(default_factory=dict)
    """How often a table was full, and forgot its oldest rows before their time, where one was."""
    off: dict[str, Off] = field(default_factory=dict)
    """Detectors and explanations that raised, and were not asked any more since."""


@dataclass(slots=True)
class LakeRun:
    """`detect --lake`. With `allow_gaps`, state begins anew after a gap instead of ending with ChainGap.

    With a tier in the settings, what lies above it is hidden; BadInput where the lake holds less.
    """

    lake: Lake
    chain_id: int
    detectors: Sequence[Detector]
    settings: EngineSettings = field(default_factory=EngineSettings)
    allow_gaps: bool = False
    blocks: int = 100
    keep_scores: bool = False

    def run(self, first: int | None, last: int | None, report: Callable[[Progress], None]) -> Judged:
        """Judges blocks `first`..`last` (all that the lake holds where null)."""
        engine, gaps, transfers, sent, done, left_out = self._engine(), 0, 0, 0, 0, 0
        began: int | None = None
        alerts: list[Alert] = []
        scores: list[Score] = []
        off: dict[str, Off] = {}
        total, started = self._count(first, last), time.monotonic()
        for whole in self.lake.batches(self.chain_id, first, last, blocks=self.blocks):
            batch = at_tier(whole, self.settings.tier)
            try:
                output = engine.take(batch)
            except ChainGap:
                if not self.allow_gaps:
                    raise
                alerts, gaps, engine = alerts + engine.standing(), gaps + 1, self._engine()
                output = engine.take(batch)
            off |= {name: each for name, each in engine.state.off.items() if name not in off}
            scores += output.scores if self.keep_scores else []
            left_out += sum(output.scores_left_out.values())
            began = batch.first if began is None else began
            transfers += batch.transfers.height
            sent += batch.transactions.height
            done += len(batch)
            report(Progress(done, total, time.monotonic() - started, "detect"))
        if began is None:
            raise BadInput(
                f"the lake holds no block of chain {self.chain_id} from {first} to {last}: backfill first"
            )
        alerts += engine.standing()
        early = engine.state.memory.early_ageings()
        head = engine.state.number
        return Judged(
            self.chain_id, alerts, scores, began, head, done, sent, gaps, transfers, left_out, early, off
        )

    def _count(self, first: int | None, last: int | None) -> int:
        """How many of the asked-for blocks the lake holds."""
        spans = [
            (max(r.first, first or 0), r.last if last is None else min(r.last, last))
            for r in self.lake.ranges(self.chain_id)
        ]
        return sum(max(0, end - start + 1) for start, end in spans)

    def _engine(self) -> Engine:
        return Engine(self.chain_id, self.detectors, self.settings, follows=False, keep_all=True)


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Writes a text file whole or not at all."""
    temporary = path.with_name(path.name + ".writing")
    try:
        with temporary.open("w") as file:
            file.writelines(line + "\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        _remove(temporary)
        raise BadInput(f"{path} cannot be written: {error.strerror}; give another file") from error


def _remove(half: Path) -> None:
    """What was written of a file, on a full disk say, is in nobody's way."""
    with suppress(OSError):
        half.unlink()


def write_book(path: Path, judged: Judged, finality: int) -> int:
    """The book at the run's head. Returns how many alerts it holds."""
    lines = book(judged.alerts, judged.head, finality)
    write_lines(path, lines)
    return len(lines)


def write_scores(path: Path, judged: Judged) -> None:
    """The scores as Parquet. Raises BadInput where the file cannot be written."""
    rows = [
        (
            judged.chain_id,
            s.block_number,
            s.subject_kind,
            s.subject,
            s.score,
            json.dumps(s.parts, sort_keys=True),
        )
        for s in judged.scores
    ]
    temporary = path.with_name(path.name + ".writing")
    try:
        pl.DataFrame(rows, schema=SCORES, orient="row").write_parquet(temporary)
        temporary.replace(path)
    except (OSError, pl.exceptions.ComputeError) as error:
        _remove(temporary)
        raise BadInput(f"{path} cannot be written: {written_reason(error)}; give another --scores") from error
