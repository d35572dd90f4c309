"""Whose partition is whose: a chain has one, the same number in every topic, and keeps it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient, TopicPartition

from ingest.kafka.connection import (
    ALERTS,
    ANSWER_S,
    BLOCKS,
    HEALTH,
    REJECTED,
    SCORES,
    checked,
    connection,
    open_consumer,
    reaching,
)
from ingest.model.errors import BadInput, BrokerUnreachable

_FOREVER = {"retention.ms": "-1"}
_LAST_OF_KEY = {"cleanup.policy": "compact"}
EVERY_REVISION_DAYS = 30
"""For so long a sink may be away and still file every revision of an alert; then the last one is sure."""
_REVISIONS = _LAST_OF_KEY | {"min.compaction.lag.ms": str(EVERY_REVISION_DAYS * 86_400_000)}
_TOPICS = {
    BLOCKS: _FOREVER, REJECTED: {}, ALERTS: _REVISIONS, SCORES: _FOREVER, HEALTH: _LAST_OF_KEY
}  # fmt: skip


class Cluster:
    """A Kafka that is asked what it holds; every method raises BrokerUnreachable where none answers."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = checked(bootstrap)

    def check(self, deadline_s: float = ANSWER_S) -> None:
        """Returns when the broker has answered."""
        with self._admin(deadline_s) as admin:
            admin.describe_topics([])

    def answers(self, deadline_s: float = ANSWER_S) -> bool:
        try:
            self.check(deadline_s)
        except BrokerUnreachable:
            return False
        return True

    def chains(self) -> dict[int, int]:
        """The partition of every chain that has published here, by chain id."""
        return dict(self._chains())

    def partition_of(self, chain_id: int, create: bool = False) -> int:
        """The chain's partition. Where it has none: with `create` it gets one, else BadInput.

        The key of the first record in a partition of `chain.blocks` says whose it is. Until a new chain has
        one, its partition still counts as free: do not start two *new* chains in the same second.
        """
        known: dict[int, int] = {}
        for chain, partition in self._chains():
            if chain == chain_id:
                return partition
            known[chain] = partition
        if not create:
            raise BadInput(
                f"chain {chain_id} is not in the Kafka at {self._bootstrap} (it holds "
                f"{', '.join(map(str, sorted(known))) or 'no chain'}): start `undertow ingest` for it first"
            )
        partition = next(n for n in range(len(known) + 1) if n not in known.values())
        self._make_room(partition + 1)
        return partition

    def _chains(self) -> Iterator[tuple[int, int]]:
        """Chains and their partitions, the newest first: whoever looks for one need not ask for all."""
        with self._admin() as admin:
            count = _partition_counts(admin).get(BLOCKS, 0)
        if not count:
            return
        partitions = [TopicPartition(BLOCKS, number) for number in reversed(range(count))]
        with reaching(self._bootstrap):
            consumer = open_consumer(self._bootstrap)
            try:
                starts, ends = consumer.beginning_offsets(partitions), consumer.end_offsets(partitions)
                for at in partitions:
                    key = _first_key(consumer, at, starts[at], ends[at])
                    if key is not None:
                        yield int(key), at.partition
            finally:
                consumer.close(autocommit=False, timeout_ms=1000)

    def room_for_health(self, chain_id: int) -> int:
        """The chain's partition in the topic of health, which a Kafka of before does not have yet."""
        partition = self.partition_of(chain_id)
        if self.health_partitions() <= partition:
            self._make_room(partition + 1)
        return partition

    def health_partitions(self) -> int:
        """How many there are; 0 before the first role told of itself."""
        with self._admin() as admin:
            return _partition_counts(admin).get(HEALTH, 0)

    def _make_room(self, count: int) -> None:
        """Every topic has at least `count` partitions, each with a leader."""
        with self._admin() as admin:
            existing = _partition_counts(admin)
            missing = {
                topic: {"num_partitions": count, "configs": configs}
                for topic, configs in _TOPICS.items()
                if topic not in existing
            }
            if missing:
                admin.create_topics(missing)
            short = {
                topic: count for topic, number in existing.items() if topic in _TOPICS and number < count
            }
            if short:
                admin.create_partitions(short)
            _wait_for_leaders(admin, count)

    @contextmanager
    def _admin(self, deadline_s: float = ANSWER_S) -> Iterator[Any]:
        with reaching(self._bootstrap):
            admin = KafkaAdminClient(**connection(self._bootstrap, deadline_s))
            try:
                yield admin
            finally:
                admin.close()


def _first_key(consumer: Any, at: TopicPartition, start: int, end: int) -> bytes | None:
    """Of the first committed record; None where there is none."""
    consumer.assign([at])
    consumer.seek(at, start)
    while consumer.position(at) < end:
        for record in consumer.poll(timeout_ms=500, max_records=1).get(at, ()):
            return bytes(record.key)
    return None


def _partition_counts(admin: Any) -> dict[str, int]:
    return {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics()}


def _wait_for_leaders(admin: Any, count: int) -> None:
    """New partitions take a moment to be known to the broker itself; producers fail on them until then."""
    end = time.monotonic() + ANSWER_S
    while time.monotonic() < end:
        topics = admin.describe_topics(list(_TOPICS))
        led = [sum(part["leader_id"] >= 0 for part in topic["partitions"]) for topic in topics]
        if len(led) == len(_TOPICS) and min(led) >= count:
            return
        time.sleep(0.05)
    raise BrokerUnreachable(f"Kafka made no leader for its new partitions within {ANSWER_S:g} seconds")
