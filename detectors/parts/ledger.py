"""What lasts: addresses numbered in order of appearance, who first funded them, and what tokens said of
themselves.

Append-only, so a reorganisation is undone by truncation: everything carries the block that brought it.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.alerts.text import printable
from detectors.memory.compiled import njit
from ingest import decode, schema

ADDRESS_BYTES = 20
ZERO_ID = 0
"""The id of the zero address, which also stands for the native asset."""
UNKNOWN = -1
FIRST_ROOM = 1 << 12
UNPROVED_BLOCKS = 500_000
"""For how many blocks a row that nothing proves is remembered: eleven days of Polygon, where one block in
sixteen has one. Evidence older than that counts by the proof of the block that raised the alert.
"""
FACTS = ("funder", "funded", "funding", "older", "appeared")
"""Columns of a ledger beside the addresses: who funded each, in which block, with how much; the block that
showed that it had native value before the stream; the block time at which it was first seen.
"""


@dataclass(frozen=True, slots=True)
class Token:
    """Metadata of a token as printable text; null where the token gave none."""

    symbol: str | None
    decimals: int | None


UNNAMED_COIN = Token(None, schema.NATIVE_DECIMALS)
"""Native value of a chain whose coin nobody named: never another chain's."""
NO_TOKEN = Token(None, None)


def native_coin(chain_id: int, symbol: str | None) -> Token:
    """The native coin of a chain: by the `symbol` of the run's settings, else by what its id tells."""
    return replace(UNNAMED_COIN, symbol=schema.native_symbol(chain_id) if symbol is None else symbol)


@njit(cache=True)
def _hash(words, row, seed):  # type: ignore[no-untyped-def]
    """Of the five 32-bit words of an address. Seeded, so that nobody can choose addresses that collide."""
    z = np.uint64(seed)
    for i in range(5):
        z = (z ^ np.uint64(words[row, i])) * np.uint64(0xBF58476D1CE4E5B9)
        z ^= z >> np.uint64(29)
    return z ^ (z >> np.uint64(32))


@njit(cache=True)
def _intern(words, known, slots, count, seed, out):  # type: ignore[no-untyped-def]
    """Numbers each row of `words`; new ones are appended to `known` and placed in `slots` (id + 1). Returns
    the new count.
    """
    mask = np.uint64(slots.size - 1)
    for row in range(words.shape[0]):
        slot = _hash(words, row, seed) & mask
        found = -1
        while slots[slot] != 0 and found < 0:
            candidate = slots[slot] - 1
            same = True
            for i in range(5):
                same = same and known[candidate, i] == words[row, i]
            if same:
                found = candidate
            else:
                slot = (slot + np.uint64(1)) & mask
        if found < 0:
            known[count] = words[row]
            slots[slot] = count + 1
            found = count
            count += 1
        out[row] = found
    return count


@njit(cache=True)
def _place_all(known, count, slots, seed):  # type: ignore[no-untyped-def]
    mask = np.uint64(slots.size - 1)
    for row in range(count):
        slot = _hash(known, row, seed) & mask
        while slots[slot] != 0:
            slot = (slot + np.uint64(1)) & mask
        slots[slot] = row + 1


