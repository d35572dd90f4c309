"""The record format of the log: versioned envelopes that carry batches, rollbacks and facts through Kafka.

An envelope is: 4 bytes magic and version, CRC-32 of the rest, length of the header, header (JSON), payload.
The payload of a batch is its frames as Arrow IPC streams (lz4), one after the other; the header says how long
each is.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import msgspec
import polars as pl

from ingest import schema
from ingest.log import framing
from ingest.model.batch import Batch, Event, Rollback
from ingest.model.errors import UnreadableRecord

NAME, VERSION = b"uTw", 5
"""A record is of the lowest format that knows its tables: an undertow of before that says that it is too old,
and one of now reads them all.
"""

MOST_BYTES = 900_000
"""A broker with default limits carries 1 MB; the rest is room for its own framing."""

MOST_BLOCKS = 500
"""Blocks in one record: keeps the header, which lists their hashes, within its room."""

_HEADER_ROOM = 64_000
_UNCOMPRESSED, _NUMBER_BYTES = 1_700_000, 8
"""What about fills a record, before it is compressed: mainnet's blocks shrink to less than half."""

_COMPAT = pl.CompatLevel.oldest()
_TABLES: dict[str, tuple[tuple[schema.Table, ...], tuple[schema.Table, ...]]] = {
    "blocks": (schema.CHAIN_TABLES, (schema.TRACES,)),
    "facts": ((), schema.FACT_TABLES),
}
"""The tables that a record of each kind must hold, and those that it may; in this order."""

_SINCE = {
    schema.WRAPPED_NATIVES.name: 2, schema.MESSAGES.name: 3, schema.DISAGREEMENTS.name: 3,
    schema.BLOCKS.name: 5, schema.TRANSACTIONS.name: 4,
}  # fmt: skip
"""Tables that format 1 does not know, with the first that does; and tables that got columns since, with the
first that knows them. Where an older record lacks such a column, it is null.
"""


