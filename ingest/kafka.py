"""The only door to Kafka: who speaks on which partition, publishing in transactions, reading what was committed.

A chain has one partition, the same number in every topic. Its records carry the chain id as their key, and the key of a
partition's first record in `chain.blocks` says whose partition it is.
"""

from __future__ import annotations

import importlib.util
import logging
import re
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TypeVar

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka import errors as kafka_errors
from kafka.structs import OffsetAndMetadata

from ingest.errors import BadInput, BrokerUnreachable, UndertowError

BLOCKS = "chain.blocks"
REJECTED = "chain.rejected"
ALERTS = "fraud.alerts"
SCORES = "fraud.scores"

_FOREVER = {"retention.ms": "-1"}
_TOPICS = {BLOCKS: _FOREVER, REJECTED: {}, ALERTS: {"cleanup.policy": "compact"}, SCORES: _FOREVER}
_ANSWER_S = 8.0
"""How long a broker may take to say anything."""
_END_S = 40.0
"""How long the end of a transaction may take; the library itself would wait for ever."""
_IDLE_S = 10.0
"""After so long without a record a reader asks whether the broker is still there."""
_TRANSACTION_TIMEOUT_MS = 10_000
"""A transaction left open by a killed process hides later blocks for this long, unless its successor fences it."""
_FETCH_BYTES = 16 << 20

_UNREACHABLE = (
    kafka_errors.KafkaConnectionError,
    kafka_errors.KafkaTimeoutError,
    kafka_errors.MetadataEmptyBrokerList,
    kafka_errors.NodeNotReadyError,
    kafka_errors.RequestTimedOutError,
    kafka_errors.BrokerNotAvailableError,
)
_FENCED = (kafka_errors.ProducerFencedError, kafka_errors.InvalidProducerEpochError)
_SILENT = logging.NullHandler()

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Message:
    """One record; `value` is None where a compacted key was deleted."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Mark:
    """A group's committed offset (the next one to take) and the note committed with it."""

    offset: int
    note: str


