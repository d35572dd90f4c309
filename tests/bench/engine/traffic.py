"""Made-up blocks as large as mainnet's: 250 transfers and 150 other events each, among many wallets of which
few are busy. Only sizes and repetition are like mainnet's; what is in them is chance.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from ingest import schema
from ingest.decode.shapes import signature
from ingest.model.batch import Batch

CHAIN = 1
NATIVE, ERC20, OTHERS, CALLS = 50, 200, 150, 110
"""Payments of native value, token transfers, other events, and transactions with logs, of each block."""
TRANSFERS = NATIVE + ERC20
SECONDS, TOKENS, FRESH = 12, 300, 0.35
"""Seconds between blocks; tokens; the share of parties that nobody met before."""
PULLED = 0.02
"""The share of token transfers that somebody else than the payer signed, with nothing in return: as recorded
blocks have it, where swaps give something.
"""

_TRANSFER = signature("Transfer(address,address,uint256)")
_SYNC = signature("Sync(uint112,uint112)")


class Traffic:
    """Consecutive blocks, always the same ones for a seed."""

    def __init__(self, seed: int = 1, wallets: int = 100_000) -> None:
        self._dice = np.random.default_rng(seed)
        self._wallets, self._next, self.number = wallets, 1, 0

    def batches(self, blocks: int, size: int) -> Iterator[Batch]:
        """So many blocks in batches of a size."""
        for start in range(0, blocks, size):
            yield self.batch(min(size, blocks - start))

    def batch(self, blocks: int) -> Batch:
        first = self.number + 1
        self.number += blocks
        numbers = np.arange(first, first + blocks)
        sent = self._transactions(numbers)
        return Batch(_blocks(numbers), sent, self._logs(numbers, sent["from_address"].to_list()))

    def _parties(self, count: int) -> list[bytes]:
        """Addresses: some new, the others by a law that makes few busy (Zipf's)."""
        known = self._dice.zipf(1.3, count) % self._wallets + 1
        fresh = self._dice.random(count) < FRESH
        ids = np.where(fresh, self._wallets + self._next + np.arange(count), known)
        self._next += count
        return [_address(b"wallet", int(each)) for each in ids]

    def _transactions(self, numbers: np.ndarray) -> pl.DataFrame:
        each, count = NATIVE + CALLS, numbers.size * (NATIVE + CALLS)
        pays = np.tile(np.arange(each) < NATIVE, numbers.size)
        wei = np.where(pays, self._dice.lognormal(39.0, 2.0, count), 0.0)
        columns = {
            "chain_id": [CHAIN] * count,
            "block_number": np.repeat(numbers, each),
            "timestamp": np.repeat(numbers * SECONDS, each),
            "transaction_index": np.tile(np.arange(each), numbers.size),
            "transaction_hash": [_word(b"transaction", at) for at in _named(numbers, each)],
            "from_address": self._parties(count),
            "to_address": self._parties(count),
            "value": [int(each).to_bytes(32, "big") for each in wei],
            "value_float": wei,
            "nonce": [0] * count,
            "transaction_type": [2] * count,
            "gas_limit": [100_000] * count,
            "input": [b""] * count,
            "status": [1] * count,
            "gas_used": [50_000] * count,
            "effective_gas_price": [10**9] * count,
            "contract_address": [None] * count,
        }
        return schema.conform(schema.TRANSACTIONS, pl.DataFrame(columns, strict=False))

    def _logs(self, numbers: np.ndarray, senders: list[bytes]) -> pl.DataFrame:
        each, count = ERC20 + OTHERS, numbers.size * (ERC20 + OTHERS)
        moves = np.tile(np.arange(each) < ERC20, numbers.size)
        amounts = self._dice.lognormal(20.0, 3.0, count)
        tokens = self._dice.zipf(1.5, count) % TOKENS
        parties = iter(self._parties(2 * int(moves.sum())))
        index = NATIVE + np.arange(each) * CALLS // each
        sent = NATIVE + CALLS
        payers = [senders[block * sent + int(at)] for block in range(numbers.size) for at in index]
        pulled = self._dice.random(count) < PULLED
        rows = [
            _transfer(token, amount, next(parties) if by_other else payer, next(parties))
            if move
            else _other(token, amount)
            for move, token, amount, payer, by_other in zip(
                moves, tokens, amounts, payers, pulled, strict=True
            )
        ]
        address, topic0, topic1, topic2, data = zip(*rows, strict=True)
        columns = {
            "chain_id": [CHAIN] * count,
            "block_number": np.repeat(numbers, each),
            "transaction_index": np.tile(index, numbers.size),
            "transaction_hash": [
                _word(b"transaction", int(number) * sent + int(at)) for number in numbers for at in index
            ],
            "log_index": np.tile(np.arange(each), numbers.size),
            "address": address,
            "topic0": topic0,
            "topic1": topic1,
            "topic2": topic2,
            "topic3": [None] * count,
            "data": data,
        }
        return schema.conform(schema.LOGS, pl.DataFrame(columns, strict=False))


Row = tuple[bytes, bytes, bytes | None, bytes | None, bytes]
"""Address, three topics and data of a log."""


def _transfer(token: int, amount: float, source: bytes, target: bytes) -> Row:
    topics = _TRANSFER, source.rjust(32, b"\0"), target.rjust(32, b"\0")
    return _address(b"token", int(token)), *topics, int(amount).to_bytes(32, "big")


def _other(token: int, amount: float) -> Row:
    return _address(b"pool", int(token)), _SYNC, None, None, int(amount).to_bytes(32, "big") * 2


def _blocks(numbers: np.ndarray) -> pl.DataFrame:
    count = numbers.size
    hashes = {name: [bytes(32)] * count for name in ("transactions_root", "receipts_root", "state_root")}
    columns = hashes | {
        "chain_id": [CHAIN] * count,
        "block_number": numbers,
        "block_hash": [_word(b"block", int(number)) for number in numbers],
        "parent_hash": [_word(b"block", int(number) - 1) for number in numbers],
        "timestamp": numbers * SECONDS,
        "miner": [bytes(20)] * count,
        "gas_limit": [30_000_000] * count,
        "gas_used": [15_000_000] * count,
        "base_fee_per_gas": [10**9] * count,
        "transaction_count": [NATIVE + CALLS] * count,
        "log_count": [ERC20 + OTHERS] * count,
        "proof": ["header"] * count,
    }
    return schema.conform(schema.BLOCKS, pl.DataFrame(columns, strict=False))


def _named(numbers: np.ndarray, each: int) -> Iterator[int]:
    return (int(number) * each + at for number in numbers for at in range(each))


def _address(kind: bytes, number: int) -> bytes:
    """Spread, so that no two of a kind look alike."""
    return (number * 0x9E3779B97F4A7C15 % 2**96).to_bytes(12, "big") + kind[:2] + number.to_bytes(6, "big")


def _word(kind: bytes, number: int) -> bytes:
    return kind[:8].ljust(16, b"\0") + number.to_bytes(16, "big")
