"""Calls the pass: room for its rows, and in words what is wrong with a batch that it cannot read."""

from __future__ import annotations

from detectors.kernels.decoding import one_pass
from detectors.kernels.decoding.columns import Array, arrays
from detectors.kernels.decoding.program import program
from detectors.kernels.decoding.rows import Room, Rows
from ingest.model.batch import Batch
from ingest.model.errors import BadInput

_FAULTS = {
    one_pass.TRANSACTION_PLACE: "transactions is not after the one before it in its block",
    one_pass.TRANSACTION_BLOCK: "transactions belongs to none of the blocks, or to one before the last row's",
    one_pass.TRANSACTION_WIDTH: "transactions has an address that is not 20 bytes, or a value that is not 32",
    one_pass.LOG_PLACE: "logs belongs to none of the transactions, or is not after the one before it",
    one_pass.LOG_ADDRESS: "logs has an address that is not 20 bytes",
    one_pass.LOG_TOPIC_WIDTH: "logs has a topic that is not 32 bytes",
    one_pass.LOG_TOPIC_GAP: "logs has a topic after one that is missing",
}


def decode(batch: Batch, room: Room | None = None, read: list[Array] | None = None) -> Rows:
    """The rows of consecutive blocks. With a `room` they are views of it, and hold until its next use. `read`
    are the batch's columns, where its asker has made them already (`columns.arrays`).

    Raises BadInput for frames that are not a batch's: out of order, without the block or transaction that a
    row belongs to, or with bytes of a wrong size.
    """
    room = Room() if room is None else room
    known = program()
    read = arrays(batch) if read is None else read
    rows, more = batch.transactions.height + batch.logs.height, batch.logs.height
    while True:
        room.reserve(rows, more)
        fault, where, rows, more = one_pass.one_pass(*known, *read, *room.columns)
        if fault != one_pass.SOUND:
            raise BadInput(_said(batch, fault, where))
        if rows <= room.rows and more <= room.more:
            return room.used(rows, more)


def _said(batch: Batch, fault: int, where: int) -> str:
    blocks = f"blocks {batch.first} to {batch.last}" if len(batch) else "no blocks"
    return (
        f"the batch of {blocks} cannot be decoded: row {where} of {_FAULTS[fault]}:"
        " read these blocks from a node or a lake again"
    )
