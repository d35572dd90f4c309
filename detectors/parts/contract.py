"""The contract of a part: knowledge that several detectors share, and what a part and a detector see of a
piece of the chain.

A part is one file in this folder with one class that satisfies `Part`; a detector's private memory is a part
in the detector's own file. Both are found by themselves (`detectors.registry`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar, runtime_checkable

from detectors.kernels.decoding import Kind
from detectors.memory.history import History
from detectors.memory.layout import Array, Columns, Layout
from detectors.memory.table import Table
from detectors.models.outliers import Model
from detectors.parts.ledger import Token

__all__ = [
    "TIERS", "AsOf", "Columns", "HistorySpec", "Kind", "Part", "PartMemory", "Row", "Seen", "TableSpec",
    "Tier", "Token", "TracedCall",
]  # fmt: skip

T = TypeVar("T")
Tier = Literal["transfers", "logs", "receipts", "traces", "code"]
TIERS: tuple[Tier, ...] = ("transfers", "logs", "receipts", "traces", "code")

PartMemory = Mapping[str, Table | History]


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table to be remembered: its columns, the seconds of block time for which a row is said after its
    last touch, and the rows from which on it forgets early.
    """

    layout: Layout
    horizon_s: int
    cap: int


@dataclass(frozen=True, slots=True)
class HistorySpec(TableSpec):
    """A history to be remembered (see `memory.history`); `cap` keys may be in use at once."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the chain as evidence. `amount` in token units; `log_index` -1 = native value.

    `index_in_log` is the position inside an ERC-1155 batch, `trace_index` that of a call in its transaction.
    """

    transaction_hash: bytes
    log_index: int
    block_number: int
    from_address: bytes | None = None
    to_address: bytes | None = None
    token: bytes | None = None
    amount: bytes | None = None
    index_in_log: int = 0
    kind: str | None = None
    trace_index: int | None = None


@dataclass(frozen=True, slots=True)
class TracedCall:
    """A call inside of a transaction; the first one is the transaction itself, at depth 0. `way`: call,
    delegatecall, staticcall, create, ...; `source` and `target` are addresses (no target: nothing was made);
    `value` in wei; `data`: what it was called with; `failed`: it gave up itself.
    """

    depth: int
    way: str
    source: bytes
    target: bytes | None
    value: int
    data: bytes
    failed: bool

    @property
    def selector(self) -> int:
        """The function that was called, -1 for none."""
        return int.from_bytes(self.data[:4], "big") if len(self.data) >= 4 else -1


class AsOf(Protocol):
    """A history, or the row log, as it may be read: nothing above the block that is asked for."""

    def rows(self, key: int, as_of: int, most: int = 200) -> Columns:
        """A key's newest rows at or below block `as_of`, newest first; `as_of` is a block of the piece."""
        ...

    def has(self, keys: Array, as_of: Array) -> Array:
        """Of which keys there is a row at or below the block beside each, [n] bool: for who asks about many
        of which most have none.
        """
        ...


