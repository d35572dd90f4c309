"""Whether a token's transfer is what its payer's transaction asked the token for, or only what the token
says: a contract that is called for something else can tell of any.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.kernels.decoding import Kind
from detectors.kernels.decoding.columns import binary
from detectors.kernels.rows.draft import Draft
from detectors.memory.names import ADDRESS_BYTES, Names
from ingest.decode.shapes import signature

Array = NDArray[Any]

SELECTOR, WORD = 4, 32


def selectors(*functions: str) -> tuple[int, ...]:
    """What calls of these functions begin with, as numbers."""
    return tuple(int.from_bytes(signature(function)[:SELECTOR], "big") for function in functions)


PAYEE_FIRST = selectors(
    "transfer(address,uint256)",
    "transferAndCall(address,uint256)",
    "transferAndCall(address,uint256,bytes)",
    "send(address,uint256,bytes)",
)
PAYEE_SECOND = selectors(
    "transferFrom(address,address,uint256)",
    "safeTransferFrom(address,address,uint256)",
    "safeTransferFrom(address,address,uint256,bytes)",
    "safeTransferFrom(address,address,uint256,uint256,bytes)",
    "safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)",
)
_TOLD = np.zeros(256, np.bool_)
_TOLD[[Kind.ERC20, Kind.ERC721, Kind.ERC1155, Kind.WETH_DEPOSIT, Kind.WETH_WITHDRAWAL]] = True


def asked(draft: Draft, names: Names, call_data: pl.Series) -> Array:
    """bool [rows]: transfers in a transaction of the payer that calls the token, and asks it for a transfer
    to this payee. `call_data` is that of each transaction.

    Where no call data is known, or there is none, it is asked for where the transaction tells of no other.
    """
    out = np.zeros(draft.rows, np.bool_)
    signer, source, target, emitter = (
        draft.column(name) for name in ("signer", "source", "target", "emitter")
    )
    sent = np.repeat(np.arange(draft.tx_first.size - 1), np.diff(draft.tx_first))
    called = target[draft.tx_first[sent]] if draft.rows else target
    told = np.flatnonzero(_TOLD[draft.column("kind")] & (source == signer) & (emitter == called))
    if not told.size:
        return out
    data, begin, _ = binary(call_data)
    at, selector = sent[told], draft.column("small")[draft.tx_first[sent[told]]]
    begin, size = begin[at], begin[at + 1] - begin[at]
    out[told] = (size < SELECTOR) & (_logs(at, draft.column("log_index")[told]) == 1)
    for place, functions in enumerate((PAYEE_FIRST, PAYEE_SECOND), start=1):
        end = SELECTOR + place * WORD
        which = np.flatnonzero(np.isin(selector, functions) & (size >= end))
        named = data[(begin[which] + end - ADDRESS_BYTES)[:, None] + np.arange(ADDRESS_BYTES)]
        payees = names.keys(target[told[which]]).view(np.uint8).reshape(-1, ADDRESS_BYTES)
        out[told[which]] |= (named == payees).all(axis=1)
    return out


def _logs(transaction: Array, log: Array) -> Array:
    """For each of some rows how many logs the rows of its transaction come from."""
    another = np.ones(log.size, np.bool_)
    another[1:] = (np.diff(transaction) != 0) | (np.diff(log) != 0)
    found: Array = np.bincount(transaction[another])[transaction]
    return found
