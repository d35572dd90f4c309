"""The chronicle of a chain: names, items, transactions and rows in a chain's memory, and what a piece of
blocks adds to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.kernels.decoding import Kind, Room, decode
from detectors.kernels.decoding import Rows as Decoded
from detectors.kernels.decoding.columns import arrays
from detectors.kernels.rows import listings, naming
from detectors.kernels.rows.asking import asked
from detectors.kernels.rows.draft import IDS, Draft, drafted
from detectors.kernels.rows.inner import Moves, moves
from detectors.kernels.rows.laying import spread
from detectors.memory.accounts import link_all
from detectors.memory.append_only import COUNT
from detectors.memory.appended import FIRST, Appended
from detectors.memory.layout import Columns, Layout
from detectors.memory.memory import Memory
from detectors.memory.names import ADDRESS_WORDS, Names, address_words
from detectors.memory.numbering import Numbering
from detectors.memory.rowlog import DAYS_90, RowLog
from ingest.decode import wraps as wrapped_of
from ingest.model.batch import Batch
from ingest.schema import NATIVE_ECHOES, wrapped_natives

Array = NDArray[Any]

ITEM_WORDS = ADDRESS_WORDS + 8
WITH_ITEM = (
    Kind.ERC721, Kind.ERC1155, Kind.APPROVAL_ERC721, Kind.ROLE_GRANTED, Kind.ROLE_REVOKED,
    Kind.PROPOSAL_CREATED, Kind.PROPOSAL_QUEUED, Kind.PROPOSAL_EXECUTED, Kind.PROPOSAL_CANCELLED, Kind.VOTE,
)  # fmt: skip
SENT = Layout(words=("hash",))
"""What is kept of each transaction, so that old rows can be shown."""

NO_ITEM = -1

_HAS_ITEM = np.zeros(256, np.bool_)
_HAS_ITEM[list(WITH_ITEM)] = True
_WRAPS = np.zeros(256, np.bool_)
_WRAPS[[Kind.WETH_DEPOSIT, Kind.WETH_WITHDRAWAL]] = True
_NOBODY = np.zeros(1, np.dtype((np.void, 4 * ADDRESS_WORDS)))
_ECHOES = address_words(sorted(NATIVE_ECHOES))
_TRANSFERS = (Kind.ERC20, Kind.ERC721)
_AS_LAID = (
    "block", "time", "transaction", "kind", "log_index", "index_in_log", "trace_index", *IDS, "amount",
    "amount2", "small", "small2", "flag", "more",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """What a piece of blocks says; every array is read-only. `rows` and `more`: see `detectors.kernels.rows`.

    blocks: number, time, hash (uint8 [n, 32]), traced (each of its transactions has its top call), and where
    its transactions and rows begin and end, as positions in this piece: first, end, first_row, end_row.
    transactions: number, block, time, index (in its block), hash, signer, target, created, done, value
    (uint64 [n, 4]), selector, traced, first_row, end_row. coins: id, and since which block it is known, of
    contracts that wrap the native coin, by id. lists: see `rows.listings`.
    """

    blocks: Columns
    transactions: Columns
    rows: Columns
    more: Array
    coins: Columns
    lists: Columns


@dataclass(slots=True)
class Chronicle:
    """Addresses are numbered here and nowhere else."""

    names: Names
    items: Numbering
    log: RowLog
    sent: Appended
    memory: Memory
    _room: Room = field(default_factory=Room)

    @classmethod
    def within(cls, memory: Memory) -> Chronicle:
        """Its parts, named in a chain's memory that is to be opened."""
        return cls(
            memory.names(),
            memory.numbering("items", ITEM_WORDS),
            memory.row_log("rows", naming.LAYOUT, naming.PLACES),
            memory.appended("transactions", SENT, horizon_s=DAYS_90),
            memory,
        )

    def take(self, batch: Batch, wrapped: Mapping[bytes, int], wrapped_here: Iterable[bytes]) -> Piece:
        """Numbers and keeps what a piece says. `wrapped`: contracts that wrap the native coin, with the
        block that told; `wrapped_here`: those known by the chain's id.
        """
        read, calls = arrays(batch), moves(batch)
        decoded = decode(batch, self._room, read)
        draft = drafted(batch, read, calls, decoded, _count(decoded, batch), self.sent.count)
        listed = self._name(draft, batch)
        item = self._number_items(draft)
        first_row = self.log.count
        self._keep(draft, item)
        rows = {"number": np.arange(first_row, first_row + draft.rows)}
        rows |= {name: draft.column(name) for name in _AS_LAID} | {"item": item}
        coins = self._coins({**wrapped, **dict.fromkeys(wrapped_here, 0)}, batch.last)
        rows["asked"] = asked(draft, self.names, batch.transactions["input"])
        rows["money"] = np.empty(draft.rows, np.int64)
        naming.as_money(coins["id"], coins["since"], rows["asset"], rows["block"], rows["money"])
        transactions = self._send(batch, draft, rows, calls)
        blocks = _blocks(batch, transactions, draft)
        more = decoded.more.copy()
        more.flags.writeable = False
        return Piece(sealed(blocks), sealed(transactions), sealed(rows), more, sealed(coins), sealed(listed))

    def _name(self, draft: Draft, batch: Batch) -> dict[str, Array]:
        """Numbers all addresses, those that a list names in a block before those of its rows; the lists."""
        block = batch.last
        found, listed = listings.numbered(self.names, draft, batch)
        spread(draft.ids, draft.room, draft.rows, draft.slots, found)
        self.names.reserve(0, 3 * draft.rows, block)
        cells, _, control, journal = self.names.arrays()
        naming.tell_once(
            cells, control, journal, draft.ids, draft.room, draft.rows, draft.kind, draft.block, draft.flag
        )
        return listed

    def _number_items(self, draft: Draft) -> Array:
        """Of what has an id: the number of who speaks of it and the id."""
        out = np.full(draft.rows, NO_ITEM, np.int64)
        which = np.nonzero(_HAS_ITEM[draft.column("kind")])[0]
        if which.size:
            words = np.empty((which.size, ITEM_WORDS), np.uint32)
            words[:, :ADDRESS_WORDS] = self.names.keys(draft.column("emitter")[which])
            words[:, ADDRESS_WORDS:] = draft.column("item")[which].view(np.uint32)
            out[which] = self.items.number(words, draft.block[which], draft.time[which])
        return out

    def _keep(self, draft: Draft, item: Array) -> None:
        """Appends the rows to the row log."""
        self.log.reserve(draft.rows, self.names.count)
        cells, control, heads = self.log.arrays()
        accounts = np.empty((draft.rows, len(naming.PLACES)), np.int64)
        naming.write_log(
            cells, cells.view(np.uint64), control, draft.ids, draft.room, draft.rows, draft.block,
            draft.time, draft.transaction, draft.kind, draft.log_index, draft.index_in_log,
            draft.trace_index, item, draft.small, draft.small2, draft.flag, draft.amount, draft.amount2,
            accounts,
        )  # fmt: skip
        link_all(cells, control, heads, accounts)

    def _coins(self, known: Mapping[bytes, int], block: int) -> dict[str, Array]:
        """Of the contracts that wrap the coin those that have appeared, by number."""
        found = self.names.find(address_words(list(known)), block)
        since = np.array(list(known.values()), np.int64)
        order = np.argsort(found, kind="stable")
        order = order[found[order] >= 0]
        return {"id": found[order], "since": since[order]}

    def _send(self, batch: Batch, draft: Draft, rows: Mapping[str, Array], calls: Moves) -> dict[str, Array]:
        """The transactions as columns, kept by their number."""
        frame, top, first = batch.transactions, draft.tx_first[:-1], self.sent.count
        sent = {"number": np.arange(first, first + top.size)}
        sent |= {name: rows[name][top] for name in ("block", "time", "signer", "target")}
        sent |= {"created": rows["third"][top], "done": rows["flag"][top]}
        sent |= {"value": rows["amount"][top], "selector": rows["small"][top]}
        sent |= {"index": frame["transaction_index"].to_numpy().astype(np.int64)}
        sent |= {"hash": _hashes(frame["transaction_hash"]), "traced": calls.traced}
        sent |= {"first_row": top, "end_row": draft.tx_first[1:]}
        self.sent.reserve(top.size)
        cells, control = self.sent.arrays()
        kept = cells[first : first + top.size]
        kept[:, 0], kept[:, 1] = sent["block"], sent["time"]
        kept[:, FIRST:] = sent["hash"].view(np.int64)
        control[COUNT] = first + top.size
        return sent


