"""What detectors see: each transfer with what was known before it, each wallet at the end of each block that
touched it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.kernels import layout
from detectors.parts.contract import Seen
from detectors.parts.graph import Graph
from detectors.parts.ledger import Ledger, Token
from detectors.parts.rows import STANDARDS, kernel_rows
from ingest.model.batch import Batch


class Look(Protocol):
    """A piece of the chain, with what parts say of it: see `detectors.engine.sight`."""

    def by(self, who: str, reads: Sequence[str]) -> Seen:
        """What may be seen by somebody who reads these parts."""
        ...

    def of_block(self, number: int) -> Look:
        """What belongs to one block."""
        ...


if TYPE_CHECKING:
    from detectors.models.outliers import Model

KNOWN_BEFORE = (
    "from_outs", "from_distinct_out", "from_distinct_in", "to_distinct_out", "to_distinct_in",
    "to_first_time", "pair_count", "pair_by_payer", "back_pair_count", "emptied", "tokens_left",
    "to_paid_asset", "from_paid_asset",
    "depth", "origin", "gathered", "capped", "from_funder", "to_funder", "funder_payees",
    "from_other_payees", "to_signed_in", "paid_back", "native_left", "to_matters",
    "from_first_payer", "to_first_payer",
    "funded_well", "lent", "partly", "asset_payers", "to_usual", "to_paid_as_much",
)  # fmt: skip
"""Integer columns of a transfer, in the order of the kernel's R_ columns: what was known just before it (see
`Features`).
"""

TRAIL_ROW = {
    "row": pl.Int64,
    "block_number": pl.UInt64,
    "timestamp": pl.UInt64,
    "transaction_hash": pl.Binary,
    "log_index": pl.Int32,
    "index_in_log": pl.UInt32,
    "standard": pl.String,
    "token": pl.Binary,
    "from_address": pl.Binary,
    "to_address": pl.Binary,
    "amount": pl.Binary,
}


@dataclass(frozen=True)
class Features:
    """Features of one batch. Every number is as of its row, so it does not depend on where batches are cut.

    transfers: `schema.TRANSFERS`, and
        row (position in this frame), by (sender of the transaction), direct (the payer sent it himself,
        straight to the payee or by the token's own transfer, asked for), own_call (the payer is a contract
        wallet, and was called to do something), from_id, to_id, by_id, asset_id
        (ledger ids; asset 0 = native), and `KNOWN_BEFORE`: counts of earlier transfers and counterparties;
        pair_*: earlier transfers between the two; emptied (1: at least 95 % of a fully known balance left, in
        one bite or several; 2: more than was known and more than ever before); tokens_left (tokens in use of
        which some was left after the payer's own last payment of them); native_left (native value the payer
        has left as the stream knows it: wei, clipped to 64 bits); *_paid_asset (own payments of this asset
        before); from_other_payees (distinct payees of the payer, but for this one, by payments that he signed
        himself and that did not empty him); to_signed_in (distinct payers of the payee by such payments, if
        direct and not small); lent (gwei that the payee paid the payer beyond what he got back); paid_back
        (1: this native value is no more than that); to_matters (1: at least a twentieth of the payee's
        largest payment of an asset that he has paid with himself, or of what is usual of one in use); depth
        (times in a row that this money was passed on), origin (id of the wallet the trail began at), gathered
        (wallets that passed the same source's money on to this payee; 0 where the source is a hub); *_funder
        (id of the first sender of native value, -1 unknown, also where the wallet's money is older than the
        stream); funder_payees (distinct payees of the payer's funder); *_first_payer (the first sender of
        native value that the stream saw, whatever the wallet had before); funded_well (1: the funder's money
        is a twentieth at least of the most the payer had at once); partly (1: a quarter of a known balance
        went, in one bite or several, or half the largest payment of an unknown one); asset_payers (wallets
        that paid with this asset by direct payments); to_usual (gwei that wallets paid a busy payee and kept
        some, 0 where he is none); to_paid_as_much (1: the payee paid as much of this asset himself).
    trails: edges behind the transfer `row`, newest last.
    wallets: one row for each block and wallet it touched that sends transactions: block_number, timestamp,
    wallet, wallet_id,
        and `layout.WALLET_FEATURES`.
    columns: what each detector's own `remember` handed on. models: fitted models by detector, frozen for this
    batch.
    """

    transfers: pl.DataFrame
    trails: pl.DataFrame
    wallets: pl.DataFrame
    _ledger: Ledger
    columns: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    models: Mapping[str, Model] = field(default_factory=dict)
    look: Look | None = None
    """The same blocks for those who read parts; None where nobody does."""

    def addresses(self, ids: Sequence[int]) -> list[bytes]:
        """The 20 bytes of each ledger id."""
        return self._ledger.addresses(ids)

    def of_block(self, number: int) -> Features:
        """What belongs to one block of the batch; rows keep their numbers."""
        rows = self.transfers.filter(pl.col("block_number") == number)
        first, last = (int(rows["row"][0]), int(rows["row"][-1])) if rows.height else (0, -1)
        of_rows, of_block = pl.col("row").is_between(first, last), pl.col("block_number") == number
        columns = {
            name: frame.filter(of_rows if "row" in frame.columns else of_block) if frame.height else frame
            for name, frame in self.columns.items()
        }
        trails, wallets = self.trails.filter(of_rows), self.wallets.filter(of_block)
        look = self.look.of_block(number) if self.look is not None else None
        return replace(self, transfers=rows, trails=trails, wallets=wallets, columns=columns, look=look)

    def wallet(self, number: int, wallet: bytes) -> dict[str, Any] | None:
        """The row of `wallets` of one wallet at the end of a block; None where the block did not touch it."""
        found = self.wallets.filter((pl.col("block_number") == number) & (pl.col("wallet") == wallet))
        return found.row(0, named=True) if found.height else None

    def token(self, address: bytes | None, number: int) -> Token:
        """What was known of a token as of block `number`: the ledger itself stands at the batch's end, so
        detectors do not read it.
        """
        return self._ledger.token(address, number)

    def is_coin(self, address: bytes | None, number: int) -> bool:
        """Whether a token is the native coin, or was known as of block `number` to wrap it one for one."""
        return self._ledger.is_coin(address, number)


def stream(batch: Batch, graph: Graph, ledger: Ledger, limits: layout.Limits) -> Features:
    """Streams a batch through graph and ledger (both change) and gives its features, without detectors' own
    columns.
    """
    found = kernel_rows(batch, ledger)
    rows = found.rows
    known, trails, touched = graph.take(rows, limits, ledger)
    columns: dict[str, Any] = {
        "row": np.arange(rows.block.size),
        "by": found.by,
        "direct": rows.direct,
        "own_call": found.own_call,
        "from_id": rows.sender,
        "to_id": rows.payee,
        "by_id": rows.by,
        "asset_id": rows.asset,
    } | {name: known[:, i] for i, name in enumerate(KNOWN_BEFORE)}
    transfers = batch.transfers.with_columns(pl.Series(name, values) for name, values in columns.items())
    _close_blocks(batch, rows, ledger)
    return Features(transfers, _trails(trails, ledger), _wallets(touched, ledger), ledger)


def _close_blocks(batch: Batch, rows: layout.Rows, ledger: Ledger) -> None:
    """Tells the ledger how many addresses each block brought it to: the largest id seen so far, plus one."""
    before = ledger.block_ends[-1][1] if ledger.block_ends else 1
    ids = np.stack([rows.sender, rows.payee, rows.by, rows.asset])
    highest = np.maximum.accumulate(ids.max(axis=0)) if rows.block.size else rows.block
    numbers = batch.blocks["block_number"].to_numpy().astype(np.int64)
    for number, end in zip(numbers, np.searchsorted(rows.block, numbers, side="right"), strict=True):
        before = max(before, int(highest[end - 1]) + 1 if end else before)
        ledger.close_block(int(number), before)


def _trails(parts: list[layout.Trail], ledger: Ledger) -> pl.DataFrame:
    if not parts or not sum(part.row.size for part in parts):
        return pl.DataFrame(schema=TRAIL_ROW)
    row, edges = (np.concatenate([getattr(part, name) for part in parts]) for name in ("row", "edges"))
    amounts = edges[:, layout.E_AMOUNT : layout.E_HASH].astype(">u8")
    hashes = np.ascontiguousarray(edges[:, layout.E_HASH :])
    assets = edges[:, layout.E_ASSET]
    tokens = [
        None if asset == 0 else token for asset, token in zip(assets, ledger.addresses(assets), strict=True)
    ]
    columns: dict[str, Any] = {
        "row": row,
        "block_number": edges[:, layout.E_BLOCK],
        "timestamp": edges[:, layout.E_TIME],
        "transaction_hash": [value.tobytes() for value in hashes],
        "log_index": edges[:, layout.E_LOG],
        "index_in_log": edges[:, layout.E_IN_LOG],
        "standard": STANDARDS.categories.gather(edges[:, layout.E_STANDARD]),
        "token": tokens,
        "from_address": ledger.addresses(edges[:, layout.E_FROM]),
        "to_address": ledger.addresses(edges[:, layout.E_TO]),
        "amount": [value.tobytes() for value in amounts],
    }
    frame = pl.DataFrame(
        {name: pl.Series(name, values).cast(TRAIL_ROW[name]) for name, values in columns.items()}
    )
    place = ["row", "transaction_hash", "log_index", "index_in_log"]
    return frame.unique(place, maintain_order=True)


def _wallets(parts: list[layout.Touched], ledger: Ledger) -> pl.DataFrame:
    fields = layout.Touched._fields[:5]
    empty: list[NDArray[Any]] = [np.zeros(0, np.int64)] * 3
    empty += [
        np.zeros((0, len(layout.WALLET_FEATURES))),
        np.zeros((0, len(layout.WALLET_STANDING)), np.int64),
    ]
    wallet, block, time, features, standing = (
        np.concatenate([start, *(getattr(part, name) for part in parts)])
        for name, start in zip(fields, empty, strict=True)
    )
    columns: dict[str, Any] = {
        "block_number": pl.Series(block, dtype=pl.UInt64),
        "timestamp": pl.Series(time, dtype=pl.UInt64),
        "wallet": pl.Series(ledger.addresses(wallet), dtype=pl.Binary),
        "wallet_id": pl.Series(wallet, dtype=pl.Int64),
    }
    columns |= {name: standing[:, i] for i, name in enumerate(layout.WALLET_STANDING)}
    columns |= {name: features[:, i] for i, name in enumerate(layout.WALLET_FEATURES)}
    return pl.DataFrame(columns)
