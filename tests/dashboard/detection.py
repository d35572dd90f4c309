"""What detection sends to Kafka, sent by hand: alerts, then scores, then the mark, in one transaction."""

from __future__ import annotations

import msgspec

from detectors.alerts.alert import Alert
from detectors.alerts.messages import (
    BlockScores,
    Note,
    RolledBack,
    ScoreRecord,
    alert_key,
    group_of,
    note_text,
    records_of,
    scores_key,
)
from ingest.kafka import ALERTS, BLOCKS, SCORES, Cluster, Publisher
from ingest.log.records import encode
from tests.fixtures.frames import ChainBuilder


class Detection:
    """Publishes a chain of its own as ingest does, and judges its blocks with what a test says of them."""

    def __init__(self, kafka: str, chain_id: int, blocks: int = 100, finality: int = 10) -> None:
        self.chain_id = chain_id
        self.finality = finality
        self.partition = Cluster(kafka).partition_of(chain_id, create=True)
        self._publisher = Publisher(kafka, group_of(chain_id))
        self._mine(blocks)

    def judge(self, *alerts: Alert, blocks: tuple[ScoreRecord, ...], failing: bool = False) -> None:
        """Sends what was found in `blocks`, at least one of them; `failing` ends before the commit."""
        with self._publisher.transaction():
            for alert in alerts:
                self._send(ALERTS, alert_key(self.chain_id, alert.id), alert.to_json().encode())
            for block in blocks:
                own = msgspec.structs.replace(block, chain_id=self.chain_id)
                for value in records_of(own):
                    self._send(SCORES, scores_key(self.chain_id), value)
            head = next(b for b in reversed(blocks) if isinstance(b, BlockScores | RolledBack))
            self._mark(note_text(Note(head=head.block_number, hash=head.block_hash, finality=self.finality)))
            if failing:
                raise InterruptedError

    def garble(self, topic: str, value: bytes | None, key: bytes | None = None) -> None:
        """A record that no detector sends."""
        with self._publisher.transaction():
            self._send(topic, scores_key(self.chain_id) if key is None else key, value)

    def mark(self, text: str, offset: int = 1) -> None:
        """A mark with any note, as another program with the group's name would leave it."""
        with self._publisher.transaction():
            self._mark(text, offset)

    def rebuilds(self, run: str, head: int, rebuilding: bool = True) -> None:
        """A mark that says that `run` judges the log anew, or has done so."""
        note = Note(head=head, hash="0x", run=run, finality=self.finality, rebuilding=rebuilding)
        self.mark(note_text(note))

    def close(self) -> None:
        self._publisher.close()

    def _send(self, topic: str, key: bytes, value: bytes | None) -> None:
        self._publisher.send(topic, self.partition, key, value)

    def _mark(self, text: str, offset: int = 1) -> None:
        self._publisher.mark(group_of(self.chain_id), BLOCKS, self.partition, offset, text)

    def _mine(self, blocks: int) -> None:
        chain = ChainBuilder(self.chain_id).block().blocks(blocks - 1)
        with self._publisher.transaction():
            for value in encode(chain.batch()):
                self._send(BLOCKS, scores_key(self.chain_id), value)
