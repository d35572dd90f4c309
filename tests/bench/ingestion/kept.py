"""`python -m tests.bench.ingestion.kept`: what evidence costs a block, in bytes, in the lake and in the log.

Reads the consecutive blocks of mainnet that lie beside the checkout; skips, with a reason, where they are not
there. Sizes do not depend on the machine.
"""

from __future__ import annotations

import io

import polars as pl

from ingest.blocks.verify import Rules, verified_batch
from ingest.log.records import encode
from tests.bench.__main__ import show
from tests.fixtures.mainnet import recorded_block

FIRST, LAST = 17_686_110, 17_686_120
COLUMNS = {"blocks": ("header",), "transactions": ("post_state", "receipt_extras", "envelope")}


def main() -> None:
    answers = [recorded_block(f"mainnet/{number}.json.gz") for number in range(FIRST, LAST + 1)]
    batch = verified_batch(1, answers, None, Rules(), lambda *_: None)
    frames = {"blocks": batch.blocks, "transactions": batch.transactions}
    count = len(batch)
    rows = [
        [f"{count} blocks of mainnet, {batch.transactions.height} transactions", "lake, bytes a block", "log"]
    ]
    for table, columns in COLUMNS.items():
        for column in columns:
            with_it, without = frames[table], frames[table].drop(column)
            lake, log = (size(with_it) - size(without) for size in (in_lake, in_log))
            rows.append([f"{table}.{column}", f"{lake / count:,.0f}", f"{log / count:,.0f}"])
    tables = (*frames.values(), batch.logs, batch.transfers)
    records = sum(map(len, encode(batch)))
    rows.append(["all of a block", f"{sum(map(in_lake, tables)) / count:,.0f}", f"{records / count:,.0f}"])
    show(rows)


def in_lake(frame: pl.DataFrame) -> int:
    """As `ingest.lake.writing` writes it."""
    out = io.BytesIO()
    frame.write_parquet(out, compression="zstd", compression_level=1, statistics=False)
    return len(out.getvalue())


def in_log(frame: pl.DataFrame) -> int:
    """As `ingest.log.records` writes it."""
    out = io.BytesIO()
    frame.write_ipc_stream(out, compression="lz4", compat_level=pl.CompatLevel.oldest())
    return len(out.getvalue())


if __name__ == "__main__":
    main()