class Head(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an envelope says of its payload: `first`..`last` are block numbers, `hashes` theirs in order
    (hex).

    `frames` holds the length in bytes of each frame in the whole payload, which `parts` records share.
    `lists` holds, for each list that was told by then, an offset of the log from which its last version is
    the first that is met.
    """

    kind: Literal["blocks", "facts", "rollback"]
    chain_id: int
    first: int
    last: int
    hashes: list[str] = []
    frames: dict[str, int] = {}
    lists: dict[str, int] = {}
    part: int = 0
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Record:
    head: Head
    payload: bytes


def encode(event: Event, lists: dict[str, int] | None = None) -> Iterator[bytes]:
    """The records of an event, in order, each at most `MOST_BYTES`: facts first, then blocks (with `lists`).
    Each is made when it is asked for, while those before it are on their way.

    Blocks that do not fit one record are shared out among as many as they fill; one block that does not fit
    is split into numbered parts.
    """
    if isinstance(event, Rollback):
        number = event.number
        yield _seal(Head("rollback", event.chain_id, number, number, [event.hash.hex()]), b"")
    else:
        yield from _batch_records(event, lists or {})


def peek(value: bytes) -> Head:
    """The header of a record, its payload checked but not decoded. Raises UnreadableRecord."""
    return _open(value).head


class Assembler:
    """Puts records together again: fed in order, it hands out each event with the last record of it. From the
    beginning of a log that was cut, parts whose first one is gone are passed over.
    """

    def __init__(self, from_beginning: bool = False) -> None:
        self._cut = from_beginning
        self._parts: list[Record] = []
        self._facts: dict[str, pl.DataFrame] = {}

    def feed(self, value: bytes) -> Event | None:
        """The event that `value` completes, if it does. Raises UnreadableRecord."""
        whole = self._join(_open(value))
        if whole is None:
            return None
        head = whole.head
        if head.kind == "rollback":
            return Rollback(head.chain_id, head.last, bytes.fromhex(head.hashes[-1]))
        frames = _read_frames(whole)
        if head.kind == "facts":
            self._facts = frames
            return None
        facts, self._facts = self._facts, {}
        return Batch(**frames, **facts)

    def _join(self, record: Record) -> Record | None:
        """All parts as one record, once the last is here."""
        head = record.head
        self._cut = self._cut and head.part > 0
        if self._cut:
            return None
        if head.part != len(self._parts) or (self._parts and _whole(head) != _whole(self._parts[0].head)):
            raise UnreadableRecord(f"part {head.part + 1} of {head.parts} of {_name(head)} came out of turn")
        self._parts.append(record)
        if len(self._parts) < head.parts:
            return None
        parts, self._parts = self._parts, []
        return Record(_whole(head), b"".join(part.payload for part in parts))


def _batch_records(batch: Batch, lists: dict[str, int]) -> Iterator[bytes]:
    if not len(batch):
        return
    hashes = [block_hash.hex() for block_hash in batch.blocks["block_hash"]]
    tables = (*schema.CHAIN_TABLES, *((schema.TRACES,) if batch.traces.height else ()))
    chain = {table.name: batch.frames()[table.name] for table in tables}
    head = Head("blocks", batch.chain_id, batch.first, batch.last, hashes, lists=lists)
    pieces = _pieces(len(batch), chain)
    records = _records(head, chain) if pieces == 1 else []
    if len(batch) > 1 and len(records) != 1:
        blocks = max(1, len(batch) // max(2, pieces, len(records)))
        for first in range(batch.first, batch.last + 1, blocks):
            yield from _batch_records(batch.slice(first, min(first + blocks - 1, batch.last)), lists)
        return
    if facts := batch.facts():
        yield from _records(Head("facts", batch.chain_id, batch.first, batch.last), facts)
    yield from records


def _pieces(blocks: int, frames: dict[str, pl.DataFrame]) -> int:
    """How many records the blocks will about fill: to try would be to encode them time and again."""
    if blocks == 1:
        return 1
    size = sum(frame.height * _NUMBER_BYTES * frame.width + _bytes_in(frame) for frame in frames.values())
    return max(-(-blocks // MOST_BLOCKS), -(-size // _UNCOMPRESSED))


def _bytes_in(frame: pl.DataFrame) -> int:
    return int(sum(frame.select(pl.col(pl.Binary).bin.size().sum()).row(0))) if frame.height else 0


def _records(head: Head, frames: dict[str, pl.DataFrame]) -> list[bytes]:
    written = {name: _write_frame(frame) for name, frame in frames.items()}
    payload, room = b"".join(written.values()), MOST_BYTES - _HEADER_ROOM
    lengths = {name: len(data) for name, data in written.items()}
    parts = max(1, -(-len(payload) // room))
    return [
        _seal(
            msgspec.structs.replace(head, frames=lengths, part=part, parts=parts),
            payload[part * room : (part + 1) * room],
        )
        for part in range(parts)
    ]


def _seal(head: Head, payload: bytes) -> bytes:
    version = max((_SINCE.get(name, 1) for name in head.frames), default=1)
    return framing.sealed(NAME, version, msgspec.json.encode(head), payload)


def _open(value: bytes) -> Record:
    hint = ": was another program publishing to it?"
    header, payload = framing.opened(value, NAME, range(1, VERSION + 1), "the log", hint)
    try:
        return Record(msgspec.json.decode(header, type=Head), payload)
    except msgspec.DecodeError as error:
        raise UnreadableRecord(f"a record of the log has a header that does not decode: {error}") from error


def _write_frame(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_ipc_stream(buffer, compression="lz4", compat_level=_COMPAT)
    return buffer.getvalue()


def _read_frames(record: Record) -> dict[str, pl.DataFrame]:
    head, frames, start = record.head, {}, 0
    must, may = _TABLES[head.kind]
    held = [table for table in (*must, *may) if table.name in head.frames]
    complete = all(table.name in head.frames for table in must) and len(held) == len(head.frames)
    if not complete or not held or sum(head.frames.values()) != len(record.payload):
        raise UnreadableRecord(f"the record of {_name(head)} does not hold the tables that it must")
    for table in held:
        end = start + head.frames[table.name]
        frames[table.name] = _read_frame(table, record.payload[start:end], head)
        start = end
    return frames


def _read_frame(table: schema.Table, data: bytes, head: Head) -> pl.DataFrame:
    try:
        frame = schema.completed(table, pl.read_ipc_stream(io.BytesIO(data)))
    except pl.exceptions.PolarsError as error:
        raise UnreadableRecord(f"table {table.name} of {_name(head)} does not decode: {error}") from error
    if dict(frame.schema) != table.schema:
        raise UnreadableRecord(
            f"table {table.name} of {_name(head)} has other columns than this undertow reads"
        )
    return frame


def _whole(head: Head) -> Head:
    return msgspec.structs.replace(head, part=0)


def _name(head: Head) -> str:
    return f"{head.kind} {head.first}-{head.last} of chain {head.chain_id}"
