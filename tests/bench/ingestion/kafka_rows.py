"""Rows a second into Kafka and out of it, in the records that the ingester writes."""

from __future__ import annotations

import time
from collections.abc import Sequence

from ingest.batch import Batch
from ingest.blocklog import LogReader, LogWriter

Lines = list[list[str]]


def kafka_table(kafka: str, chain_id: int, batches: Sequence[Batch]) -> Lines:
    rows = sum(batch.blocks.height + batch.transactions.height + batch.logs.height for batch in batches)
    writer = LogWriter(kafka, chain_id)
    start = time.perf_counter()
    for batch in batches:
        writer.publish([batch])
    written = time.perf_counter() - start
    writer.close()
    with LogReader(kafka, chain_id) as reader:
        start, end, read = time.perf_counter(), reader.end(), 0
        while reader.position < end:
            read += sum(event.logs.height for event, _ in reader.poll(1) if isinstance(event, Batch))
        took = time.perf_counter() - start
    assert read == sum(batch.logs.height for batch in batches)
    return [
        ["Kafka, rows of blocks, transactions and logs", "rows", "rows/s"],
        ["in: encoded, sent, committed", f"{rows:,}", f"{rows / written:,.0f}"],
        ["out: fetched, checked, decoded", f"{rows:,}", f"{rows / took:,.0f}"],
    ]
