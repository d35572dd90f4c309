"""Whose partition is whose: a chain has one, the same number in every topic, and keeps it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from kafka import KafkaAdminClient, TopicPartition
from kafka import errors as kafka_errors

from ingest.kafka.access import Access, access
from ingest.kafka.claims import Claims
from ingest.kafka.connection import (
    ALERTS,
    ANSWER_S,
    BLOCKS,
    HEALTH,
    PENDING,
    PENDING_ALERTS,
    REJECTED,
    SCORES,
    checked,
    connection,
    open_consumer,
    reaching,
)
from ingest.kafka.replication import REPLICAS, best_for, faults
from ingest.kafka.rights import Operation, Right, give, missing, topics_of
from ingest.model.errors import BadInput, BrokerRefused, BrokerUnreachable
from ingest.model.kafka_role import Role

_FOREVER = {"retention.ms": "-1"}
_LAST_OF_KEY = {"cleanup.policy": "compact"}
EVERY_REVISION_DAYS = 30
"""For so long a sink may be away and still file every revision of an alert; then the last one is sure."""
_REVISIONS = _LAST_OF_KEY | {"min.compaction.lag.ms": str(EVERY_REVISION_DAYS * 86_400_000)}
MOST_RIGHTS = 4
"""What of many rights that are lacking is told in one line."""
_TOPICS = {
    BLOCKS: _FOREVER, REJECTED: {}, ALERTS: _REVISIONS, SCORES: _FOREVER, HEALTH: _LAST_OF_KEY
}  # fmt: skip
_AN_HOUR = {"retention.ms": "3600000", "retention.bytes": str(1 << 30)}
"""Pictures of a pool are of use until the next one."""
_PENDING_TOPICS = {PENDING: _AN_HOUR, PENDING_ALERTS: _LAST_OF_KEY}
"""Made where somebody reads a pool: a Kafka without them stays as it is."""


class Cluster:
    """A Kafka that is asked what it holds; every method raises BrokerUnreachable where none answers."""

    def __init__(self, bootstrap: str, access: Access | None = None) -> None:
        """`access` is as the environment says where it is not given."""
        self._bootstrap = checked(bootstrap)
        self._access = access

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

        The key of the first record in a partition of `chain.blocks` says whose it is; until a new chain has
        one, its claim does (see `claims`).
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
        return Claims(self._bootstrap, self._access).claim(chain_id, self.chains, self._make_room)

    def _chains(self) -> Iterator[tuple[int, int]]:
        """Chains and their partitions, the newest first: whoever looks for one need not ask for all."""
        with self._admin() as admin:
            count = _partition_counts(admin).get(BLOCKS, 0)
        if not count:
            return
        partitions = [TopicPartition(BLOCKS, number) for number in reversed(range(count))]
        with reaching(self._bootstrap, self._access):
            consumer = open_consumer(self._bootstrap, chosen=self._access)
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

    def room_for_pending(self, chain_id: int) -> int:
        """The chain's partition in the topics of what is pending, which are made where they are missing."""
        partition = self.partition_of(chain_id)
        if self.pending_partitions() <= partition:
            self._make_room(partition + 1, _PENDING_TOPICS, "mempool")
        return partition

    def pending_partitions(self) -> int:
        """How many all topics of what is pending have; 0 where nobody read a pool yet."""
        with self._admin() as admin:
            counts = _partition_counts(admin)
        return min(counts.get(topic, 0) for topic in _PENDING_TOPICS)

    def _make_room(
        self, count: int, topics: Mapping[str, dict[str, str]] = _TOPICS, role: Role = "new-chain"
    ) -> None:
        """Each of the topics has at least `count` partitions, each with a leader."""
        with self._admin() as admin:
            existing = _partition_counts(admin)
            new = [topic for topic in topics if topic not in existing]
            if new:
                replicas, kept = best_for(_brokers(admin))
                wanted = {"num_partitions": count, "replication_factor": replicas}
                with self._needing("Create", new, role), self._seeing(admin, new, role):
                    admin.create_topics({name: wanted | {"configs": topics[name] | kept} for name in new})
            short = {topic: count for topic, number in existing.items() if topic in topics and number < count}
            if short:
                with self._needing("Alter", short, role), suppress(kafka_errors.InvalidPartitionsError):
                    admin.create_partitions(short)  # another new chain may just have made as many
            _wait_for_leaders(admin, count, topics)

    @contextmanager
    def _needing(self, operation: Operation, topics: Iterable[str], role: Role) -> Iterator[None]:
        try:
            yield
        except kafka_errors.AuthorizationError as error:
            lacking = [Right("topic", name, operation) for name in topics]
            raise self._lacking(role, lacking) from error

    @contextmanager
    def _seeing(self, admin: Any, topics: Sequence[str], role: Role) -> Iterator[None]:
        """Topics that are there already were made in this moment, or may not be seen: who may alter may."""
        try:
            yield
        except kafka_errors.TopicAlreadyExistsError as error:
            seen = _partition_counts(admin)
            if hidden := [Right("topic", name, "Alter") for name in topics if name not in seen]:
                raise self._lacking(role, hidden) from error

    def expect_rights(self, role: Role, chain_id: int | None = None) -> None:
        """Returns where the user that this process speaks as may do what the role does. Where it speaks as
        nobody the broker is not asked. Raises BrokerRefused with the first rights that are lacking.
        """
        chosen = access(self._access)
        if not chosen.is_named:
            return
        with self._admin() as admin:
            lacking = missing(admin, role, chain_id)
        if lacking:
            raise self._lacking(role, lacking)

    def _lacking(self, role: Role, lacking: Sequence[Right]) -> BrokerRefused:
        told = [str(right) for right in lacking]
        more = "" if len(told) <= MOST_RIGHTS else f" and {len(told) - MOST_RIGHTS} more"
        return BrokerRefused(
            f"{role} may not do its work in the Kafka at {self._bootstrap}: it lacks "
            f"{', '.join(told[:MOST_RIGHTS])}{more}; `undertow kafka-acls --role {role}` prints what it needs"
        )

    def check_replication(self, role: Role, say: Callable[[str], None]) -> None:
        """Says of each topic that the role looks at by what it may lose what it took, where there is more
        than one broker. Raises BadInput instead where the file of access has `require_replication`.
        """
        chosen = access(self._access)
        found = self.replication_faults(role)
        if chosen.require_replication and found:
            raise BadInput(f"{found[0]} ({len(found)} in all; the file of access has `require_replication`)")
        for line in found:
            say(f"REPLICATION: {line}")

    def replication_faults(self, role: Role) -> list[str]:
        """See `check_replication`. One broker alone has none, unless replication is required."""
        chosen = access(self._access)
        with self._admin() as admin:
            brokers = _brokers(admin)
            found = faults(admin, topics_of(role), brokers)
        if chosen.require_replication and brokers < REPLICAS:
            found.insert(
                0, f"the Kafka at {self._bootstrap} has {brokers} of the {REPLICAS} brokers it needs"
            )
        return found

    def allow(self, principal: str, role: Role, chain_id: int | None) -> int:
        """Gives `principal` the role's rights; how many. Raises BrokerRefused where it may not be done."""
        with self._admin() as admin:
            return give(admin, principal, role, chain_id)

    @contextmanager
    def _admin(self, deadline_s: float = ANSWER_S) -> Iterator[Any]:
        with reaching(self._bootstrap, self._access):
            admin = KafkaAdminClient(**connection(self._bootstrap, deadline_s, self._access))
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


def _brokers(admin: Any) -> int:
    return len(admin.describe_cluster()["brokers"])


def _partition_counts(admin: Any) -> dict[str, int]:
    return {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics()}


def _wait_for_leaders(admin: Any, count: int, names: Iterable[str]) -> None:
    """New partitions take a moment to be known to the broker itself; producers fail on them until then."""
    end = time.monotonic() + ANSWER_S
    while time.monotonic() < end:
        topics = admin.describe_topics(list(names))
        led = [sum(part["leader_id"] >= 0 for part in topic["partitions"]) for topic in topics]
        if len(led) == len(list(names)) and min(led) >= count:
            return
        time.sleep(0.05)
    raise BrokerUnreachable(f"Kafka made no leader for its new partitions within {ANSWER_S:g} seconds")
