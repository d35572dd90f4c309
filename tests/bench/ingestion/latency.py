"""Live: from a block being there at the node to its record being readable by others."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import numpy as np
import requests

from ingest.kafka import BLOCKS, Cluster, Reader
from ingest.log.records import peek
from ingest.machine.processes import Child, wait_until
from tests.bench.ingestion.chain import BenchChain
from tests.bench.ingestion.raw_http import read

Lines = list[list[str]]

TRANSFERS = 2
"""Transfers of a transaction: a block of 150 transactions has about as many logs as one of mainnet."""

PACE_S = 0.25
_SESSION = requests.Session()
WARM = 10
"""The first blocks, in which everything warms up, do not count."""


class Watch:
    """When a consumer of its own saw each block committed."""

    def __init__(self, kafka: str, chain_id: int) -> None:
        self.committed: dict[int, float] = {}
        self._kafka, self._chain_id = kafka, chain_id
        self._stop, self._ready = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._follow)

    def __enter__(self) -> Watch:
        self._thread.start()
        assert self._ready.wait(60), "Kafka is not read"
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _follow(self) -> None:
        partition = Cluster(self._kafka).partition_of(self._chain_id)
        with Reader(self._kafka, BLOCKS, partition) as reader:
            reader.seek(reader.end())
            self._ready.set()
            while not self._stop.is_set():
                for message in reader.poll(0.05):
                    self.committed.setdefault(peek(message.value or b"").last, time.monotonic())


def latency_table(
    chain: BenchChain, kafka: str, chain_id: int, folder: Path, blocks: int, transactions: int
) -> Lines:
    """A process that ingests, by polling and by WebSocket, and so many blocks for each; beside it how long
    the node takes for the same blocks and receipts, asked once more by somebody who does not look at them.
    """
    what = f"live, {transactions} transactions a block: node to committed"
    lines, node = [[what, "blocks", "p50 ms", "p99 ms"]], list[float]()
    for name, url in (("polling", chain.url), ("WebSocket", chain.url.replace("http://", "ws://"))):
        head = str(chain.head)
        argv = [sys.executable, "-m", "undertow", "ingest", "--rpc", url, "--kafka", kafka, "--start", head]
        log = folder / f"ingest-{name}.log"
        with Child.start("ingest", [*argv, "--poll-ms", "5"], log=log) as child:
            wait_until(lambda: chain_id in Cluster(kafka).chains(), 60, "the first block", child)
            with Watch(kafka, chain_id) as watch:
                waits = [_wait(chain, watch, transactions, node) for _ in range(blocks + WARM)]
        lines.append(_line(name, waits[WARM:]))
    return [*lines, _line("the node alone: block and receipts as bytes", node)]


def _wait(chain: BenchChain, watch: Watch, transactions: int, node: list[float]) -> float:
    """Milliseconds of one block. How long the node alone takes for it is added to `node`."""
    chain.queue(transactions, TRANSFERS)
    time.sleep(PACE_S)
    chain.mine()
    mined, head = time.monotonic(), chain.head
    wait_until(lambda: head in watch.committed, 60, f"block {head} in Kafka")
    asked = time.monotonic()
    read(_SESSION, chain.url, head, head)
    node.append(1000 * (time.monotonic() - asked))
    return 1000 * (watch.committed[head] - mined)


def _line(name: str, waits: list[float]) -> list[str]:
    p50, p99 = np.percentile(waits, [50, 99])
    return [name, str(len(waits)), f"{p50:.1f}", f"{p99:.1f}"]
