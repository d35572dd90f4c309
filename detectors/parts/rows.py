"""A batch's transfers as the columns that kernels read: ids for addresses, limbs for amounts, who sent it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.kernels import layout
from detectors.parts.asked import asked_for, by_own_call
from detectors.parts.ledger import Ledger, address_words
from ingest.model.batch import Batch

Integers = NDArray[np.int64]
STANDARDS = pl.Enum(["native", "erc20", "erc721", "erc1155", "weth"])
"""What a transfer is, as kernels keep it: by position."""


@dataclass(frozen=True, slots=True)
class BatchRows:
    """Kernel rows, the sender of each row's transaction, and whether the payer is a contract wallet that was
    called to pay.
    """

    rows: layout.Rows
    by: pl.Series
    own_call: NDArray[np.bool_]


def kernel_rows(batch: Batch, ledger: Ledger) -> BatchRows:
    """Numbers new addresses row by row: transaction sender, payer, payee, token.

    A payment is direct where the payer sent the transaction itself, straight to the payee (native value)
    or to the token's own contract, asking it for this payment: a contract that is called for something else
    can tell of any.
    """
    transfers, transactions = batch.transfers, batch.transactions
    place, places = _place(transfers), _place(transactions)
    at = np.minimum(np.searchsorted(places, place), max(places.size - 1, 0))
    by, to = (transactions[name].gather(at) for name in ("from_address", "to_address"))
    words = [
        address_words(column)
        for column in (by, transfers["from_address"], transfers["to_address"], transfers["token"])
    ]
    ids = ledger.intern(np.stack(words, axis=1).reshape(-1, 5)).reshape(-1, 4)
    block = _integers(transfers["block_number"])
    sender, payee = np.ascontiguousarray(ids[:, 1]), np.ascontiguousarray(ids[:, 2])
    signed, is_native = ids[:, 0] == sender, transfers["token"].is_null().to_numpy()
    asked = signed & ~is_native & (address_words(to) == words[3]).all(axis=1)
    asked[asked] = asked_for(transfers.filter(asked), transactions["input"].gather(at[asked]))
    rows = layout.Rows(
        sender=sender,
        payee=payee,
        asset=np.ascontiguousarray(ids[:, 3]),
        by=np.ascontiguousarray(ids[:, 0]),
        direct=(signed & is_native) | asked,
        opens=np.diff(place, prepend=-1) != 0,
        closes=np.diff(block, append=-1) != 0,
        time=_integers(transfers["timestamp"]),
        block=block,
        log_index=_integers(transfers["log_index"]),
        index_in_log=_integers(transfers["index_in_log"]),
        standard=_integers(transfers["standard"].cast(STANDARDS).to_physical()),
        amount=limbs(transfers["amount"]),
        magnitude=_log10(transfers["amount_float"].to_numpy()),
        hash=np.frombuffer(b"".join(transfers["transaction_hash"].to_list()), np.int64).reshape(-1, 4),
    )
    own = (address_words(to) == words[1]).all(axis=1)
    own[own] = by_own_call(transactions["input"].gather(at[own]))
    return BatchRows(rows, by, own)


def limbs(amounts: pl.Series) -> NDArray[np.uint64]:
    """A `Binary(32)` big-endian column as [n, 4] limbs, most significant first."""
    return np.frombuffer(b"".join(amounts.to_list()), ">u8").reshape(-1, 4).astype(np.uint64)


def whole(words: NDArray[np.uint64]) -> list[int]:
    """The integers of [n, 4] limbs."""
    joined = np.ascontiguousarray(words.astype(">u8")).tobytes()
    return [int.from_bytes(joined[i : i + 32], "big") for i in range(0, len(joined), 32)]


def _place(frame: pl.DataFrame) -> Integers:
    """Block and position in it as one number: one for each transaction, rising along the chain."""
    return (_integers(frame["block_number"]) << 24) | _integers(frame["transaction_index"])


def _integers(column: pl.Series) -> Integers:
    return column.to_numpy().astype(np.int64)


def _log10(amounts: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.log10(np.maximum(amounts, 1.0))
