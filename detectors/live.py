"""Detection on the live log: read committed records, send alerts and the mark in one transaction, keep a
checkpoint.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from detectors import checkpoint
from detectors.alert import Alert
from detectors.base import Detector, hexed
from detectors.engine import Engine, Output, Score
from detectors.published import last_revisions, superseding
from detectors.settings import EngineSettings
from ingest.kafka import ALERTS, BLOCKS, SCORES, Cluster, Mark, Publisher, last_mark
from ingest.log.blocklog import LogReader
from ingest.model.errors import RunMismatch

SAVE_BLOCKS = 50
"""A checkpoint is written each time the final state is this many blocks further: a restart replays at most
that and the finality depth.
"""
POLL_S = 0.2


def group_of(chain_id: int) -> str:
    """The consumer group whose offset is the output mark: below it nothing is sent again."""
    return f"undertow-detect-{chain_id}"


@dataclass(slots=True)
class Live:
    """One chain's detection from Kafka to Kafka."""

    bootstrap: str
    chain_id: int
    detectors: Sequence[Detector]
    state_dir: Path
    settings: EngineSettings = field(default_factory=EngineSettings)

    def run(self, stop: threading.Event, until_block: int | None = None, rebuild: bool = False) -> None:
        """Until `stop` is set, or block `until_block` is judged.

        1. A predecessor is fenced. 2. The mark is read: what is below it was sent. 3. State comes from the
        checkpoint, or from nothing, and reading goes on after it. 4. For each poll: events are judged; what
        lies above the mark is sent, alerts before scores, with the new mark, in one transaction; then, when
        due, the checkpoint is written.
        """
        partition = Cluster(self.bootstrap).partition_of(self.chain_id)
        with Publisher(self.bootstrap, group_of(self.chain_id)) as publisher:
            mark = last_mark(self.bootstrap, group_of(self.chain_id), BLOCKS, partition)
            engine, offset = self._start(rebuild)
            outbox = _Outbox(publisher, partition, self.chain_id, self.settings.finality)
            with LogReader(self.bootstrap, self.chain_id, offset) as reader:
                if rebuild and mark is not None:
                    self._rebuild(engine, reader, mark, outbox)
                self._follow(engine, reader, None if rebuild else mark, outbox, stop, until_block)
            self._save(engine)

    def _start(self, rebuild: bool) -> tuple[Engine, int | None]:
        engine = Engine(self.chain_id, self.detectors, self.settings, keep_all=rebuild)
        if rebuild:
            return engine, None
        saved = checkpoint.load(self.state_dir, self.chain_id, self.detectors)
        if saved is None:
            return engine, None
        engine.resume(saved)
        return engine, saved.offset

    def _follow(
        self,
        engine: Engine,
        reader: LogReader,
        mark: Mark | None,
        outbox: _Outbox,
        stop: threading.Event,
        until_block: int | None,
    ) -> None:
        saved = engine.state.number
        sent = mark.offset if mark is not None else 0
        while not stop.is_set() and not (until_block is not None and engine.state.number >= until_block):
            outputs, after = [], sent
            for event, after in reader.poll(POLL_S):
                output = engine.take(event, after)
                if after > sent:
                    outputs.append(output)
                elif mark is not None and after == mark.offset:
                    _same_run(engine, mark)
            if outputs:
                outbox.send(outputs, engine, after)
                sent = after
            if engine.kept and engine.kept[0].state.number - saved >= SAVE_BLOCKS:
                saved = self._save(engine)

    def _rebuild(self, engine: Engine, reader: LogReader, mark: Mark, outbox: _Outbox) -> None:
        """Judges the log anew up to the mark and sends only what differs from what was published."""
        while reader.position < mark.offset:
            for event, after in reader.poll(POLL_S):
                output = engine.take(event, after)
                if after > mark.offset:
                    outbox.send([output], engine, after)
        published = last_revisions(self.bootstrap, self.chain_id)
        outbox.send_alerts(
            superseding(published, engine.standing(), engine.run_name()), engine, reader.position
        )
        engine.let_go()

    def _save(self, engine: Engine) -> int:
        """Writes the checkpoint, where there is final state. Returns the final block."""
        saved = engine.base()
        if saved is None:
            return engine.state.number
        checkpoint.save(self.state_dir, saved)
        return saved.state.number


def _same_run(engine: Engine, mark: Mark) -> None:
    run = json.loads(mark.note)["run"] if mark.note else engine.run_name()
    if run != engine.run_name():
        raise RunMismatch(
            f"alerts of chain {engine.chain_id} were published by run {run}, made with other settings or "
            f"code than this run {engine.run_name()}: start detect with --rebuild"
        )


@dataclass(frozen=True, slots=True)
class _Outbox:
    """Sends alerts, then scores, then the mark, in one transaction."""

    publisher: Publisher
    partition: int
    chain_id: int
    finality: int

    def send(self, outputs: Iterable[Output], engine: Engine, offset: int) -> None:
        outputs = list(outputs)
        with self.publisher.transaction():
            for output in outputs:
                self._alerts(output.alerts)
            for output in outputs:
                for value in score_records(self.chain_id, output):
                    self.publisher.send(SCORES, self.partition, str(self.chain_id).encode(), value)
            self._mark(engine, offset)

    def send_alerts(self, alerts: Iterable[Alert], engine: Engine, offset: int) -> None:
        with self.publisher.transaction():
            self._alerts(alerts)
            self._mark(engine, offset)

    def _alerts(self, alerts: Iterable[Alert]) -> None:
        for alert in alerts:
            self.publisher.send(
                ALERTS, self.partition, f"{self.chain_id}:{alert.id}".encode(), alert.to_json().encode()
            )

    def _mark(self, engine: Engine, offset: int) -> None:
        note = {
            "head": engine.state.number,
            "hash": hexed(engine.state.hash),
            "finality": self.finality,
            "run": engine.run_name(),
        }
        self.publisher.mark(group_of(self.chain_id), BLOCKS, self.partition, offset, json.dumps(note))


def score_records(chain_id: int, output: Output) -> list[bytes]:
    """The `fraud.scores` records of an event: one a block, or one that withdraws what a rollback undid."""
    if output.rollback is not None:
        back = output.rollback
        return [
            _record(
                {
                    "kind": "rollback",
                    "chain_id": chain_id,
                    "block_number": back.number,
                    "block_hash": hexed(back.hash),
                }
            )
        ]
    by_block: dict[int, list[Score]] = {}
    for score in output.scores:
        by_block.setdefault(score.block_number, []).append(score)
    return [
        _record(
            {
                "kind": "scores",
                "chain_id": chain_id,
                "block_number": number,
                "block_hash": hexed(block_hash),
                "timestamp": timestamp,
                "scores": [_plain(score) for score in by_block.get(number, [])],
            }
        )
        for number, block_hash, timestamp in output.blocks
    ]


def _plain(score: Score) -> dict[str, object]:
    return {
        "subject_kind": score.subject_kind,
        "subject": score.subject,
        "score": score.score,
        "parts": score.parts,
    }


def _record(fields: dict[str, object]) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
