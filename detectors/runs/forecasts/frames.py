"""What the table `blocks` says of fees."""

from __future__ import annotations

import polars as pl

from detectors.runs.forecasts.blocks import BlockFees

COLUMNS = (
    "block_number", "timestamp", "gas_used", "gas_limit", "base_fee_per_gas", "blob_gas_used",
    "excess_blob_gas",
)  # fmt: skip
"""Of the table `blocks`, in the order of the fields."""


def fees_of(blocks: pl.DataFrame) -> list[BlockFees]:
    """Rows of the table `blocks`, in their order."""
    return [BlockFees(*row) for row in blocks.select(COLUMNS).iter_rows()]
