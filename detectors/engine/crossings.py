"""What crosses a bridge, as columns: each message of a piece with the row of this chain that shows it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
import polars as pl

from detectors.kernels.rows import Piece, sealed
from detectors.memory.layout import Array, Columns
from ingest import schema
from ingest.model.batch import Batch
from ingest.model.errors import BadInput

NOWHERE = NO_LOG = -1
WORD_BYTES = 32
LATE, READ = 1, 2
"""Of `mark`: the other chain is not read as far as it should be; it is again. Else 0."""


def messages(batch: Batch, piece: Piece) -> Columns:
    """Columns as `Seen.messages` says them, in the order of the log."""
    return _columns(batch.messages, piece) if batch.messages.height else _nothing()


@cache
def _nothing() -> Columns:
    return _columns(schema.MESSAGES.empty(), None)


def _check(frame: pl.DataFrame) -> None:
    """Raises BadInput for what a later version wrote: to pass it over would be to miss what crossed."""
    for bridge, kind in frame.select("bridge", "kind").unique(maintain_order=True).iter_rows():
        if kind not in schema.MESSAGE_KINDS:
            raise BadInput(
                f"bridge {bridge} has a message of kind {kind!r}, which this version does not know "
                f"({', '.join(schema.MESSAGE_KINDS)}): what wrote it is newer; use that version here too"
            )


def _columns(frame: pl.DataFrame, piece: Piece | None) -> Columns:
    _check(frame)
    flags = {"there": frame["side"] == "there", "inward": frame["direction"] == "in"}
    flags |= {"claims": frame["kind"].is_in(["mint", "release"]), "said": frame["log_index"] >= 0}
    maybe = ("nonce", "asset", "moved", "sender", "recipient")
    flags |= {f"has_{name}": frame[name].is_not_null() for name in maybe}
    words = ("asset", "amount", "worth", "moved", "sender", "recipient", "contract", "nonce")
    told = {name: _words(frame[name]) for name in words}
    told |= {"bridge": _words(frame["bridge"].cast(pl.Binary)), "hash": _words(frame["transaction_hash"])}
    counts = {"height": "height", "time": "time", "due": "due_time", "chain": "other_chain_id"}
    numbers = {own: frame[name].to_numpy().astype(np.int64) for own, name in counts.items()}
    marks = frame["kind"].replace_strict({"late": LATE, "read": READ}, default=0, return_dtype=pl.Int64)
    numbers["log"] = frame["log_index"].to_numpy().astype(np.int64)
    first = frame["first_block"].cast(pl.Int64).fill_null(NOWHERE).to_numpy().copy()
    at_row, signer = _shown(frame, piece)
    return sealed(
        {
            "block": frame["block_number"].to_numpy().astype(np.int64),
            **{name: flag.to_numpy().copy() for name, flag in flags.items()},
            **told,
            **numbers,
            "mark": marks.to_numpy().copy(),
            "first_block": first,
            "key": np.array([key_of(*each) for each in _keyed(frame)], np.int64),
            "at_row": at_row,
            "signer": signer,
        }
    )


def key_of(bridge: str, direction: str, what: bytes) -> int:
    """By which a deposit and what is paid for it are found: a hash of 63 bits, which nobody gains by meeting:
    a key can be claimed once.
    """
    told = hashlib.sha256(f"{bridge}|{direction}|".encode() + what).digest()
    return int.from_bytes(told[:8], "big") >> 1


def _keyed(frame: pl.DataFrame) -> Iterable[tuple[str, str, bytes]]:
    """What has no message id is summed up by its asset."""
    rows = frame.select("bridge", "direction", "nonce", "asset").iter_rows()
    return (
        (name, way, b"id" + nonce if nonce else b"sum" + (asset or b"")) for name, way, nonce, asset in rows
    )


def _words(column: pl.Series) -> Array:
    """uint64 [n, 4]: bytes at the right of 32, most significant limb first; zero for nothing."""
    raw: Sequence[bytes | None] = column.to_list()
    joined = b"".join((each or b"")[-WORD_BYTES:].rjust(WORD_BYTES, b"\0") for each in raw)
    return np.frombuffer(joined, ">u8").reshape(-1, 4).astype(np.uint64)


def _shown(frame: pl.DataFrame, piece: Piece | None) -> tuple[Array, Array]:
    """Of what stands on this chain the row of the transfer, else of the transaction, and who signed."""
    at_row, signer = (np.full(frame.height, NOWHERE, np.int64) for _ in range(2))
    own = np.flatnonzero((frame["side"] == "here").to_numpy())
    if not own.size or piece is None:
        return at_row, signer
    sent, rows = piece.transactions, piece.rows
    places = {each.tobytes(): at for at, each in enumerate(sent["hash"])}
    hashes, moved = frame["transaction_hash"].to_list(), frame["moved_log_index"].to_list()
    for at in own.tolist():
        place = places.get(hashes[at])
        if place is None:
            continue
        first, end = int(sent["first_row"][place]), int(sent["end_row"][place])
        found = np.flatnonzero(rows["log_index"][first:end] == (NO_LOG if moved[at] is None else moved[at]))
        at_row[at] = rows["number"][first + (int(found[0]) if found.size else 0)]
        signer[at] = sent["signer"][place]
    return at_row, signer
