"""Rows a second into Kafka and out of it, in the records that the ingester writes."""

from __future__ import annotations

import time
from collections.abc import Sequence

from ingest.log.blocklog import LogReader, LogWriter
from ingest.model.batch import Batch

Lines = list[list[str]]


def kafka_table(kafka: str, chain_id: int, batches: Sequence[Batch], rounds: int) -> Lines:
    """The best of some rounds, each with a chain of its own: the first finds a broker that is still cold."""
    rows = sum(batch.blocks.height + batch.transactions.height + batch.logs.height for batch in batches)
    logs = sum(batch.logs.height for batch in batches)
    chains = range(chain_id, chain_id + rounds)
    written = min(_write(kafka, chain, batches) for chain in chains)
    taken = min(_read(kafka, chain, logs) for chain in chains)
    return [
        [f"Kafka, {len(batches[0])} blocks a transaction", "rows", "rows/s"],
        ["in: encoded, sent, committed", f"{rows:,}", f"{rows / written:,.0f}"],
        ["out: fetched, checked, decoded", f"{rows:,}", f"{rows / taken:,.0f}"],
    ]


def _write(kafka: str, chain_id: int, batches: Sequence[Batch]) -> float:
    writer = LogWriter(kafka, chain_id)
    start = time.perf_counter()
    for batch in batches:
        writer.publish([batch])
    seconds = time.perf_counter() - start
    writer.close()
    return seconds


def _read(kafka: str, chain_id: int, logs: int) -> float:
    with LogReader(kafka, chain_id) as reader:
        start, end, read = time.perf_counter(), reader.end(), 0
        while reader.position < end:
            read += sum(event.logs.height for event, _ in reader.poll(1) if isinstance(event, Batch))
        seconds = time.perf_counter() - start
    assert read == logs
    return seconds
