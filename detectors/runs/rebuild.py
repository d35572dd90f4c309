"""`--rebuild`: the log is judged anew, and only what differs from what was published is sent.

A kill at any moment is mended by the next start, with or without the flag:

1. once the first block is judged, the mark says `rebuilding`, and by which run; before that nothing was
   sent, and the mark is still the old run's;
2. the log is judged to its end; nothing is sent;
3. alerts that differ are sent, gone ones retracted, then scores: one record that withdraws the old ones,
   and those of every block that stands. Who repeats this sends what is missing: alerts by comparison with
   what was published, scores by withdrawing them again;
4. the mark says how far the new run is, and no longer `rebuilding`.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import msgspec

from detectors.alerts.messages import Note, Superseded, records_of
from detectors.base import Detector
from detectors.engine import checkpoint
from detectors.engine.engine import Engine, Output
from detectors.engine.settings import EngineSettings
from detectors.runs.outbox import Outbox, Record, block_records
from detectors.runs.published import OutputMark, last_revisions, superseding
from ingest.kafka import ALERTS
from ingest.log.blocklog import LogReader
from ingest.model.batch import Batch, Event, Rollback
from ingest.model.errors import RollbackTooDeep, UnreadableRecord

POLL_S = 0.2

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Left:
    """Blocks above `number` that the log holds before `offset` have left the chain: they are not judged."""

    offset: int
    number: int


class ScoreFile:
    """The score records of the blocks that stand, on disk: a long log has more of them than memory."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._starts: list[tuple[int, int]] = []

    def add(self, output: Output, chain_id: int) -> None:
        if output.rollback is not None:
            self._roll_back(output.rollback.number)
        for number, records in block_records(chain_id, output, again=True):
            self._starts.append((number, self._file.tell()))
            self._file.writelines(record + b"\n" for record in records)

    def records(self) -> Iterator[bytes]:
        self._file.seek(0)
        for line in self._file:
            yield line.rstrip(b"\n")

    def close(self) -> None:
        self._file.close()

    def _roll_back(self, number: int) -> None:
        while self._starts and self._starts[-1][0] > number:
            self._file.seek(self._starts.pop()[1])
        self._file.truncate()


@dataclass(slots=True)
class Replay:
    """The log judged anew, so far: `first` is the lowest block, `offset` where the log goes on."""

    chain_id: int
    engine: Engine
    scores: ScoreFile = field(default_factory=ScoreFile)
    first: int | None = None
    offset: int = 0

    def take(self, event: Event, after: int, left: Sequence[Left]) -> None:
        standing = _standing(event, after, left)
        if standing is not None:
            self.scores.add(self.engine.take(standing, after), self.chain_id)
        if isinstance(standing, Batch):
            self.first = standing.first if self.first is None else min(self.first, standing.first)
        self.offset = after


@dataclass(frozen=True, slots=True)
class Rebuild:
    """One chain's log, judged anew with these detectors and settings."""

    bootstrap: str
    chain_id: int
    detectors: Sequence[Detector]
    settings: EngineSettings
    outbox: Outbox
    say: Say
    mark: OutputMark | None
    """Where the run before stood."""
    stop: threading.Event
    until_block: int | None = None
    """The log is judged no further than this block, and what was published."""
    folder: Path | None = None
    """Where state is kept; it is empty."""

    def run(self) -> tuple[Engine, int] | None:
        """The engine and the offset to go on from, once all that differs is sent; None where `stop` came
        first.
        """
        self.say(f"detect: chain {self.chain_id}: the log is judged anew, and what differs is sent")
        replay = self._replayed()
        if replay is not None and self._is_sent(replay):
            replay.engine.let_go()
            return replay.engine, replay.offset
        self.say(f"detect: chain {self.chain_id}: ended before that was done: the next start repeats it")
        return None

    def _is_sent(self, replay: Replay) -> bool:
        """Sends what differs, then the mark; False where `stop` came first. Unless all of it is sent the
        engine is closed, so that whoever repeats it gets the folder.
        """
        with ExitStack() as unless_sent:
            unless_sent.callback(replay.engine.close)
            with closing(replay.scores):
                self.outbox.send_in_chunks(self._difference(replay), self.stop)
            if self.stop.is_set():
                return False
            self.outbox.mark(self.outbox.note(replay.engine), replay.offset)
            unless_sent.pop_all()
        return True

    def _replayed(self) -> Replay | None:
        """The log, judged. A rollback below what is final begins it again without what had left by then: the
        chain that stands never went so deep.
        """
        left: list[Left] = []
        while not self.stop.is_set():
            engine = self._engine()
            replay = Replay(self.chain_id, engine)
            with ExitStack() as unless_judged:
                unless_judged.callback(engine.close)
                unless_judged.callback(replay.scores.close)
                deep = self._judge(replay, left)
                if deep is None and not self.stop.is_set():
                    unless_judged.pop_all()
                    return replay
            if deep is not None:
                left.append(deep)
        return None

    def _engine(self) -> Engine:
        engine = Engine(self.chain_id, self.detectors, self.settings, keep_all=True, folder=self.folder)
        if self.folder is not None:
            checkpoint.forget(self.folder, self.chain_id)
            checkpoint.opened(engine)
        return engine

    def _judge(self, replay: Replay, left: Sequence[Left]) -> Left | None:
        """Judges to the end, or to a rollback that is too deep: the blocks that it took away."""
        with LogReader(self.bootstrap, self.chain_id) as reader:
            end, announced = reader.end(), False
            marked = min(self.mark.offset, end) if self.mark is not None else 0
            while not self._is_done(replay, reader.position, marked, end):
                for event, after in reader.poll(POLL_S):
                    try:
                        replay.take(event, after, left)
                    except RollbackTooDeep:
                        assert isinstance(event, Rollback)
                        return Left(after, event.number)
                    if not announced and replay.engine.run_name():
                        self.outbox.mark(self._begun(replay.engine), marked)
                        announced = True
                    if self.stop.is_set():
                        break
        return None

    def _is_done(self, replay: Replay, position: int, marked: int, end: int) -> bool:
        enough = self.until_block is not None and replay.engine.state.number >= self.until_block
        return self.stop.is_set() or position >= end or (enough and position >= marked)

    def _begun(self, engine: Engine) -> Note:
        """The old mark, but of this run and `rebuilding`."""
        new = self.outbox.note(engine, rebuilding=True)
        try:
            old = new if self.mark is None else self.mark.note()
        except UnreadableRecord:
            return new
        return msgspec.structs.replace(new, head=old.head, hash=old.hash)

    def _difference(self, replay: Replay) -> Iterator[Record]:
        published = last_revisions(self.bootstrap, self.chain_id)
        for offset, reason in published.set_aside.items():
            self.say(f"detect: chain {self.chain_id}: set aside {ALERTS} offset {offset}: {reason}")
        run = replay.engine.run_name()
        yield from self.outbox.alert_records(superseding(published.alerts, replay.engine.standing(), run))
        if replay.first is not None:
            superseded = Superseded(self.chain_id, replay.first, run)
            values = chain(records_of(superseded), replay.scores.records())
            yield from self.outbox.score_records(values)


def _standing(event: Event, after: int, left: Sequence[Left]) -> Event | None:
    """`event` without blocks that a later rollback, too deep for the engine, took away."""
    top = min((each.number for each in left if after < each.offset), default=None)
    if top is None:
        return event
    if isinstance(event, Rollback):
        return event if event.number < top else None
    return event.slice(event.first, min(event.last, top)) if event.first <= top else None
