"""What the table `blocks` says of fees."""

from __future__ import annotations

import polars as pl

from detectors.runs.forecasts.blocks import COLUMNS, BlockFees


def fees_of(blocks: pl.DataFrame) -> list[BlockFees]:
    """Rows of the table `blocks`, in their order."""
    return [BlockFees(*row) for row in blocks.select(COLUMNS).iter_rows()]
