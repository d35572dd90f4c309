"""Reading what was committed: in order, from a stated offset, and never jumping to another."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from kafka import TopicPartition
from kafka import errors as kafka_errors

from ingest.kafka.access import Access
from ingest.kafka.connection import ANSWER_S, checked, open_consumer, reaching
from ingest.model.errors import BadInput

_IDLE_S = 10.0
"""After so long without a record a reader asks whether the broker is still there."""


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


class Reader:
    """Reads one partition's committed records in order, from `offset` or from the oldest there is.

    Raises BrokerUnreachable; BadInput where `offset` does not exist (any more).
    """

    def __init__(self, bootstrap: str, topic: str, partition: int, offset: int | None = None) -> None:
        self._bootstrap = checked(bootstrap)
        self._at = TopicPartition(topic, partition)
        self._heard = time.monotonic()
        with reaching(self._bootstrap):
            self._consumer = open_consumer(self._bootstrap)
            self._consumer.assign([self._at])
        self._uncommitted: Any = None
        self.seek(self.beginning() if offset is None else offset)

    @property
    def position(self) -> int:
        """The offset after everything that `poll` has handed out or passed over."""
        with reaching(self._bootstrap):
            return int(self._consumer.position(self._at, timeout_ms=ANSWER_S * 1000))

    def poll(self, timeout_s: float, most: int = 500) -> list[Message]:
        """The next records, at most `most`, in order; empty when `timeout_s` passes without one."""
        with reaching(self._bootstrap):
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

    def sent(self) -> int:
        """The end of all that was sent, committed or not yet: `end` or beyond it.

        Each partition shows a transaction on its own. Who has seen one in another partition finds its
        records in this one below `sent`, though perhaps not yet below `end`.
        """
        if self._uncommitted is None:
            with reaching(self._bootstrap):
                self._uncommitted = open_consumer(self._bootstrap, isolation="read_uncommitted")
        return self._ask(self._uncommitted.end_offsets)

    def seek(self, offset: int) -> None:
        self._consumer.seek(self._at, offset)

    def close(self) -> None:
        for consumer in filter(None, (self._consumer, self._uncommitted)):
            consumer.close(autocommit=False, timeout_ms=1000)

    def _ask(self, question: Callable[..., dict[TopicPartition, int]]) -> int:
        with reaching(self._bootstrap):
            return int(question([self._at], timeout_ms=ANSWER_S * 1000)[self._at])

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
            f"{self.beginning()} to {self.end()}: the state is of another Kafka, or records were deleted"
        )

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Marks:
    """Where `group` last committed that it was done with a partition, asked again and again through one
    connection: to open one takes longer than all else between an alert and who sees it.
    """

    def __init__(
        self,
        bootstrap: str,
        group: str,
        topic: str,
        partition: int,
        access: Access | None = None,
        isolation: str = "read_committed",
    ) -> None:
        """Where it is not `read_committed` a mark on its way in an open transaction is not waited for."""
        self._bootstrap = checked(bootstrap)
        self._access = access
        self._at = TopicPartition(topic, partition)
        with reaching(self._bootstrap, access):
            self._consumer = open_consumer(
                self._bootstrap, group_id=group, isolation=isolation, chosen=access
            )

    def last(self, partition: int | None = None) -> Mark | None:
        """None before its first mark; of another partition where one is named. Raises BrokerUnreachable."""
        at = self._at if partition is None else TopicPartition(self._at.topic, partition)
        with reaching(self._bootstrap, self._access):
            committed = self._consumer.committed(at, metadata=True, timeout_ms=ANSWER_S * 1000)
        if committed is None or committed.offset < 0:
            return None
        return Mark(committed.offset, committed.metadata or "")

    def close(self) -> None:
        self._consumer.close(autocommit=False, timeout_ms=1000)


def last_mark(bootstrap: str, group: str, topic: str, partition: int) -> Mark | None:
    """As `Marks.last`, asked once."""
    with closing(Marks(bootstrap, group, topic, partition)) as marks:
        return marks.last()


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


def _message(record: Any) -> Message:
    return Message(record.topic, record.partition, record.offset, record.key or b"", record.value)
