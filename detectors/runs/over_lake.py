"""Detection over the lake: the same engine, block by block in order, to the book of alerts."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import polars as pl

from detectors.alerts.alert import Alert, book
from detectors.base import Detector
from detectors.engine.engine import Engine
from detectors.engine.judge import Off
from detectors.engine.output import Output, Score
from detectors.engine.settings import EngineSettings
from detectors.runs.tiers import at_tier
from ingest.lake.reading import NO_BLOCK, Lake
from ingest.lake.writing import written_reason
from ingest.machine.progress import Progress
from ingest.model.batch import Batch
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


class Taker(Protocol):
    """Judges blocks in order. What it says of some may come with later ones, or at the end."""

    engine: Engine

    def take(self, batch: Batch) -> Output: ...

    def finish(self) -> Output: ...

    def end(self) -> None: ...


class AtOnce:
    """A `Taker` that says all of blocks as it takes them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def take(self, batch: Batch) -> Output:
        return self.engine.take(batch)

    def finish(self) -> Output:
        return Output()

    def end(self) -> None:
        """Nothing is held."""


@dataclass(slots=True)
class Sums:
    """What was said and counted so far; `alerts` of before the last gap."""

    began: int | None = None
    done: int = 0
    transactions: int = 0
    transfers: int = 0
    gaps: int = 0
    left_out: int = 0
    alerts: list[Alert] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)
    off: dict[str, Off] = field(default_factory=dict)

    def count(self, batch: Batch) -> None:
        self.began = batch.first if self.began is None else self.began
        self.done += len(batch)
        self.transactions += batch.transactions.height
        self.transfers += batch.transfers.height

    def add(self, output: Output, engine: Engine, keep_scores: bool) -> None:
        self.off |= {name: each for name, each in engine.state.off.items() if name not in self.off}
        self.scores += output.scores if keep_scores else []
        self.left_out += sum(output.scores_left_out.values())


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
        for said in self.steps(first, last):
            if isinstance(said, Judged):
                return said
            report(said)
        raise AssertionError("a run ends with what it says")

    def steps(self, first: int | None, last: int | None) -> Iterator[Progress | Judged]:
        """How far it is, after each batch; at last what it says."""
        sums, taker = self.resumed(first, last)
        after = NO_BLOCK if sums.began is None else taker.engine.state.number
        total, started = self._count(first, last), time.monotonic()
        try:
            for whole in self.lake.batches(self.chain_id, first, last, self.blocks, after):
                batch = at_tier(whole, self.settings.tier)
                taker = self._taken(batch, taker, sums)
                sums.count(batch)
                self.keep(taker, sums)
                yield Progress(sums.done, total, time.monotonic() - started, "detect")
            sums.add(taker.finish(), taker.engine, self.keep_scores)
            yield self._judged(sums, taker.engine, first, last)
        finally:
            taker.end()

    def resumed(self, first: int | None, last: int | None) -> tuple[Sums, Taker]:
        """What was said before, and who goes on: from the beginning here."""
        return Sums(), self.begun()

    def keep(self, taker: Taker, sums: Sums) -> None:
        """Keeps how far it is, for who is `resumed`: nothing here."""

    def begun(self) -> Taker:
        """Who judges from the first block on, and anew after a gap."""
        return AtOnce(Engine(self.chain_id, self.detectors, self.settings, follows=False, keep_all=True))

    def _taken(self, batch: Batch, taker: Taker, sums: Sums) -> Taker:
        """Who goes on after a batch."""
        try:
            output = taker.take(batch)
        except ChainGap:
            if not self.allow_gaps:
                raise
            sums.add(taker.finish(), taker.engine, self.keep_scores)
            sums.alerts, sums.gaps = sums.alerts + taker.engine.standing(), sums.gaps + 1
            taker.end()
            taker = self.begun()
            output = taker.take(batch)
        sums.add(output, taker.engine, self.keep_scores)
        return taker

    def _judged(self, sums: Sums, engine: Engine, first: int | None, last: int | None) -> Judged:
        if sums.began is None:
            raise BadInput(
                f"the lake holds no block of chain {self.chain_id} from {first} to {last}: backfill first"
            )
        return Judged(
            self.chain_id, sums.alerts + engine.standing(), sums.scores, sums.began, engine.state.number,
            sums.done, sums.transactions, sums.gaps, sums.transfers, sums.left_out,
            engine.state.memory.early_ageings(), sums.off,
        )  # fmt: skip

    def _count(self, first: int | None, last: int | None) -> int:
        """How many of the asked-for blocks the lake holds."""
        spans = [
            (max(r.first, first or 0), r.last if last is None else min(r.last, last))
            for r in self.lake.ranges(self.chain_id)
        ]
        return sum(max(0, end - start + 1) for start, end in spans)


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