@dataclass(slots=True)
class Ledger:
    """Mutable on purpose: one ledger per engine, shared by all copies of the state and cut back by
    `truncate`.
    """

    known: NDArray[np.uint32] = field(default_factory=lambda: np.zeros((FIRST_ROOM, 5), np.uint32))
    slots: NDArray[np.int32] = field(default_factory=lambda: np.zeros(4 * FIRST_ROOM, np.int32))
    funder: NDArray[np.int64] = field(default_factory=lambda: np.full(FIRST_ROOM, UNKNOWN, np.int64))
    funded: NDArray[np.int64] = field(default_factory=lambda: np.zeros(FIRST_ROOM, np.int64))
    funding: NDArray[np.int64] = field(default_factory=lambda: np.zeros(FIRST_ROOM, np.int64))
    """Gwei that the funder first sent."""
    older: NDArray[np.int64] = field(default_factory=lambda: np.full(FIRST_ROOM, UNKNOWN, np.int64))
    appeared: NDArray[np.int64] = field(default_factory=lambda: np.full(FIRST_ROOM, UNKNOWN, np.int64))
    count: int = 0
    block_ends: list[tuple[int, int]] = field(default_factory=list)
    tokens: dict[bytes, tuple[int, Token]] = field(default_factory=dict)
    facts: pl.DataFrame = field(default_factory=schema.TOKEN_METADATA.empty)
    unproved: dict[bytes, int] = field(default_factory=dict)
    """Hash and block of what stands among the transactions and is under no root: Polygon's state sync."""
    wrapped: dict[bytes, int] = field(default_factory=dict)
    """Contracts that wrap the native coin, with the block that first told so; those known by chain id are in
    none.
    """
    seed: int = field(default_factory=lambda: secrets.randbits(63))
    native: Token = UNNAMED_COIN
    """Set by the engine: it follows from chain and settings, and is in no checkpoint."""
    wrapped_here: frozenset[bytes] = frozenset()
    """Contracts that wrap the coin of this chain, by its id: like `native`."""

    def __post_init__(self) -> None:
        if self.count == 0:
            self.intern(np.zeros((1, 5), np.uint32))

    @classmethod
    def of(cls, known: NDArray[np.uint32], *facts: NDArray[np.int64]) -> Ledger:
        """A ledger of addresses already numbered, as a checkpoint keeps them; `facts` as in `FACTS`."""
        ledger = cls()
        ledger._reserve(known.shape[0])
        ledger.count = known.shape[0]
        ledger.known[: ledger.count] = known
        for name, column in zip(FACTS, facts, strict=True):
            getattr(ledger, name)[: ledger.count] = column
        ledger._rebuild()
        return ledger

    def intern(self, words: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Ids of addresses given as [n, 5] 32-bit words, numbering new ones in row order."""
        self._reserve(words.shape[0])
        ids = np.empty(words.shape[0], np.int64)
        self.count = int(_intern(words, self.known, self.slots, self.count, self.seed, ids))
        return ids

    def close_block(self, number: int, count: int) -> None:
        """Notes that `count` addresses were known at the end of a block: an id's first block is found by
        bisection.
        """
        self.block_ends.append((number, count))

    def forget_ends(self, number: int) -> None:
        """Drops what only blocks up to `number` need: where they ended, and unproved rows of long ago. No
        rollback goes there any more.
        """
        self.block_ends = [end for end in self.block_ends if end[0] >= number]
        oldest = number - UNPROVED_BLOCKS
        self.unproved = {name: block for name, block in self.unproved.items() if block > oldest}

    def note_unproved(self, transactions: pl.DataFrame) -> None:
        """Remembers the rows of `transactions` that nothing proves, however the block itself is proved."""
        if not (transactions["receipt_of"] == "state-sync").any():
            return
        synced = transactions.filter(pl.col("receipt_of") == "state-sync")
        self.unproved.update(synced.select("transaction_hash", "block_number").iter_rows())

    def proves(self, transaction: bytes, number: int) -> bool:
        """Whether a row of `transaction`, seen from block `number`, is under its block's roots."""
        noted = self.unproved.get(transaction)
        return noted is None or not number - UNPROVED_BLOCKS < noted <= number

    def learn_tokens(self, facts: pl.DataFrame) -> None:
        """Takes `token_metadata` rows; the first word about a token stands."""
        fresh: list[dict[str, object]] = []
        for row in facts.iter_rows(named=True):
            if row["token"] not in self.tokens:
                symbol = printable(row["symbol"]) if row["symbol"] is not None else None
                self.tokens[row["token"]] = (row["block_number"], Token(symbol, row["decimals"]))
                fresh.append(row)
        if fresh:
            self.facts = pl.concat([self.facts, pl.DataFrame(fresh, schema=schema.TOKEN_METADATA.schema)])

    def learn_wrapped(self, facts: pl.DataFrame) -> None:
        """Takes `wrapped_natives` rows, but for contracts that only call themselves so."""
        sure = facts.filter(pl.col("how") != decode.BY_VALUE) if facts.height else facts
        for number, address in sure.select("block_number", "address").iter_rows():
            self.wrapped.setdefault(address, number)

    def is_coin(self, token: bytes | None, number: int) -> bool:
        """Whether this is the native coin, or was known in block `number` to wrap it one for one."""
        return token is None or token in self.wrapped_here or self.wrapped.get(token, number + 1) <= number

    def token(self, address: bytes | None, number: int) -> Token:
        """What was known of a token as of block `number`; native value where `address` is null.

        The ledger may be further: what it was told in a later block is not known yet, or an alert would tell
        by its words where batches were cut.
        """
        if address is None:
            return self.native
        told, token = self.tokens.get(address, (number, NO_TOKEN))
        return token if told <= number else NO_TOKEN

    def addresses(self, ids: Sequence[int] | NDArray[np.int64]) -> list[bytes]:
        """The 20 bytes of each id."""
        block = np.ascontiguousarray(self.known[np.asarray(ids, np.int64)]).tobytes()
        return [block[i : i + ADDRESS_BYTES] for i in range(0, len(block), ADDRESS_BYTES)]

    def truncate(self, number: int) -> None:
        """Forgets everything that blocks above `number` brought."""
        while self.block_ends and self.block_ends[-1][0] > number:
            self.block_ends.pop()
        self.count = self.block_ends[-1][1] if self.block_ends else 1
        self.known[self.count :] = 0
        late = self.funded > number
        late[self.count :] = True
        self.funder[late], self.funded[late], self.funding[late] = UNKNOWN, 0, 0
        self.older[self.older > number], self.older[self.count :] = UNKNOWN, UNKNOWN
        self.appeared[self.count :] = UNKNOWN
        self.wrapped = {token: told for token, told in self.wrapped.items() if told <= number}
        self.tokens = {token: fact for token, fact in self.tokens.items() if fact[0] <= number}
        self.facts = self.facts.filter(pl.col("block_number") <= number)
        self.unproved = {name: block for name, block in self.unproved.items() if block <= number}
        self._rebuild()

    def until(self, number: int) -> Ledger:
        """A copy that stops at block `number`, as a checkpoint writes it."""
        twin = replace(
            self,
            known=self.known.copy(),
            funder=self.funder.copy(),
            funded=self.funded.copy(),
            funding=self.funding.copy(),
            older=self.older.copy(),
            appeared=self.appeared.copy(),
            block_ends=list(self.block_ends),
            tokens=dict(self.tokens),
            wrapped=dict(self.wrapped),
        )
        twin.truncate(number)
        return twin

    def _reserve(self, more: int) -> None:
        room = self.known.shape[0]
        if self.count + more <= room:
            return
        while room < self.count + more:
            room *= 2
        extra = room - self.known.shape[0]
        self.known = np.vstack([self.known, np.zeros((extra, 5), np.uint32)])
        self.funder = np.concatenate([self.funder, np.full(extra, UNKNOWN, np.int64)])
        self.funded = np.concatenate([self.funded, np.zeros(extra, np.int64)])
        self.funding = np.concatenate([self.funding, np.zeros(extra, np.int64)])
        for name in ("older", "appeared"):
            grown = np.concatenate([getattr(self, name), np.full(extra, UNKNOWN, np.int64)])
            setattr(self, name, grown)
        self._rebuild()

    def _rebuild(self) -> None:
        self.slots = np.zeros(4 * self.known.shape[0], np.int32)
        _place_all(self.known, self.count, self.slots, self.seed)


def address_words(column: pl.Series) -> NDArray[np.uint32]:
    """A `Binary` column of addresses as [n, 5] 32-bit words; null becomes the zero address."""
    joined = b"".join(column.fill_null(schema.ZERO_ADDRESS).to_list())
    return np.frombuffer(joined, np.uint32).reshape(-1, 5)