class Cluster:
    """A Kafka that is asked what it holds; every method raises BrokerUnreachable where none answers in seconds."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = _checked(bootstrap)

    def check(self, deadline_s: float = _ANSWER_S) -> None:
        """Returns when the broker has answered."""
        with self._admin(deadline_s) as admin:
            admin.describe_topics([])

    def answers(self, deadline_s: float = _ANSWER_S) -> bool:
        try:
            self.check(deadline_s)
        except BrokerUnreachable:
            return False
        return True

    def chains(self) -> dict[int, int]:
        """The partition of every chain that has published here, by chain id."""
        with self._admin() as admin:
            partitions = _partition_counts(admin).get(BLOCKS, 0)
        owners = _first_keys(self._bootstrap, [TopicPartition(BLOCKS, n) for n in range(partitions)])
        return {int(key): partition for partition, key in owners.items() if key is not None}

    def partition_of(self, chain_id: int, create: bool = False) -> int:
        """The chain's partition. Where it has none: with `create` it gets one, else BadInput.

        `create` makes missing topics. A partition belongs to a chain from its first record on: two *new* chains are
        not to be started in the same second.
        """
        known = self.chains()
        if chain_id in known:
            return known[chain_id]
        if not create:
            raise BadInput(
                f"chain {chain_id} is not in the Kafka at {self._bootstrap} (it holds "
                f"{', '.join(map(str, sorted(known))) or 'no chain'}): start `undertow ingest` for it first"
            )
        partition = next(n for n in range(len(known) + 1) if n not in known.values())
        self._make_room(partition + 1)
        return partition

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
    def _admin(self, deadline_s: float = _ANSWER_S) -> Iterator[Any]:
        with _reaching(self._bootstrap):
            admin = KafkaAdminClient(**_connection(self._bootstrap, deadline_s))
            try:
                yield admin
            finally:
                admin.close()


class Publisher:
    """Writes records and marks in transactions. Making one fences every earlier one with the same id.

    Raises BrokerUnreachable; UndertowError once a later publisher with its id has taken over.
    """

    def __init__(self, bootstrap: str, transactional_id: str) -> None:
        self._bootstrap = _checked(bootstrap)
        self._id = transactional_id
        with self._errors():
            self._producer = KafkaProducer(
                **_connection(self._bootstrap),
                transactional_id=transactional_id,
                transaction_timeout_ms=_TRANSACTION_TIMEOUT_MS,
                retry_backoff_ms=5,  # 100, the default, makes every commit take 108 ms instead of 9
                max_block_ms=_ANSWER_S * 1000,
                request_timeout_ms=10_000,
                delivery_timeout_ms=30_000,
                allow_auto_create_topics=False,
            )
            self._producer.init_transactions()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is sent inside becomes visible together on leaving, or not at all when an exception passes."""
        with self._errors():
            self._producer.begin_transaction()
        try:
            yield
        except BaseException:
            self._abort()
            raise
        self._end(self._producer.commit_transaction)

    def send(self, topic: str, partition: int, key: bytes, value: bytes | None) -> None:
        """Hands one record over (at most 1 MB); a failure to deliver is raised by the transaction's end."""
        with self._errors():
            self._producer.send(topic, value=value, key=key, partition=partition)

    def mark(self, group: str, topic: str, partition: int, offset: int, note: str) -> None:
        """Commits, with the transaction, that `group` is done below `offset`; `note` is at most 4,000 bytes."""
        marks = {TopicPartition(topic, partition): OffsetAndMetadata(offset, note, -1)}
        self._end(lambda: self._producer.send_offsets_to_transaction(marks, group))

    def close(self) -> None:
        """Lets go of the connection; an open transaction is left to be aborted by the broker."""
        self._producer.close(timeout=1)

    def _end(self, call: Callable[[], None]) -> None:
        with self._errors():
            try:
                _within(_END_S, call)
            except kafka_errors.KafkaError as error:
                if not isinstance(error, (*_FENCED, *_UNREACHABLE)):
                    self._abort()
                raise

    def _abort(self) -> None:
        """As well as it can: the broker aborts by itself what nobody ends, and a successor fences it."""
        try:
            _within(_END_S, self._producer.abort_transaction)
        except kafka_errors.KafkaError as error:
            logging.getLogger(__name__).warning(
                "a transaction of %s was left to time out: %r", self._id, error
            )

    @contextmanager
    def _errors(self) -> Iterator[None]:
        with _reaching(self._bootstrap):
            try:
                yield
            except _FENCED as error:
                raise UndertowError(
                    f"another process publishes as {self._id} and took over: this one ends, so nothing is sent twice"
                ) from error

    def __enter__(self) -> Publisher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Reader:
    """Reads one partition's committed records in order, from `offset` or from the oldest there is.

    Raises BrokerUnreachable; BadInput where `offset` does not exist (any more).
    """

    def __init__(self, bootstrap: str, topic: str, partition: int, offset: int | None = None) -> None:
        self._bootstrap = _checked(bootstrap)
        self._at = TopicPartition(topic, partition)
        self._heard = time.monotonic()
        with _reaching(self._bootstrap):
            self._consumer = _consumer(self._bootstrap)
            self._consumer.assign([self._at])
        self.seek(self.beginning() if offset is None else offset)

    @property
    def position(self) -> int:
        """The offset after everything that `poll` has handed out or passed over."""
        with _reaching(self._bootstrap):
            return int(self._consumer.position(self._at, timeout_ms=_ANSWER_S * 1000))

    def poll(self, timeout_s: float, most: int = 500) -> list[Message]:
        """The next records, at most `most`, in order; empty when `timeout_s` passes without one."""
        with _reaching(self._bootstrap):
            try:
                polled = self._consumer.poll(timeout_ms=int(timeout_s * 1000), max_records=most)
            except (kafka_errors.OffsetOutOfRangeError, kafka_errors.NoOffsetForPartitionError) as error:
                raise self._no_such_offset() from error
        messages = [_message(record) for record in polled.get(self._at, ())]
        self._listen(bool(messages))
        return messages

    def beginning(self) -> int:
        """The oldest offset there is."""
        return self._ask(self._consumer.beginning_offsets)

    def end(self) -> int:
        """The last stable offset: every record below it is committed or aborted."""
        return self._ask(self._consumer.end_offsets)

    def seek(self, offset: int) -> None:
        self._consumer.seek(self._at, offset)

    def close(self) -> None:
        self._consumer.close(autocommit=False, timeout_ms=1000)

    def _ask(self, question: Callable[..., dict[TopicPartition, int]]) -> int:
        with _reaching(self._bootstrap):
            return int(question([self._at], timeout_ms=_ANSWER_S * 1000)[self._at])

    def _listen(self, heard: bool) -> None:
        """Silence may be a quiet chain or a dead broker: the library does not tell them apart."""
        if not heard and time.monotonic() - self._heard < _IDLE_S:
            return
        if not heard:
            self.end()
        self._heard = time.monotonic()

    def _no_such_offset(self) -> BadInput:
        return BadInput(
            f"{self._at.topic} partition {self._at.partition} does not hold offset {self.position}, only "
            f"{self.beginning()} to {self.end()}: this state belongs to another Kafka, or records were deleted"
        )

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def last_mark(bootstrap: str, group: str, topic: str, partition: int) -> Mark | None:
    """Where `group` last committed that it was done; None before its first mark."""
    bootstrap = _checked(bootstrap)
    with _reaching(bootstrap):
        consumer = _consumer(bootstrap, group_id=group)
        try:
            at = TopicPartition(topic, partition)
            committed = consumer.committed(at, metadata=True, timeout_ms=_ANSWER_S * 1000)
        finally:
            consumer.close(autocommit=False, timeout_ms=1000)
    return (
        None
        if committed is None or committed.offset < 0
        else Mark(committed.offset, committed.metadata or "")
    )


