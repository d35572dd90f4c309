"""The columns of frames as arrays: numbers as they are, binary columns as their bytes in one buffer and where
each row's begin.

All arrays are read-only, wherever they came from: a kernel is compiled anew for each mixture of kinds that it
meets.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingest.model.batch import Batch

Array = NDArray[Any]

_OLDEST = pl.CompatLevel.oldest()
"""Arrow as it was before views of strings: one buffer a column, made in one copy."""


def arrays(batch: Batch) -> list[Array]:
    """What the pass reads of a batch, in the order of its arguments."""
    blocks, transactions, logs = batch.blocks, batch.transactions, batch.logs
    read = [
        _signed(blocks["block_number"]),
        _signed(blocks["timestamp"]),
        _signed(transactions["block_number"]),
        transactions["transaction_index"].to_numpy(),
        _not_zero(transactions["status"]),
        *_bytes(transactions["from_address"]),
        *binary(transactions["to_address"]),
        *binary(transactions["contract_address"]),
        *_bytes(transactions["value"]),
        _signed(logs["block_number"]),
        logs["transaction_index"].to_numpy(),
        logs["log_index"].to_numpy(),
        *_bytes(logs["address"]),
        *binary(logs["topic0"]),
        *binary(logs["topic1"]),
        *binary(logs["topic2"]),
        *binary(logs["topic3"]),
        *_bytes(logs["data"]),
    ]
    for array in read:
        array.flags.writeable = False
    return read


def _signed(column: pl.Series) -> Array:
    return column.to_numpy().view(np.int64)


def _not_zero(column: pl.Series) -> Array:
    """Whether a number is above zero or null: a transaction before Byzantium has no status, and was done."""
    above: Array = column.to_numpy() != 0
    return above


def _bytes(column: pl.Series) -> tuple[Array, Array]:
    """The bytes of a column, and where each row's begin and the last one's end. A null has none."""
    content, places, _ = binary(column)
    return content, places


def binary(column: pl.Series) -> tuple[Array, Array, Array]:
    """As `_bytes`, and which rows hold something."""
    arrow = column.to_arrow(compat_level=_OLDEST)
    rows, before = len(arrow), arrow.offset
    if not rows:
        return np.zeros(0, np.uint8), np.zeros(1, np.int64), np.zeros(0, np.bool_)
    bitmap, offsets, content = arrow.buffers()
    places = np.frombuffer(offsets, np.int64)[before : before + rows + 1]
    return np.frombuffer(content or b"", np.uint8), places, _held(bitmap, before, rows)


def _held(bitmap: Any, before: int, rows: int) -> Array:
    """The bits of Arrow's bitmap from `before` on; without one, every row holds something."""
    if bitmap is None:
        return np.ones(rows, np.bool_)
    bits = np.unpackbits(np.frombuffer(bitmap, np.uint8), count=before + rows, bitorder="little")
    return bits[before:].view(np.bool_)