class Seen(Protocol):
    """A piece of the chain: whole blocks, of one epoch. Every array is read-only, and rows, transactions and
    addresses are numbers (see `detectors.kernels.rows`, `detectors.kernels.rows.Piece`).
    """

    @property
    def blocks(self) -> Columns: ...
    @property
    def transactions(self) -> Columns: ...
    @property
    def rows(self) -> Columns: ...
    @property
    def more(self) -> Array:
        """uint64 [m, 4, 4]: further words of the rows that name one in their column `more`."""
        ...

    @property
    def coins(self) -> Columns:
        """id, since: contracts that wrap the native coin, by id, and the block since which that is known."""
        ...

    @property
    def lists(self) -> Columns:
        """block, address, kind, listed, since, until, source: what lists of addresses said first with these
        blocks (see `detectors.kernels.rows.listings`). A part that reads it is woken by `Kind.LISTED`.
        """
        ...

    @property
    def codes(self) -> Columns:
        """Deployed code, in the block that told of it: `block`, `address`, `hash` (uint8 [n, 32]), `code`:
        bytes, None where code of this hash was told before.
        """
        ...

    @property
    def tokens(self) -> Columns:
        """What tokens call themselves, in the block that told of it: `block`, `address`, `name` and `symbol`
        (raw bytes, hostile; None for nothing), `decimals` (-1 for nothing). A later word changes nothing.
        """
        ...

    @property
    def messages(self) -> Columns:
        """What crosses bridges, as told with these blocks. `block`; `key` (of a message id; without one, of
        all that crosses that way in that asset); bool `there` (on the other chain), `inward`, `claims`
        (minted or released; else locked or burnt), `said` (an event says so), `has_nonce`, `has_asset`,
        `has_moved`, `has_sender`, `has_recipient`; uint64 [n, 4] `bridge` (its name), `hash` (of the
        transaction), `nonce`, `asset`, `amount`, `worth`, `moved`, `sender`, `recipient`, `contract`; on its
        own side `height`, `log` (-1: nothing was said) and `time`; `due` (from when on it is told), `chain`
        (the other's id), `first_block` (-1: not said); `mark` (1: the other chain is not read as far as it
        should be, 2: it is again; else 0); `at_row`, `signer`: of what is here the row that shows it and who
        sent it, else -1. A part that reads it is woken by `Kind.CROSSED`.
        """
        ...

    @property
    def disagreements(self) -> Columns:
        """Where nodes disagreed, as told with these blocks: see `engine.facts.disagreements`. Wakes by
        `Kind.DISAGREED`.
        """
        ...

    @property
    def models(self) -> Mapping[str, Model]:
        """Fitted models by detector, frozen for this piece."""
        ...

    def of(self, part: str) -> Mapping[str, Columns]:
        """What a part says of this piece, table by table. Refused unless its name is in the asker's
        `reads`.
        """
        ...

    def history(self, name: str) -> AsOf:
        """ "rows" (the row log), or "part.name" of a history of a part in the asker's `reads`."""
        ...

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, worked out once a piece for all who ask by this key. It must follow from the key
        and the piece alone, whoever asks, and nobody may change it.
        """
        ...

    def token(self, asset: int, block: int) -> Token:
        """What a token was known to call itself in a block."""
        ...

    def call_data(self, transaction: int) -> bytes:
        """What a transaction of the piece, by its number, called with, or created a contract by, whether it
        was done or failed; nothing where it had none, or where that is not told (tiers below receipts).
        """
        ...

    def calls(self, transaction: int) -> Sequence[TracedCall]:
        """All calls of a transaction of the piece, in order of execution, those that failed with it among
        them; nothing where there are no traces.
        """
        ...

    def address(self, number: int) -> bytes:
        """The 20 bytes of a number."""
        ...

    def addresses(self, numbers: Array) -> Array:
        """uint8 [n, 20]: the bytes of some numbers that are in the piece."""
        ...

    def appeared(self, numbers: Array) -> Array:
        """int64 [n]: the block time at which each was first heard of in any row; 0 for the zero address."""
        ...

    def number_of(self, address: bytes, as_of: int) -> int:
        """The number of an address that had appeared by a block; -1 for one that had not."""
        ...

    def evidence(self, numbers: Sequence[int]) -> tuple[Row, ...]:
        """Rows by number, also of long ago; those that the row log has forgotten (90 days) are left out."""
        ...

    def tier(self, block: int) -> Tier:
        """ "traces" where each transaction of a block has its top call, else "receipts"."""
        ...


@runtime_checkable
class Part(Protocol):
    """What it says of row i: memory as left by the rows before i, and all rows of i's own transaction. So
    nothing depends on where pieces are cut.

    A table of it has one key, by which its lines are of a block: a column "transaction", or else "row"
    (numbers that rise), or else "block" and "id" (then it says all of the block). It may leave out whatever
    it has nothing to say of. A part without memory is derived.
    """

    @property
    def name(self) -> str: ...
    @property
    def reads(self) -> tuple[str, ...]:
        """Parts whose tables it reads."""
        ...

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Rows that wake it: a piece without them changes nothing, and it is not called."""
        ...

    @property
    def settings(self) -> object: ...

    def memory(self) -> Mapping[str, TableSpec | HistorySpec]:
        """What it remembers, by name."""
        ...

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        """Changes its memory in place; its tables of this piece, by name."""
        ...
