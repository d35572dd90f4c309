"""What `ingest.decode` says of a batch, and what the one pass says of it: the same, row by row."""

from __future__ import annotations

import polars as pl
from polars.testing import assert_frame_equal

from detectors.kernels.decoding import Kind, Rows, decode
from ingest import schema
from ingest.decode.event import Decoder, rule
from ingest.model.batch import Batch
from tests.detectors.decoding.back import FRAMES, frame

_NOBODY = pl.lit(schema.ZERO_ADDRESS)
_ORDER = ("block_number", "transaction_index", "log_index", "index_in_log")
WRAPPERS = Decoder(
    schema.TRANSFERS,
    [
        rule(
            declared,
            token="address",
            standard=pl.lit("weth"),
            index_in_log=pl.lit(0),
            **{nobody: _NOBODY},
        )
        for declared, nobody in (
            ("Deposit(address indexed to_address, uint256 amount)", "from_address"),
            ("Withdrawal(address indexed from_address, uint256 amount)", "to_address"),
        )
    ],
)
"""Deposits and withdrawals of any contract: rows are candidates, whatever `transfers` makes of them."""


def assert_same(batch: Batch) -> Rows:
    """Every table, with every row and column of it; and no row that belongs to none."""
    rows = decode(batch)
    for table in FRAMES:
        expected = candidates(batch) if table == "transfers" else getattr(batch, table)
        assert_frame_equal(frame(table, rows, batch), expected, check_exact=True)
    assert sum(counts(rows).values()) == len(rows)
    return rows


def candidates(batch: Batch) -> pl.DataFrame:
    """The transfers, with every deposit and withdrawal there could be."""
    others = batch.transfers.filter(pl.col("standard") != "weth")
    return pl.concat([others, WRAPPERS(batch.blocks, batch.logs)]).sort(_ORDER)


def counts(rows: Rows) -> dict[str, int]:
    """How many rows there are of each kind that occurs."""
    return {kind.name: n for kind in Kind if (n := int((rows.kind == kind).sum()))}
