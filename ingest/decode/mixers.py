"""Mixers of the shape of Tornado Cash: notes that are paid in, and paid out to whoever knows them."""

from __future__ import annotations

import polars as pl

from ingest import schema
from ingest.decode.event import Decoder, rule

MIXERS = Decoder(
    schema.MIXERS,
    (
        rule(
            "Deposit(bytes32 indexed note, uint32 leaf, uint256 made)",
            pool="address",
            action=pl.lit("deposit"),
        ),
        rule(
            "Withdrawal(address recipient, bytes32 note, address indexed relayer, uint256 fee)",
            pool="address",
            action=pl.lit("withdraw"),
        ),
    ),
)


def mixers(blocks: pl.DataFrame, logs: pl.DataFrame) -> pl.DataFrame:
    """Deposits and withdrawals (shape: `schema.MIXERS`). Anyone can emit them: what moved, transfers say."""
    return MIXERS(blocks, logs)
