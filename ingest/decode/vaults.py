"""ERC-4626 vaults: assets that became shares, and shares that became assets again."""

from __future__ import annotations

import polars as pl

from ingest import schema
from ingest.decode.event import Decoder, rule

VAULTS = Decoder(
    schema.VAULTS,
    (
        rule(
            "Deposit(address indexed sender, address indexed owner, uint256 assets, uint256 shares)",
            vault="address",
            action=pl.lit("deposit"),
        ),
        rule(
            "Withdraw(address indexed sender, address indexed recipient, address indexed owner,"
            " uint256 assets, uint256 shares)",
            vault="address",
            action=pl.lit("withdraw"),
        ),
    ),
)


def vaults(blocks: pl.DataFrame, logs: pl.DataFrame) -> pl.DataFrame:
    """Deposits and withdrawals (shape: `schema.VAULTS`). A donation is no event of the vault: a transfer."""
    return VAULTS(blocks, logs)
