"""Sends what detection says: alerts, then scores, then the mark, in one transaction."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast

from detectors.alerts.alert import Alert, SubjectKind
from detectors.alerts.messages import (
    BlockScores,
    Note,
    RolledBack,
    SubjectScore,
    alert_key,
    group_of,
    note_text,
    records_of,
    scores_key,
)
from detectors.base import hexed
from detectors.engine.engine import Engine
from detectors.engine.output import Output, Score
from ingest.kafka import ALERTS, BLOCKS, SCORES, Publisher

CHUNK_RECORDS, CHUNK_BYTES = 1_000, 8_000_000
"""What one transaction of many carries at most: it must end within seconds, or the broker aborts it."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is sent to a topic, and the key it is sent under."""

    topic: str
    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Outbox:
    """What is sent for one chain, by one process at a time."""

    publisher: Publisher
    partition: int
    chain_id: int
    finality: int

    def send(self, outputs: Iterable[Output], engine: Engine, offset: int) -> None:
        """What was said of new events, and that everything below `offset` is sent."""
        outputs = list(outputs)
        with self.publisher.transaction():
            for output in outputs:
                self._post(self.alert_records(output.alerts))
            for output in outputs:
                self._post(self.score_records(score_values(self.chain_id, output)))
            self._mark(self.note(engine), offset)

    def mark(self, note: Note, offset: int) -> None:
        with self.publisher.transaction():
            self._mark(note, offset)

    def send_in_chunks(self, records: Iterable[Record], stop: threading.Event) -> None:
        """Any number of records, in order, in as many transactions as they need, or until `stop`. The mark
        stays where it is.
        """
        for chunk in _chunks(records):
            if stop.is_set():
                return
            with self.publisher.transaction():
                self._post(chunk)

    def note(self, engine: Engine, rebuilding: bool = False) -> Note:
        """What the mark says once all that `engine` said is sent."""
        state = engine.state
        anchor = None if state.anchor is None else (state.anchor[0], hexed(state.anchor[1]))
        return Note(
            head=state.number,
            hash=hexed(state.hash),
            run=engine.run_name(),
            finality=self.finality,
            anchor=anchor,
            rebuilding=rebuilding,
            off={name: off.block for name, off in state.off.items()},
            forgot_early=state.memory.early_ageings(),
        )

    def alert_records(self, alerts: Iterable[Alert]) -> Iterator[Record]:
        for alert in alerts:
            yield Record(ALERTS, alert_key(self.chain_id, alert.id), alert.to_json().encode())

    def score_records(self, values: Iterable[bytes]) -> Iterator[Record]:
        for value in values:
            yield Record(SCORES, scores_key(self.chain_id), value)

    def _post(self, records: Iterable[Record]) -> None:
        for record in records:
            self.publisher.send(record.topic, self.partition, record.key, record.value)

    def _mark(self, note: Note, offset: int) -> None:
        self.publisher.mark(group_of(self.chain_id), BLOCKS, self.partition, offset, note_text(note))


def score_values(chain_id: int, output: Output) -> Iterator[bytes]:
    """Values for `fraud.scores`: those of an event's blocks, or one that withdraws what a rollback undid."""
    if output.rollback is not None:
        back = output.rollback
        yield from records_of(RolledBack(chain_id, back.number, hexed(back.hash)))
    for _, records in block_records(chain_id, output):
        yield from records


def block_records(chain_id: int, output: Output, again: bool = False) -> Iterator[tuple[int, list[bytes]]]:
    """The number and the values of the records of each block, which may have been judged before."""
    by_block: dict[int, list[Score]] = {}
    for score in output.scores:
        by_block.setdefault(score.block_number, []).append(score)
    for (number, block_hash, timestamp), fees in zip(output.blocks, output.fees, strict=True):
        scores = tuple(_subject_score(each) for each in by_block.get(number, ()))
        left_out = output.scores_left_out.get(number, 0)
        place = (chain_id, number, hexed(block_hash), timestamp)
        yield number, records_of(BlockScores(*place, scores, 0, left_out, again, fees))


def _subject_score(score: Score) -> SubjectScore:
    kind = cast(SubjectKind, score.subject_kind)
    return SubjectScore(kind, score.subject, score.score, score.parts)


def _chunks(records: Iterable[Record]) -> Iterator[list[Record]]:
    chunk: list[Record] = []
    size = 0
    for record in records:
        if chunk and (len(chunk) >= CHUNK_RECORDS or size + len(record.value) > CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(record)
        size += len(record.value)
    if chunk:
        yield chunk