def tail(bootstrap: str, topic: str, partition: int, count: int) -> list[Message]:
    """The last `count` committed records, oldest first; fewer where there are no more.

    Commit markers and aborted records hold offsets too, so it looks back twice as far until it has enough.
    """
    with Reader(bootstrap, topic, partition) as reader:
        first, end = reader.beginning(), reader.end()
        depth = 2 * count + 8
        while True:
            start = max(first, end - depth)
            messages = _read_between(reader, start, end)
            if len(messages) >= count or start == first:
                return messages[-count:]
            depth *= 2


def _read_between(reader: Reader, start: int, end: int) -> list[Message]:
    reader.seek(start)
    messages: list[Message] = []
    while reader.position < end:
        messages += reader.poll(0.5)
    return [message for message in messages if message.offset < end]


def _first_keys(bootstrap: str, partitions: list[TopicPartition]) -> dict[int, bytes | None]:
    """The key of the first committed record of each partition, None where there is none."""
    if not partitions:
        return {}
    with _reaching(bootstrap):
        consumer = _consumer(bootstrap)
        try:
            bounds = (consumer.beginning_offsets(partitions), consumer.end_offsets(partitions))
            return {at.partition: _first_key(consumer, at, bounds[0][at], bounds[1][at]) for at in partitions}
        finally:
            consumer.close(autocommit=False, timeout_ms=1000)


def _first_key(consumer: Any, at: TopicPartition, start: int, end: int) -> bytes | None:
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
    end = time.monotonic() + _ANSWER_S
    while time.monotonic() < end:
        topics = admin.describe_topics(list(_TOPICS))
        led = [sum(part["leader_id"] >= 0 for part in topic["partitions"]) for topic in topics]
        if len(led) == len(_TOPICS) and min(led) >= count:
            return
        time.sleep(0.05)
    raise BrokerUnreachable(f"Kafka made no leader for its new partitions within {_ANSWER_S:g} seconds")


def _message(record: Any) -> Message:
    return Message(record.topic, record.partition, record.offset, record.key or b"", record.value)


def _consumer(bootstrap: str, group_id: str | None = None) -> Any:
    return KafkaConsumer(
        **_connection(bootstrap),
        group_id=group_id,
        enable_auto_commit=False,
        isolation_level="read_committed",
        auto_offset_reset="none",  # never a silent jump to another offset
        fetch_max_bytes=_FETCH_BYTES,
        max_partition_fetch_bytes=_FETCH_BYTES,
        allow_auto_create_topics=False,
    )


def _connection(bootstrap: str, deadline_s: float = _ANSWER_S) -> dict[str, Any]:
    logging.getLogger("kafka").addHandler(_SILENT)  # our own errors say what its log would say
    if importlib.util.find_spec("crc32c") is None:
        warnings.warn("crc32c is not installed: Kafka is 3 to 40 times slower without it", stacklevel=3)
    return {"bootstrap_servers": bootstrap.split(","), "bootstrap_timeout_ms": deadline_s * 1000}


def _checked(bootstrap: str) -> str:
    for part in bootstrap.split(","):
        match = re.fullmatch(r"(?:\[[0-9a-fA-F:]+\]|[\w.-]+):(\d{1,5})", part)
        if match is None or not 0 < int(match[1]) < 65536:
            raise BadInput(
                f"{part!r} is not a Kafka address: --kafka takes HOST:PORT, for example 127.0.0.1:9092"
            )
    return bootstrap


@contextmanager
def _reaching(bootstrap: str) -> Iterator[None]:
    try:
        yield
    except _UNREACHABLE as error:
        raise BrokerUnreachable(
            f"no Kafka broker answers at {bootstrap}: start one with `undertow broker` or give --kafka"
        ) from error


def _within(deadline_s: float, call: Callable[[], Result]) -> Result:
    """`call()`, given up after `deadline_s` with KafkaTimeoutError; its thread then waits on, to the process's end."""
    outcome: list[Result | BaseException] = []

    def run() -> None:
        try:
            outcome.append(call())
        except kafka_errors.KafkaError as error:
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(deadline_s)
    if not outcome:
        raise kafka_errors.KafkaTimeoutError(f"no answer within {deadline_s:g} seconds")
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]
