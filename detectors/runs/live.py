"""Detection on the live log: read committed records, send alerts and the mark in one transaction, keep a
checkpoint.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from detectors.alerts.messages import Note
from detectors.base import Detector
from detectors.engine import checkpoint
from detectors.engine.digest import digest
from detectors.engine.engine import Engine
from detectors.engine.output import Output
from detectors.engine.settings import EngineSettings
from detectors.memory.memory import NO_BLOCK
from detectors.runs.model_ages import ModelAges
from detectors.runs.outbox import Outbox
from detectors.runs.published import OutputMark, output_mark
from detectors.runs.rebuild import Rebuild
from detectors.runs.replay import Say
from detectors.runs.standing_by import StandbyState
from ingest.kafka import (
    BLOCKS,
    Beating,
    Cluster,
    HealthReporter,
    KafkaBeats,
    Place,
    Publisher,
    detect_place,
)
from ingest.live.outage import despite_outages
from ingest.log.blocklog import LogReader
from ingest.machine.traces import note_blocks
from ingest.model.batch import Batch, Event
from ingest.model.errors import BadInput, BrokerUnreachable, RunMismatch
from ingest.model.health import Vitals
from ingest.model.turns import Owner, Turns, in_turns

SAVE_BLOCKS = 50
"""State begins to be written each time what is final is this many blocks further: a restart replays about
that and the finality depth.
"""
POLL_S = 0.2

Begun = tuple[Engine, int | None, OutputMark | None]
"""State, the offset where the log goes on (None: its beginning), and the mark below which nothing is sent."""


def _quiet(line: str) -> None:
    """Says nothing."""


def _nothing() -> None:
    """Nobody waits to hear that the broker answers."""


@dataclass(slots=True)
class Live:
    """One chain's detection from Kafka to Kafka."""

    bootstrap: str
    chain_id: int
    detectors: Sequence[Detector]
    state_dir: Path
    settings: EngineSettings = field(default_factory=EngineSettings)
    say: Say = _quiet
    lake: Path | None = None
    """Where a rebuild finds what the log does not hold."""
    allow_gaps: bool = False
    """A rebuild begins after the last gap, instead of ending."""
    vitals: Vitals = field(default_factory=Vitals)
    """What is counted for `undertow.health`; nothing that is judged knows of it."""
    standby_s: float | None = None
    """Stands by while another process detects, until that is silent for so many seconds."""
    _owner: Owner = field(default_factory=Owner.of_this_process, init=False)
    _ages: ModelAges = field(init=False)

    def __post_init__(self) -> None:
        self._ages = self._known_ages()

    def run(self, stop: threading.Event, until_block: int | None = None, rebuild: bool = False) -> None:
        """Until `stop` is set, or block `until_block` is judged. With `standby_s` it stands by where another
        process takes over, and waits for a broker that goes away; else it raises TakenOver and
        BrokerUnreachable.
        """
        cluster = Cluster(self.bootstrap)
        cluster.expect_rights("detect", self.chain_id)
        partition = cluster.partition_of(self.chain_id)
        turns = Turns(self._owner, self.standby_s, self.say)
        instance = None if self.standby_s is None else self._owner.instance
        told = HealthReporter(self.bootstrap, "detect", self.chain_id, self.vitals, instance=instance)

        def session(connected: Callable[[], None]) -> None:
            self._turn(turns, partition, stop, until_block, rebuild, connected)

        def work() -> None:
            if self.standby_s is None:
                return session(_nothing)
            return despite_outages(session, stop, self.say)

        with told:
            in_turns(turns, work, stop, self.say)

    def _turn(
        self,
        turns: Turns,
        partition: int,
        stop: threading.Event,
        until_block: int | None,
        rebuild: bool,
        connected: Callable[[], None],
    ) -> None:
        """Stands by until there is a turn, following what the other process judges, and has it."""
        place = detect_place(self.chain_id, partition)
        beats = partial(KafkaBeats, self.bootstrap, place)
        opening = (self._opened, self._judged_again, self._save)
        with closing(StandbyState(self.bootstrap, self.chain_id, partition, *opening)) as state:
            self.vitals.standing = "active" if self.standby_s is None else "standby"

            def follow() -> None:
                state.step()
                connected()

            if not turns.await_one(beats, stop, follow):
                return state.end()
            self.vitals.standing = "active"
            try:
                self._work(place, state, stop, until_block, rebuild, connected)
            except BrokerUnreachable as error:
                turns.expect_own(beats, error)
                raise

    def _work(
        self,
        place: Place,
        state: StandbyState,
        stop: threading.Event,
        until_block: int | None,
        rebuild: bool,
        connected: Callable[[], None],
    ) -> None:
        """1. A predecessor is fenced. 2. The mark is read: what is below it was sent. Where it is of another
        run, or no note of ours, this ends; where a rebuild was cut short, it is repeated. 3. State comes from
        what was followed on stand-by, from the state on disk, or from nothing, and reading goes on after it.
        4. For each poll: events are judged; what lies above the mark is sent, alerts before scores, with the
        new mark, in one transaction; then a slice of the state is written, where that is due.
        """
        with (
            Publisher(self.bootstrap, place.group) as publisher,
            Beating(publisher, place, self._owner) as beating,
        ):
            Cluster(self.bootstrap).check_replication("detect", self.say)
            connected()
            outbox = Outbox(publisher, place.partition, self.chain_id, self.settings.finality)
            mark = output_mark(self.bootstrap, self.chain_id, place.partition)
            if rebuild or (mark is not None and self._checked(mark).rebuilding):
                state.close()
                begun = self._rebuilt(mark, outbox, stop, until_block)
            else:
                followed = state.taken(mark)
                begun = self._resumed(mark) if followed is None else (*followed, mark)
            if begun is None:
                return
            self._ages = self._known_ages()
            try:
                self._follow(*begun, outbox, stop, until_block, beating.check)
                checkpoint.save(begun[0])
            finally:
                begun[0].close()

    def _opened(self, mark: OutputMark | None) -> tuple[Engine, int | None]:
        """State on disk, for who stands by."""
        if mark is not None:
            self._checked(mark)
        engine, offset, _ = self._resumed(mark)
        return engine, offset

    def _judged_again(self, engine: Engine, event: Event, after: int, mark: OutputMark) -> None:
        """What another process has judged and sent."""
        self._taken(engine, event, after)
        self._expect_same_run(engine, mark, after)
        self.vitals.head = engine.state.number

    def _checked(self, mark: OutputMark) -> Note:
        """The mark's note. Raises UnreadableRecord, RunMismatch, and BadInput where the log is another."""
        note = mark.note()
        if note.anchor is not None:
            number, block_hash = note.anchor
            anchor = (number, bytes.fromhex(block_hash[2:]))
            self._expect_run(digest(self.settings, self.detectors, anchor), note)
        with LogReader(self.bootstrap, self.chain_id) as reader:
            end = reader.end()
        if mark.offset > end:
            raise BadInput(
                f"alerts of chain {self.chain_id} were published up to offset {mark.offset} of {BLOCKS}, "
                f"which ends at {end}: it is another log, so start detect with --rebuild"
            )
        return note

    def _expect_run(self, own: str, note: Note) -> None:
        if note.run and own != note.run:
            raise RunMismatch(
                f"alerts of chain {self.chain_id} were published by run {note.run}, made with other settings "
                f"or code than this run {own}: start detect with --rebuild"
            )

    def _rebuilt(
        self, mark: OutputMark | None, outbox: Outbox, stop: threading.Event, until_block: int | None
    ) -> Begun | None:
        done = Rebuild(
            self.bootstrap,
            self.chain_id,
            self.detectors,
            self.settings,
            outbox,
            self.say,
            self.state_dir,
            mark,
            stop,
            until_block,
            self.lake,
            self.allow_gaps,
        ).run()
        return None if done is None else (*done, None)

    def _resumed(self, mark: OutputMark | None) -> Begun:
        """From the checkpoint, where it is of this run; from the log's beginning where there is none, or
        where a rebuild has left it behind.
        """
        note = None if mark is None else mark.note()
        checkpoint.forget(checkpoint.beside(self.state_dir), self.chain_id)
        engine = self._engine()
        try:
            offset = checkpoint.opened(engine)
        except RunMismatch:
            if note is None or note.anchor is None:
                raise
            self.say(f"detect: chain {self.chain_id}: the checkpoint is of a run before: it is passed over")
            checkpoint.forget(self.state_dir, self.chain_id)
            engine = self._engine()
            offset = checkpoint.opened(engine)
        if offset is not None and note is not None:
            try:
                self._expect_run(engine.run_name(), note)
            except RunMismatch:
                engine.close()
                raise
        return engine, offset, mark

    def _engine(self) -> Engine:
        return Engine(self.chain_id, self.detectors, self.settings, folder=self.state_dir)

    def _follow(
        self,
        engine: Engine,
        offset: int | None,
        mark: OutputMark | None,
        outbox: Outbox,
        stop: threading.Event,
        until_block: int | None,
        check: Callable[[], None],
    ) -> None:
        """`check` raises where another process has taken over."""
        sent = mark.offset if mark is not None else 0
        checked = mark is None or engine.state.anchor is not None
        with LogReader(self.bootstrap, self.chain_id, offset) as reader:
            while not stop.is_set() and not (until_block is not None and engine.state.number >= until_block):
                check()
                outputs, after, began = [], sent, time.time_ns()
                for event, after in reader.poll(POLL_S):
                    with self.vitals.timed("judge"):
                        output = self._taken(engine, event, after)
                    if mark is not None and (after <= sent or not checked):
                        self._expect_same_run(engine, mark, after)
                    checked = checked or (after >= sent and engine.state.anchor is not None)
                    if after > sent:
                        outputs.append(output)
                if outputs:
                    with self.vitals.timed("send"):
                        outbox.send(outputs, engine, after)
                    sent = after
                    self._count(engine, outputs)
                    blocks = ((number, hash_) for output in outputs for number, hash_, _ in output.blocks)
                    note_blocks("detect", self.chain_id, blocks, began)
                self._save(engine)

    def _known_ages(self) -> ModelAges:
        """As they lie on disk."""
        return ModelAges(self.state_dir, self.chain_id, self.settings.schedule, self.detectors)

    def _count(self, engine: Engine, outputs: Sequence[Output]) -> None:
        self.vitals.head = engine.state.number
        self.vitals.count("blocks", sum(len(output.blocks) for output in outputs))
        self.vitals.count("revisions", sum(len(output.alerts) for output in outputs))
        self.vitals.count("reorganisations", sum(output.rollback is not None for output in outputs))
        self.vitals.models = self._ages.told(engine.state)
        off = engine.state.off
        self.vitals.detectors = {
            each.name: f"off since block {off[each.name].block}" if each.name in off else "on"
            for each in self.detectors
        }

    def _taken(self, engine: Engine, event: Event, after: int) -> Output:
        """Judges an event, and says what was switched off by it."""
        before, forgotten = set(engine.state.off), engine.state.memory.early_ageings()
        output = engine.take(event, after)
        if isinstance(event, Batch):
            self._ages.heard(event, engine.state)
            self.vitals.head_time = int(event.blocks["timestamp"][-1])
        for name, times in engine.state.memory.early_ageings().items():
            if times > forgotten.get(name, 0):
                self.say(
                    f"detect: chain {self.chain_id}: the table {name} was full at block "
                    f"{engine.state.number} and forgot its oldest rows early ({times} times so far)"
                )
        for name, off in engine.state.off.items():
            if name not in before:
                self.say(
                    f"detect: chain {self.chain_id}: {off.told(name)}: the others go on; report this, and "
                    "give --rebuild once it is mended"
                )
        return output

    def _expect_same_run(self, engine: Engine, mark: OutputMark, after: int) -> None:
        """A mark without an anchor, as the version before left it, is held against the first block; any mark
        against the block where it stands: a run is named after its first block, which may have left since.
        """
        note, began = mark.note(), engine.state.anchor
        if (after < mark.offset and note.anchor is not None) or (after > mark.offset and began is None):
            return
        if note.anchor is not None and began is not None and began[0] > note.anchor[0]:
            raise RunMismatch(
                f"alerts of chain {self.chain_id} were published by a run that began at block "
                f"{note.anchor[0]}; the log begins at block {began[0]}, and no checkpoint of that run is in "
                f"{self.state_dir}: start detect with --rebuild --lake DIR, a lake with the blocks before"
            )
        self._expect_run(engine.run_name(), note)

    def _save(self, engine: Engine) -> None:
        """Goes on with writing what is final, or begins it where that is far enough from what is on disk."""
        memory = engine.state.memory
        if memory.saved == NO_BLOCK or memory.floor - memory.saved >= SAVE_BLOCKS:
            checkpoint.begin(engine)
        memory.write()
