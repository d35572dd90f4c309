"""Facts that a piece brought, as columns for those who read parts: one function a table of facts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import polars as pl

from detectors.engine.crossings import messages
from detectors.kernels.rows import Piece, sealed
from detectors.memory.layout import Array, Columns
from detectors.memory.names import Names, address_words
from detectors.parts.contract import TracedCall
from ingest import schema
from ingest.model.batch import Batch

HASH_BYTES = 32
_CALL = ("depth", "call_type", "from_address", "to_address", "value", "input", "error")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a piece brought, numbered when it is asked for: most bring nothing. Every address that codes
    and tokens tell of is one that has a number.
    """

    batch: Batch
    names: Names
    piece: Piece
    block: int | None = None
    """The one that is asked about, else all."""

    def codes(self) -> Columns:
        return codes(self._told(self.batch.codes), self.names)

    def tokens(self) -> Columns:
        return tokens(self._told(self.batch.token_metadata), self.names)

    def messages(self) -> Columns:
        return self._of_block(messages(self.batch, self.piece))

    def disagreements(self) -> Columns:
        return self._of_block(disagreements(self.batch))

    def call_data(self, transaction: int) -> bytes:
        """What a transaction, by its number, was sent with; hostile, of any length."""
        at = int(transaction - self.piece.transactions["number"][0])
        return self.batch.transactions["input"][at] or b""

    def calls(self, transaction: int) -> tuple[TracedCall, ...]:
        """The traces of a transaction, by its number."""
        traces, sent = self.batch.traces, self.batch.transactions
        if not traces.height:
            return ()
        at = int(transaction - self.piece.transactions["number"][0])
        block, index = sent["block_number"][at], sent["transaction_index"][at]
        first = int(traces["block_number"].search_sorted(block, "left"))
        end = int(traces["block_number"].search_sorted(block, "right"))
        mine = traces[first:end].filter(pl.col("transaction_index") == index)
        return tuple(
            TracedCall(depth, way, source, target, int.from_bytes(value, "big"), data or b"", why is not None)
            for depth, way, source, target, value, data, why in mine.select(_CALL).iter_rows()
        )

    def of_block(self, number: int) -> Facts:
        """What one block of the piece brought."""
        return replace(self, block=number)

    def _told(self, frame: pl.DataFrame) -> pl.DataFrame:
        if self.block is None or not frame.height:
            return frame
        return frame.filter(pl.col("block_number") == self.block)

    def _of_block(self, told: Columns) -> Columns:
        if self.block is None:
            return told
        kept = told["block"] == self.block
        return sealed({name: column[kept] for name, column in told.items()})


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
    numbers = {name: _or_none(frame[name]) for name in ("about", "depth")}
    block = frame["block_number"].to_numpy().astype(np.int64)
    return sealed({"block": block, **told, **numbers, "refuted": frame["refuted"].to_numpy().copy()})


def codes(frame: pl.DataFrame, names: Names) -> Columns:
    """`block`, `address`, `hash` (uint8 [n, 32]), `code`: bytes, None where its hash was told before."""
    frame = frame.filter(pl.col("code_hash").is_not_null()) if frame.height else frame
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


def tokens(frame: pl.DataFrame, names: Names) -> Columns:
    """`block`, `address`, `name`, `symbol` (bytes as they were said, None for nothing), `decimals` (-1)."""
    numbers, known = _numbered(frame["token"], frame["block_number"], names)
    return sealed(
        {
            "block": frame["block_number"].to_numpy().astype(np.int64)[known],
            "address": numbers[known],
            "name": _objects(frame["name"])[known],
            "symbol": _objects(frame["symbol"])[known],
            "decimals": _or_none(frame["decimals"])[known],
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


def _or_none(column: pl.Series) -> Array:
    """Integers, -1 for null."""
    whole = column.cast(pl.Int64)
    return (whole.fill_null(-1) if whole.null_count() else whole).to_numpy().copy()


def _objects(column: pl.Series) -> Array:
    out = np.empty(len(column), object)
    out[:] = column.to_list()
    return out
