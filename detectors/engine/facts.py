"""Facts that a piece brought, as columns for those who read parts: one function a table of facts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import polars as pl

from detectors.engine.crossings import messages
from detectors.kernels.rows import Piece, sealed
from detectors.memory.layout import Array, Columns
from detectors.memory.names import Names, address_words
from ingest import schema
from ingest.model.batch import Batch

HASH_BYTES = 32


def facts_of(batch: Batch, names: Names, piece: Piece) -> Mapping[str, Columns]:
    """By the name of the table; every address that codes and tokens tell of is one that has a number."""
    return {
        "codes": codes(batch, names),
        "tokens": tokens(batch, names),
        "messages": messages(batch, piece),
        "disagreements": disagreements(batch),
    }


def disagreements(batch: Batch) -> Columns:
    """`block`, `node`, `what`, `answer`, `other_node`, `other_answer` (str; None for nothing), `refuted`,
    `about` and `depth` (-1 for nothing).
    """
    frame = batch.disagreements
    return _disagreements(frame) if frame.height else _agreed()


@cache
def _agreed() -> Columns:
    return _disagreements(schema.DISAGREEMENTS.empty())


def _disagreements(frame: pl.DataFrame) -> Columns:
    words = ("node", "what", "answer", "other_node", "other_answer")
    told: dict[str, Array] = {name: _objects(frame[name]) for name in words}
    numbers = {
        name: frame[name].cast(pl.Int64).fill_null(-1).to_numpy().copy() for name in ("about", "depth")
    }
    block = frame["block_number"].to_numpy().astype(np.int64)
    return sealed({"block": block, **told, **numbers, "refuted": frame["refuted"].to_numpy().copy()})


def codes(batch: Batch, names: Names) -> Columns:
    """`block`, `address`, `hash` (uint8 [n, 32]), `code`: bytes, None where its hash was told before."""
    frame = batch.codes.filter(pl.col("code_hash").is_not_null())
    numbers, known = _numbered(frame["address"], frame["block_number"], names)
    hashes = np.frombuffer(b"".join(frame["code_hash"].to_list()), np.uint8).reshape(-1, HASH_BYTES)
    return sealed(
        {
            "block": frame["block_number"].to_numpy().astype(np.int64)[known],
            "address": numbers[known],
            "hash": hashes[known],
            "code": _objects(frame["code"])[known],
        }
    )


def tokens(batch: Batch, names: Names) -> Columns:
    """`block`, `address`, `name`, `symbol` (bytes as they were said, None for nothing), `decimals` (-1)."""
    frame = batch.token_metadata
    numbers, known = _numbered(frame["token"], frame["block_number"], names)
    return sealed(
        {
            "block": frame["block_number"].to_numpy().astype(np.int64)[known],
            "address": numbers[known],
            "name": _objects(frame["name"])[known],
            "symbol": _objects(frame["symbol"])[known],
            "decimals": frame["decimals"].cast(pl.Int64).fill_null(-1).to_numpy()[known],
        }
    )


def _numbered(addresses: pl.Series, told: pl.Series, names: Names) -> tuple[Array, Array]:
    """The number of each, and which had one by the block that told of it: what no row is about yet nobody can
    speak of, wherever pieces are cut.
    """
    if not len(addresses):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    numbers = names.find(address_words(addresses.to_list()), int(told.max()))  # type: ignore[arg-type]
    known = np.flatnonzero(numbers >= 0)
    appeared = names.appeared(numbers[known])
    return numbers, known[appeared <= told.to_numpy().astype(np.int64)[known]]


def _objects(column: pl.Series) -> Array:
    out = np.empty(len(column), object)
    out[:] = column.to_list()
    return out
