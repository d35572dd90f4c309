"""Records of `chain.pending`: what waits at a node, simulated as one block on top of a head. Each picture
takes the place of the one before it; none of it is of a block.

A record is 4 bytes magic and version, CRC-32 of the rest, length of the header, header (JSON), and a record
of the log (`ingest.log.records`) that carries a piece of the hypothetical block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import msgspec

from ingest.log import framing, records
from ingest.model.batch import Batch
from ingest.model.errors import UnreadableRecord

NAME, VERSION = b"uTp", 1


class PendingHead(msgspec.Struct, frozen=True):
    """What is said of a picture. `parent_number` and `parent_hash` (0x-hex) are the head it was simulated on;
    `waiting`: transactions seen in the pool; `left_out`: how many of them are not in it, by reason;
    `made_at`: seconds UTC, clock of who made it. `hypothetical` is always true.
    """

    chain_id: int
    parent_number: int
    parent_hash: str
    made_at: float
    simulated_by: Literal["eth_simulateV1", "anvil"]
    waiting: int
    transactions: int
    left_out: dict[str, int] = {}
    hypothetical: Literal[True] = True
    part: int = 0
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Picture:
    """A whole picture. `batch` is its one block; None where nothing waits that could be in one."""

    head: PendingHead
    batch: Batch | None


def encode(head: PendingHead, batch: Batch | None) -> Iterator[bytes]:
    """The records of a picture, in order."""
    carried = [b""] if batch is None else list(records.encode(batch))
    for part, body in enumerate(carried):
        yield _seal(msgspec.structs.replace(head, part=part, parts=len(carried)), body)


class PictureAssembler:
    """Puts records together again; a picture that was not sent to its end is passed over."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._head: PendingHead | None = None

    def feed(self, value: bytes) -> Picture | None:
        """The picture that `value` completes, if it does. Raises UnreadableRecord."""
        head, body = _open(value)
        whole = msgspec.structs.replace(head, part=0)
        if head.part == 0:
            self._head, self._parts = whole, []
        if self._head != whole or head.part != len(self._parts):
            return None
        self._parts.append(body)
        if len(self._parts) < head.parts:
            return None
        parts, self._parts, self._head = self._parts, [], None
        return Picture(whole, None if parts == [b""] else _batch(parts, head))


def _batch(parts: list[bytes], head: PendingHead) -> Batch:
    assembler = records.Assembler()
    event = [assembler.feed(each) for each in parts][-1]
    if not isinstance(event, Batch) or len(event) != 1 or event.first != head.parent_number + 1:
        raise UnreadableRecord("a record of pending transactions holds another block than it says")
    return event


def _seal(head: PendingHead, body: bytes) -> bytes:
    return framing.sealed(NAME, VERSION, msgspec.json.encode(head), body)


def _open(value: bytes) -> tuple[PendingHead, bytes]:
    header, body = framing.opened(value, NAME, range(VERSION, VERSION + 1), "chain.pending")
    try:
        return msgspec.json.decode(header, type=PendingHead), body
    except msgspec.DecodeError as error:
        raise UnreadableRecord(f"a record of chain.pending does not decode: {error}") from error
