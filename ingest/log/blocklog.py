"""The record log of one chain in Kafka: written in whole events, read as events, and its own cursor."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from types import TracebackType

import polars as pl

from ingest import schema
from ingest.blocks.headers import Header, Headers
from ingest.kafka import (
    BLOCKS,
    REJECTED,
    Beating,
    Cluster,
    Message,
    Publisher,
    Reader,
    ingest_place,
    tail,
)
from ingest.log import records
from ingest.log.list_offsets import ListOffsets, lists_of
from ingest.model.batch import Batch, Event, Rollback
from ingest.model.errors import UnreadableRecord, WrongChain
from ingest.model.health import Vitals
from ingest.model.turns import Owner

ARCHIVED = 1_200
"""Blocks by which a lake that is kept beside the log may be behind it: a range and what is not final."""

LOOK_BACK = 256
"""Headers that are read back at a start: more than any reorganisation that is followed without `--rebuild`.
"""


class LogReader:
    """Reads the events of a chain in order, from `offset` or from the beginning.

    Raises BadInput where the chain is not in this Kafka, UnreadableRecord with the offset where a record is
    damaged, WrongChain where it is another chain's.
    """

    def __init__(self, bootstrap: str, chain_id: int, offset: int | None = None) -> None:
        partition = Cluster(bootstrap).partition_of(chain_id)
        self._chain_id = chain_id
        self._reader = Reader(bootstrap, BLOCKS, partition, offset)
        self._assembler = records.Assembler(from_beginning=offset is None)

    def poll(self, timeout_s: float) -> list[tuple[Event, int]]:
        """The next events, each with the offset after its last record: the place to go on from."""
        fed = ((self._feed(message), message.offset + 1) for message in self._reader.poll(timeout_s))
        return [(event, after) for event, after in fed if event is not None]

    def end(self) -> int:
        """The offset after everything committed."""
        return self._reader.end()

    @property
    def position(self) -> int:
        return self._reader.position

    def close(self) -> None:
        self._reader.close()

    def _feed(self, message: Message) -> Event | None:
        place = f"{message.topic}, partition {message.partition}, offset {message.offset}"
        try:
            event = self._assembler.feed(message.value or b"")
        except UnreadableRecord as error:
            raise UnreadableRecord(f"{error} ({place})") from error
        if event is not None and event.chain_id != self._chain_id:
            raise WrongChain(
                f"a record of chain {event.chain_id} lies in the log of chain {self._chain_id} ({place}): "
                "another program wrote there; backfill a lake and judge that, or begin with a new Kafka"
            )
        return event

    def __enter__(self) -> LogReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class LogWriter:
    """Appends events to the log of one chain; there is one writer at a time, the newest."""

    def __init__(
        self, bootstrap: str, chain_id: int, vitals: Vitals | None = None, owner: Owner | None = None
    ) -> None:
        """The order matters: only what a fenced predecessor can no longer change is read back.

        1. the chain's partition is found, or made;
        2. the predecessor, if one still runs, is fenced and its open transaction aborted;
        3. with an `owner` who stands by is told that there is a writer;
        4. the last headers are read back from the log: they are the cursor.
        """
        self._bootstrap = bootstrap
        self._key = str(chain_id).encode()
        self._chain_id = chain_id
        self._vitals = vitals or Vitals()
        self._partition = Cluster(bootstrap).partition_of(chain_id, create=True)
        place = ingest_place(chain_id, self._partition)
        self._publisher = Publisher(bootstrap, place.group)
        self._beating = None if owner is None else Beating(self._publisher, place, owner)
        try:
            self.headers, self._list_offsets = read_back(bootstrap, chain_id, self._partition)
        except BaseException:
            self.close(ended=False)
            raise
        self._rejected: set[tuple[int | None, str]] = set()

    def publish(self, events: Sequence[Event]) -> None:
        """All of `events` become visible together.

        1. a transaction begins; 2. records are encoded and sent, in order; 3. it is committed; 4. only then
        do the headers move. A crash before 3 leaves nothing behind, one after 3 is seen by `cursor`.
        """
        offsets = self._list_offsets.copy()
        end = self._end() if any(lists_of(event).height for event in events) else 0
        with self._publisher.transaction():
            for event in events:
                offsets.follow(event, end)
                for value in records.encode(event, offsets.now):
                    self._publisher.send(BLOCKS, self._partition, self._key, value)
                    self._vitals.count("bytes", len(value))
        for event in events:
            _apply(self.headers, event)
        self._list_offsets = offsets

    def lists(self) -> pl.DataFrame:
        """The versions of lists that count as of the headers kept (shape: `schema.LISTS`), in order."""
        versions = [self._version(source, offset) for offset, source in self._list_offsets.versions()]
        return pl.concat(versions) if versions else schema.LISTS.empty()

    def recent(self, blocks: int = ARCHIVED) -> list[Batch]:
        """The last so many blocks, or more, that are still in the chain, with their facts alone."""
        batches: list[Batch] = []
        if self.headers.head is None:
            return batches
        for event in tail_events(self._bootstrap, self._partition, self.headers.head.number - blocks):
            if isinstance(event, Rollback):
                cut = [batch.slice(batch.first, event.number) for batch in batches]
                batches = [batch for batch in cut if len(batch)]
            else:
                batches.append(replace(event, **_NOTHING_ELSE))
        return batches

    def _version(self, source: str, offset: int) -> pl.DataFrame:
        with LogReader(self._bootstrap, self._chain_id, offset) as reader:
            while reader.position < reader.end():
                for event, _ in reader.poll(0.5):
                    rows = lists_of(event).filter(pl.col("source") == source)
                    if rows.height:
                        return rows
        raise UnreadableRecord(
            f"{BLOCKS} does not hold list {source} from offset {offset} on: were records deleted?"
        )

    def _end(self) -> int:
        with Reader(self._bootstrap, BLOCKS, self._partition) as reader:
            return reader.end()

    def look_back(self) -> bool:
        """Reads back four times as many headers as are kept. Whether that brought any that were not."""
        oldest = self.headers.oldest
        further = cursor(self._bootstrap, self._chain_id, self._partition, 4 * max(1, len(self.headers)))
        self.headers.replace_by(further)
        return self.headers.oldest != oldest

    def reject(self, number: int | None, reason: str, source: str) -> bool:
        """Sets aside, once for each block and reason, what could not be proved. Whether it was new.

        `number` is None where it is about a node and not about a block.
        """
        if (number, reason) in self._rejected:
            return False
        note = {
            "at": int(time.time()), "block_number": number, "chain_id": self._chain_id, "reason": reason,
            "source": source,
        }  # fmt: skip
        with self._publisher.transaction():
            self._publisher.send(
                REJECTED, self._partition, self._key, json.dumps(note, sort_keys=True).encode()
            )
        self._rejected.add((number, reason))
        return True

    def check(self) -> None:
        """Raises TakenOver or BrokerUnreachable where a beat met that; without an owner nobody beats."""
        if self._beating is not None:
            self._beating.check()

    def close(self, ended: bool = True) -> None:
        """With `ended` who stands by is told that it need not wait."""
        if self._beating is not None:
            self._beating.close(ended)
        self._publisher.close()


_NOTHING_ELSE = {
    table.name: table.empty() for table in (schema.TRANSACTIONS, schema.LOGS, schema.TRACES)
}  # fmt: skip


def tail_events(bootstrap: str, partition: int, number: int) -> Iterator[Event]:
    """The last events of the log, from block `number` on or earlier, or from its beginning."""
    count = 64
    while True:
        messages = tail(bootstrap, BLOCKS, partition, count)
        first = next((head.first for head in _heads(messages) if head.kind == "blocks"), None)
        if len(messages) < count or (first is not None and first <= number):
            assembler = records.Assembler(from_beginning=True)
            fed = (assembler.feed(message.value or b"") for message in messages)
            yield from (event for event in fed if event is not None)
            return
        count *= 4


def _heads(messages: Iterable[Message]) -> Iterable[records.Head]:
    return (records.peek(message.value or b"") for message in messages)


def cursor(bootstrap: str, chain_id: int, partition: int, depth: int = LOOK_BACK) -> Headers:
    """The last headers of the log: see `read_back`."""
    return read_back(bootstrap, chain_id, partition, depth)[0]


def read_back(
    bootstrap: str, chain_id: int, partition: int, depth: int = LOOK_BACK
) -> tuple[Headers, ListOffsets]:
    """The last headers of the log, `depth` of them where it holds so many; empty where it holds none. And
    where the lists are that it was told.

    Raises WrongChain where the records are another chain's.
    """
    count = 64
    while True:
        messages = tail(bootstrap, BLOCKS, partition, count)
        headers, offsets = _replay(chain_id, messages)
        headers.from_start = len(messages) < count
        if headers.from_start or len(headers) >= depth:
            return headers, offsets
        count *= 4


def _replay(chain_id: int, messages: Iterable[Message]) -> tuple[Headers, ListOffsets]:
    headers, offsets = Headers(), ListOffsets()
    for message in messages:
        head = records.peek(message.value or b"")
        if head.chain_id != chain_id:
            raise WrongChain(
                f"{BLOCKS} partition {message.partition} holds chain {head.chain_id}, not {chain_id}"
            )
        if head.kind == "rollback":
            headers.roll_back(Header(head.last, bytes.fromhex(head.hashes[-1])))
            offsets.roll_back(head.last)
        elif head.kind == "blocks" and head.part == head.parts - 1:
            hashes = enumerate(head.hashes, head.first)
            headers.extend(Header(number, bytes.fromhex(text)) for number, text in hashes)
            offsets.note(head.first, head.lists)
    return headers, offsets


def _apply(headers: Headers, event: Event) -> None:
    if isinstance(event, Rollback):
        headers.roll_back(Header(event.number, event.hash))
    else:
        headers.extend(batch_headers(event))


def batch_headers(batch: Batch) -> list[Header]:
    numbers, hashes = batch.blocks["block_number"], batch.blocks["block_hash"]
    return [Header(number, bytes(block_hash)) for number, block_hash in zip(numbers, hashes, strict=True)]
