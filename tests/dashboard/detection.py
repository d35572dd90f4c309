"""What detection sends to Kafka, sent by hand: alerts, then scores, then the mark, in one transaction."""

from __future__ import annotations

import json

from dashboard.store import ScoreBlock, Tip
from detectors.alert import Alert
from ingest.kafka import ALERTS, BLOCKS, SCORES, Cluster, Publisher
from ingest.log.records import encode
from tests.fixtures.frames import ChainBuilder


class Detection:
    """Publishes a chain of its own as ingest does, and judges its blocks with what a test says of them."""

    def __init__(self, kafka: str, chain_id: int, blocks: int = 100, finality: int = 10) -> None:
        self.chain_id = chain_id
        self.finality = finality
        self.partition = Cluster(kafka).partition_of(chain_id, create=True)
        self._key = str(chain_id).encode()
        self._publisher = Publisher(kafka, f"undertow-detect-{chain_id}")
        self._mine(blocks)

    def judge(self, *alerts: Alert, blocks: tuple[ScoreBlock | Tip, ...], failing: bool = False) -> None:
        """Sends what was found in `blocks`, at least one of them; `failing` ends before the commit."""
        with self._publisher.transaction():
            for alert in alerts:
                key = f"{self.chain_id}:{alert.id}".encode()
                self._publisher.send(ALERTS, self.partition, key, alert.to_json().encode())
            for block in blocks:
                self._publisher.send(SCORES, self.partition, self._key, self._scores(block))
            head = {"head": blocks[-1].number, "hash": blocks[-1].hash, "finality": self.finality}
            group = f"undertow-detect-{self.chain_id}"
            self._publisher.mark(group, BLOCKS, self.partition, blocks[-1].number, json.dumps(head))
            if failing:
                raise InterruptedError

    def garble(self, topic: str, value: bytes) -> None:
        with self._publisher.transaction():
            self._publisher.send(topic, self.partition, self._key, value)

    def close(self) -> None:
        self._publisher.close()

    def _mine(self, blocks: int) -> None:
        chain = ChainBuilder(self.chain_id).block().blocks(blocks - 1)
        with self._publisher.transaction():
            for value in encode(chain.batch()):
                self._publisher.send(BLOCKS, self.partition, self._key, value)

    def _scores(self, block: ScoreBlock | Tip) -> bytes:
        said = {"chain_id": self.chain_id, "block_number": block.number, "block_hash": block.hash}
        if isinstance(block, Tip):
            return json.dumps({**said, "kind": "rollback"}).encode()
        rows = [
            {"subject_kind": kind, "subject": subject, "score": score, "parts": parts}
            for kind, subject, score, parts in block.scores
        ]
        return json.dumps({**said, "kind": "scores", "timestamp": block.timestamp, "scores": rows}).encode()
