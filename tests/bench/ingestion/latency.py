"""Live: from a block being there at the node to its record being readable by others."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import numpy as np

from ingest.kafka import BLOCKS, Cluster, Reader
from ingest.processes import Child, wait_until
from ingest.records import peek
from tests.bench.ingestion.chain import BenchChain

Lines = list[list[str]]

PACE_S = 0.25
_LOOK_S = 0.001


class Watch:
    """When each block was there at the node, and when a consumer saw it committed."""

    def __init__(self, chain: BenchChain, kafka: str, chain_id: int) -> None:
        self.at_node: dict[int, float] = {}
        self.committed: dict[int, float] = {}
        self._chain, self._kafka, self._chain_id = chain, kafka, chain_id
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._node), threading.Thread(target=self._log)]

    def __enter__(self) -> Watch:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _node(self) -> None:
        while not self._stop.wait(_LOOK_S):
            self.at_node.setdefault(self._chain.head, time.monotonic())

    def _log(self) -> None:
        partition = Cluster(self._kafka).partition_of(self._chain_id)
        with Reader(self._kafka, BLOCKS, partition) as reader:
            reader.seek(reader.end())
            while not self._stop.is_set():
                for message in reader.poll(0.05):
                    self.committed.setdefault(peek(message.value or b"").last, time.monotonic())


def latency_table(
    chain: BenchChain, kafka: str, chain_id: int, folder: Path, blocks: int, transactions: int
) -> Lines:
    """A process that ingests, by polling and by WebSocket, and so many blocks for each."""
    lines = [[f"live, {transactions} transactions a block: node to committed", "blocks", "p50 ms", "p99 ms"]]
    for name, url in (("polling", chain.url), ("WebSocket", chain.url.replace("http://", "ws://"))):
        head = str(chain.head)
        argv = [sys.executable, "-m", "undertow", "ingest", "--rpc", url, "--kafka", kafka, "--start", head]
        log = folder / f"ingest-{name}.log"
        with Child.start("ingest", [*argv, "--poll-ms", "5"], log=log) as child:
            wait_until(lambda: chain_id in Cluster(kafka).chains(), 60, "the first block", child)
            waits = _waits(chain, kafka, chain_id, blocks, transactions)
        p50, p99 = np.percentile(waits, [50, 99])
        lines.append([name, str(len(waits)), f"{p50:.1f}", f"{p99:.1f}"])
    return lines


def _waits(chain: BenchChain, kafka: str, chain_id: int, blocks: int, transactions: int) -> list[float]:
    """Milliseconds of each block. The first few, in which everything warms up, do not count."""
    warm = 5
    with Watch(chain, kafka, chain_id) as watch:
        time.sleep(2)
        first = chain.head + 1 + warm
        for _ in range(blocks + warm):
            chain.queue(transactions)
            time.sleep(PACE_S)
            chain.mine()
        wait_until(lambda: chain.head in watch.committed, 30, "the last block")
    return [1000 * (watch.committed[n] - watch.at_node[n]) for n in sorted(watch.committed) if n >= first]
