"""What calls inside of transactions moved and created, where a batch carries traces."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.kernels.decoding import Kind
from ingest.decode.words import ZERO
from ingest.model.batch import Batch

Array = NDArray[Any]


class Moves(NamedTuple):
    """Of each: row of the batch's transactions, position among its calls, kind, who pays or creates, who is
    paid or created (uint32 [5 n]), and the value (uint64 [4 n], most significant limb first). `traced`: which
    transactions have their top call, as then all their calls are there.
    """

    transaction: Array
    place: Array
    kind: Array
    source: Array
    target: Array
    amount: Array
    traced: Array


def moves(batch: Batch) -> Moves:
    """In order of execution. What failed, or stood below something that did, moved nothing."""
    traces, sent = batch.traces, batch.transactions.height
    if not traces.height:
        return _none(np.zeros(sent, np.bool_))
    places = _places(batch.transactions)
    tops = traces.filter(pl.col("depth") == 0)
    traced = np.isin(places, _places(tops))
    creates = pl.col("call_type") == "create"
    done = ~pl.col("undone") & pl.col("to_address").is_not_null() & (pl.col("depth") > 0)
    found = traces.filter(done & (creates | (pl.col("value") != ZERO)))
    at = np.searchsorted(places, _places(found))
    inside = at < sent
    inside[inside] = places[at[inside]] == _places(found)[inside]
    found, at = found.filter(inside), at[inside]
    if not found.height:
        return _none(traced)
    kind = np.where(found["call_type"].to_numpy() == "create", Kind.CREATION, Kind.INNER_VALUE)
    return Moves(
        at.astype(np.int64),
        found["trace_index"].to_numpy().astype(np.int64),
        kind.astype(np.uint8),
        _words(found["from_address"], np.uint32),
        _words(found["to_address"], np.uint32),
        _words(found["value"], np.dtype(">u8")).astype(np.uint64),
        traced,
    )


def _none(traced: Array) -> Moves:
    empty, address, word = np.zeros(0, np.int64), np.zeros(0, np.uint32), np.zeros(0, np.uint64)
    return Moves(empty, empty, np.zeros(0, np.uint8), address, address, word, traced)


def _words(column: pl.Series, kind: Any) -> Array:
    return np.frombuffer(b"".join(column.to_list()), kind).copy()


def _places(frame: pl.DataFrame) -> Array:
    """Block and position in it as one number, rising along the chain."""
    block = frame["block_number"].to_numpy().astype(np.int64)
    places: Array = (block << 24) | frame["transaction_index"].to_numpy().astype(np.int64)
    return places