def _count(decoded: Decoded, batch: Batch) -> Array:
    """All but deposits and withdrawals that moved nothing, which of them did `ingest.decode` says, and what
    only says again what the coin did.
    """
    counts, wraps = ~_is_an_echo(decoded), np.flatnonzero(_WRAPS[decoded.kind])
    if wraps.size:
        plain = _plainly_counted(decoded, batch, wraps)
        counts[wraps] = _counted(decoded, batch, wraps) if plain is None else plain
    return counts


def _plainly_counted(decoded: Decoded, batch: Batch, wraps: Array) -> Array | None:
    """What `ingest.decode` says where it is mostly simple: no fact tells of any of these contracts, and no
    Transfer of one known by the chain's id comes from nobody or goes there. None where it is not.
    """
    emitters = _joined(decoded.address("emitter"))
    known = _joined(address_words(sorted(wrapped_natives(batch.blocks["chain_id"][0]))))
    told = _joined(address_words(batch.wrapped_natives["address"].to_list()))
    if np.isin(emitters[wraps], told).any():
        return None
    own = np.flatnonzero((decoded.kind == Kind.ERC20) & np.isin(emitters, known))
    for end in ("source", "target"):
        ends = _joined(decoded.address(end)[own])
        if ((ends == emitters[own]) | (ends == _NOBODY)).any():
            return None
    found: Array = np.isin(emitters[wraps], known)
    return found


