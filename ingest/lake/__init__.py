"""The lake: Parquet files of ranges, written by backfill and beside the log, read by detection."""

RANGE_BLOCKS = 1_000
"""Ranges end below each multiple of this, or where a request ends."""
