"""Whether a token transfer is what its transaction asked the token for, or only what the token says."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingest.decode.shapes import signature

SELECTOR, WORD, ADDRESS = 4, 32, 20


def _selectors(*functions: str) -> list[bytes]:
    return [signature(function)[:SELECTOR] for function in functions]


_PAYEE_FIRST = _selectors(
    "transfer(address,uint256)",
    "transferAndCall(address,uint256)",
    "transferAndCall(address,uint256,bytes)",
    "send(address,uint256,bytes)",
)
_PAYEE_SECOND = _selectors(
    "transferFrom(address,address,uint256)",
    "safeTransferFrom(address,address,uint256)",
    "safeTransferFrom(address,address,uint256,bytes)",
    "safeTransferFrom(address,address,uint256,uint256,bytes)",
    "safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)",
)


_WALLET_CALLS = _selectors(
    "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)",
    "execute(address,uint256,bytes)",
    "execute(bytes32,bytes)",
    "executeBatch(address[],bytes[])",
    "executeBatch(address[],uint256[],bytes[])",
    "executeBatch((address,uint256,bytes)[])",
)
"""What asks a contract wallet for payments: Safe, ERC-7579 and the accounts of ERC-4337."""


def by_own_call(call_data: pl.Series) -> NDArray[np.bool_]:
    """Of what the payer itself was called with: whether that asks a contract wallet to do something."""
    return call_data.bin.slice(0, SELECTOR).is_in(_WALLET_CALLS).fill_null(False).to_numpy()


def asked_for(transfers: pl.DataFrame, call_data: pl.Series) -> NDArray[np.bool_]:
    """For transfers that are told by the contract called, in a transaction of the payer, with the call data
    of each: whether that asks for a transfer to this payee.

    Where no call data is known, or there is none, it is asked for where the transaction tells of no other.
    """
    data = pl.col("data")
    told = transfers.select("block_number", "transaction_index", "log_index", "to_address", data=call_data)
    one_log = pl.col("log_index").n_unique().over("block_number", "transaction_index") == 1
    unknown = data.is_null() | (data.bin.size() < SELECTOR)
    asked = unknown & one_log
    for place, selectors in enumerate((_PAYEE_FIRST, _PAYEE_SECOND), start=1):
        named = data.bin.slice(SELECTOR + place * WORD - ADDRESS, ADDRESS) == pl.col("to_address")
        asked |= data.bin.slice(0, SELECTOR).is_in(selectors) & named
    return told.select(asked.fill_null(False)).to_series().to_numpy()