def _joined(words: NDArray[np.uint32]) -> Array:
    """Addresses [n, 5] as single values, to be compared."""
    return np.ascontiguousarray(words).view(np.dtype((np.void, 4 * ADDRESS_WORDS))).ravel()


def _counted(decoded: Decoded, batch: Batch, wraps: Array) -> Array:
    moved = wrapped_of(batch.blocks, batch.transactions, batch.logs, batch.wrapped_natives, batch.traces)
    kept = (moved["block_number"].to_numpy().astype(np.int64) << 32) | moved["log_index"].to_numpy()
    return np.isin((decoded.block[wraps] << 32) | decoded.log_index[wraps], kept)


def _is_an_echo(decoded: Decoded) -> Array:
    """bool [n]: Transfers of the addresses in `NATIVE_ECHOES`."""
    found, emitter = np.zeros(len(decoded), np.bool_), decoded.address("emitter")
    for words in _ECHOES:
        found |= emitter[:, -1] == words[-1]
    which = np.flatnonzero(found)
    same = (emitter[which, None] == _ECHOES).all(axis=2).any(axis=1)
    found[which] = same & np.isin(decoded.kind[which], _TRANSFERS)
    return found


def _blocks(batch: Batch, transactions: Columns, draft: Draft) -> dict[str, Array]:
    numbers = batch.blocks["block_number"].to_numpy().astype(np.int64)
    first, end = (np.searchsorted(transactions["block"], numbers, side) for side in ("left", "right"))
    traced = np.concatenate([[0], np.cumsum(transactions["traced"])])
    return {
        "number": numbers,
        "time": batch.blocks["timestamp"].to_numpy().astype(np.int64),
        "hash": _hashes(batch.blocks["block_hash"]),
        "traced": traced[end] - traced[first] == end - first,
        "first": first,
        "end": end,
        "first_row": draft.tx_first[first],
        "end_row": draft.tx_first[end],
    }


def _hashes(column: pl.Series) -> Array:
    return np.frombuffer(b"".join(column.to_list()), np.uint8).reshape(-1, 32)


def sealed(columns: Mapping[str, Array]) -> Columns:
    """Read-only: what was seen is the same for whoever looks at it."""
    for column in columns.values():
        column.flags.writeable = False
    return columns
