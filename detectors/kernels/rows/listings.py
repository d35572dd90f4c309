"""Lists of addresses as they were told with blocks, with names: who is listed as what since when."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.kernels.rows.draft import Draft
from detectors.memory.names import Names, address_words
from ingest import schema
from ingest.model.batch import Batch
from ingest.model.errors import BadInput

Array = NDArray[Any]

KINDS = schema.LIST_KINDS
"""What a list is of; a column `kind` has the place in this."""

EVER, STILL = 0, 2**62
"""Where a list does not say since when, or until when, an entry holds."""


def numbered(names: Names, draft: Draft, batch: Batch) -> tuple[Array, dict[str, Array]]:
    """Numbers for what the draft wants, and the lists told in these blocks. Facts come before the rows of
    their block, so that a number does not depend on where batches are cut.

    Columns of lists, in the order of the log: block, address (its number), kind (a place in `KINDS`), listed
    (false: the list names it no more), since and until (seconds; `EVER`, `STILL`), source (which list it is:
    the beginning of the SHA-256 of its name).
    """
    told = batch.lists
    if not told.height:
        return names.number(draft.wanted, draft.blocks, draft.times), _columns(told, np.zeros(0, np.int64))
    times = told.join(batch.blocks.select("block_number", "timestamp"), on="block_number", how="left")
    blocks, when = (_integers(times[name]) for name in ("block_number", "timestamp"))
    at = np.searchsorted(draft.blocks, blocks)
    words = np.insert(draft.wanted, at, address_words(told["address"].to_list()), axis=0)
    found = names.number(words, np.insert(draft.blocks, at, blocks), np.insert(draft.times, at, when))
    mine = at + np.arange(at.size)
    return np.delete(found, mine), _columns(told, found[mine])


def _columns(told: pl.DataFrame, address: Array) -> dict[str, Array]:
    kinds = zip(told["kind"].to_list(), told["source"].to_list(), strict=True)
    return {
        "block": _integers(told["block_number"]),
        "address": address,
        "kind": np.array([_kind(*each) for each in kinds], np.int64),
        "listed": told["listed"].to_numpy().astype(np.bool_),
        "since": _filled(told["valid_from"], EVER),
        "until": _filled(told["valid_until"], STILL),
        "source": np.array([_source(name) for name in told["source"]], np.int64),
    }


def _kind(kind: str, source: str) -> int:
    if kind not in KINDS:
        raise BadInput(
            f"list {source} is of kind {kind!r}, which this version does not know ({', '.join(KINDS)}):"
            " what wrote it is newer; use that version here too"
        )
    return KINDS.index(kind)


def _source(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:7], "big")


def _filled(column: pl.Series, null: int) -> Array:
    return _integers(column.fill_null(null) if column.null_count() else column)


def _integers(column: pl.Series) -> Array:
    return column.to_numpy().astype(np.int64)
