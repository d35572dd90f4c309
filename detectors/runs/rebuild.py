"""`--rebuild`: the log is judged anew, and only what differs from what was published is sent. What the log
does not hold comes from a lake, where one is given (see `beginning`).

A kill at any moment is mended by the next start, with or without the flag; after a lake it needs the lake:

1. the blocks of the lake are judged, then the first of the log; then the mark says `rebuilding`, and by which
   run; before that nothing was sent, and the mark is still the old run's;
2. the log is judged to its end; nothing is sent;
3. alerts that differ are sent, gone ones retracted, then scores: one record that withdraws the old ones,
   and those of every block that stands. Who repeats this sends what is missing: alerts by comparison with
   what was published, scores by withdrawing them again;
4. state, which was kept in a folder beside until now, takes the place of the run before's: after a lake a
   start without it could read the log only;
5. the mark says how far the new run is, and no longer `rebuilding`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import msgspec

from detectors.alerts.messages import Note, Superseded, records_of
from detectors.base import Detector
from detectors.engine import checkpoint
from detectors.engine.engine import Engine
from detectors.engine.settings import EngineSettings
from detectors.runs.beginning import Beginning, History
from detectors.runs.outbox import Outbox, Record
from detectors.runs.published import OutputMark, last_revisions, superseding
from detectors.runs.replay import Left, Replay, Say
from ingest.kafka import ALERTS, BLOCKS
from ingest.log.blocklog import LogReader
from ingest.model.batch import Rollback
from ingest.model.errors import BadInput, RollbackTooDeep, UnreadableRecord

POLL_S = 0.2


@dataclass(slots=True)
class Rebuild:
    """One chain's log, judged anew with these detectors and settings."""

    bootstrap: str
    chain_id: int
    detectors: Sequence[Detector]
    settings: EngineSettings
    outbox: Outbox
    say: Say
    folder: Path
    """Where state is kept, that of the run before until all is done."""
    mark: OutputMark | None
    """Where the run before stood."""
    stop: threading.Event
    until_block: int | None = None
    """The log is judged no further than this block, and what was published."""
    lake: Path | None = None
    allow_gaps: bool = False
    """Where blocks are missing it begins after the last gap, instead of ending."""
    announced: bool = field(default=False, init=False)

    def run(self) -> tuple[Engine, int] | None:
        """The engine and the offset to go on from, once all that differs is sent; None where `stop` came
        first.
        """
        self.say(f"detect: chain {self.chain_id}: the log is judged anew, and what differs is sent")
        replay = self._replayed()
        if replay is not None and self._is_done_with(replay):
            return replay.engine, replay.offset
        then = "the next start repeats it" if self.announced else "nothing was sent"
        self.say(f"detect: chain {self.chain_id}: ended before that was done: {then}")
        return None

    def _is_done_with(self, replay: Replay) -> bool:
        """Sends what differs, puts state in its place, then sends the mark; False where `stop` came first."""
        with self._unless_done(replay.engine) as unless_done:
            with closing(replay.scores):
                self.outbox.send_in_chunks(self._difference(replay), self.stop)
            if self.stop.is_set():
                return False
            replay.engine.let_go()
            checkpoint.put_in_place(replay.engine, self.folder)
            self.outbox.mark(self.outbox.note(replay.engine), replay.offset)
            unless_done.pop_all()
        return True

    def _replayed(self) -> Replay | None:
        """The log, judged. A rollback below what is final begins it again without what had left by then: the
        chain that stands never went so deep.
        """
        history = None if self.lake is None else History.open(self.lake, self.chain_id, self.allow_gaps)
        left: list[Left] = []
        while not self.stop.is_set():
            engine = self._engine()
            with (
                self._unless_done(engine) as unless_judged,
                LogReader(self.bootstrap, self.chain_id) as reader,
            ):
                replay = self._begun(engine, history, reader.position)
                unless_judged.callback(replay.scores.close)
                deep = self._judge(replay, reader, left)
                if deep is None and not self.stop.is_set():
                    unless_judged.pop_all()
                    return replay
            if deep is not None:
                left.append(deep)
        return None

    def _engine(self) -> Engine:
        beside = checkpoint.beside(self.folder)
        checkpoint.forget(beside, self.chain_id)
        engine = Engine(self.chain_id, self.detectors, self.settings, keep_all=True, folder=beside)
        checkpoint.opened(engine)
        return engine

    def _unless_done(self, engine: Engine) -> ExitStack:
        """Lets the folder go, so that whoever repeats this gets it."""
        unless_done = ExitStack()
        unless_done.callback(engine.close)
        return unless_done

    def _begun(self, engine: Engine, history: History | None, offset: int) -> Replay:
        before = self._before()
        beginning = Beginning(
            self.chain_id,
            history,
            anchor=before.anchor[0] if before is not None and before.anchor is not None else None,
            cut_short=before is not None and before.rebuilding,
            allow_gaps=self.allow_gaps,
        )
        return Replay(self.chain_id, engine, beginning, self.say, self.stop, offset)

    def _before(self) -> Note | None:
        """What the mark says of the run before, where it can be read."""
        with suppress(UnreadableRecord):
            return self.mark.note() if self.mark is not None else None
        return None

    def _judge(self, replay: Replay, reader: LogReader, left: Sequence[Left]) -> Left | None:
        """Judges to the end, or to a rollback that is too deep: the blocks that it took away. Raises BadInput
        where nothing leads to what the log holds.
        """
        end, announced = reader.end(), False
        marked = min(self.mark.offset, end) if self.mark is not None else 0
        while not self._is_done(replay, reader.position, marked, end):
            for event, after in reader.poll(POLL_S):
                try:
                    replay.take(event, after, left)
                except RollbackTooDeep:
                    assert isinstance(event, Rollback)
                    return Left(after, event.number)
                if not announced and replay.seam is not None and replay.engine.run_name():
                    self.outbox.mark(self._announcement(replay.engine), marked)
                    announced = self.announced = True
                if self.stop.is_set():
                    break
        if replay.seam is None and not self.stop.is_set():
            self._nothing_was_judged(replay.beginning)
        return None

    def _nothing_was_judged(self, beginning: Beginning) -> None:
        if beginning.refused is not None:
            raise beginning.refused
        if beginning.history is not None:
            raise BadInput(
                f"{BLOCKS} holds no block of chain {self.chain_id} that the lake could lead to: "
                "start `undertow ingest` first"
            )

    def _is_done(self, replay: Replay, position: int, marked: int, end: int) -> bool:
        enough = self.until_block is not None and replay.engine.state.number >= self.until_block
        return self.stop.is_set() or position >= end or (enough and position >= marked)

    def _announcement(self, engine: Engine) -> Note:
        """The old mark, but of this run and `rebuilding`."""
        new, old = self.outbox.note(engine, rebuilding=True), self._before()
        return new if old is None else msgspec.structs.replace(new, head=old.head, hash=old.hash)

    def _difference(self, replay: Replay) -> Iterator[Record]:
        published = last_revisions(self.bootstrap, self.chain_id)
        for offset, reason in published.set_aside.items():
            self.say(f"detect: chain {self.chain_id}: set aside {ALERTS} offset {offset}: {reason}")
        run = replay.engine.run_name()
        yield from self.outbox.alert_records(superseding(published.alerts, replay.engine.standing(), run))
        if replay.first is not None:
            superseded = Superseded(self.chain_id, self._withdrawn_from(replay.first), run)
            values = chain(records_of(superseded), replay.scores.records())
            yield from self.outbox.score_records(values)

    def _withdrawn_from(self, first: int) -> int:
        """The lowest block that may have scores. How low a rebuild that was cut short replaced a run before,
        nobody knows.
        """
        if self.mark is None:
            return first
        before = self._before()
        if before is None or before.anchor is None or before.rebuilding:
            return 0
        return min(first, before.anchor[0])
