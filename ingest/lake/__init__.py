"""The lake: Parquet files of ranges, written by backfill and beside the log, read by detection."""
