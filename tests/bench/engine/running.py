"""The engine over blocks of mainnet's size: without detectors, with each, with all; one block at a time;
taken back. Beside it what a plain pipeline does in networkx.
"""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Sequence

import networkx as nx

from detectors.base import Detector
from detectors.engine.engine import Engine
from detectors.registry import detectors
from ingest.model.batch import Batch, Rollback
from tests.bench.engine.traffic import CHAIN, TRANSFERS, Traffic

Lines = list[list[str]]

DEPTH, WINDOW_S = 64, 1800


def batch_table(blocks: int, size: int, rounds: int) -> Lines:
    """Transfers a second of processor time, from frames to findings; the first tenth warms up."""
    batches = list(Traffic().batches(blocks, size))
    peer = statistics.median(networkx_seconds(batches) for _ in range(rounds))
    lines = [["engine", "transfers", "us a transfer", "transfers/s", "/ networkx"]]
    count = TRANSFERS * blocks
    lines.append(_line("networkx: fan-in and fan-out only", count, peer, peer))
    sets: list[tuple[str, list[Detector]]] = [("without detectors", [])]
    sets += [(f"with {one.name}", [one]) for one in detectors()]
    sets += [("with all", list(detectors()))]
    for name, some in sets:
        took = statistics.median(judged_seconds(batches, some) for _ in range(rounds))
        lines.append(_line(f"{size} blocks a batch, {name}", count, took, peer))
    return lines


def _line(name: str, count: int, took: float, peer: float) -> list[str]:
    return [name, f"{count:,}", f"{1e6 * took / count:.2f}", f"{count / took:,.0f}", f"{peer / took:.2f}"]


def judged_seconds(batches: Sequence[Batch], some: Sequence[Detector]) -> float:
    """Each batch is new to the engine: what was decoded of it before does not count."""
    engine = Engine(CHAIN, some, follows=False)
    fresh = [Batch(**batch.frames()) for batch in batches]
    start = time.process_time()
    for batch in fresh:
        engine.take(batch)
    return time.process_time() - start


def networkx_seconds(batches: Sequence[Batch]) -> float:
    """A rolling multigraph, and the degrees of both ends at every transfer."""
    start = time.process_time()
    graph, window = nx.MultiDiGraph(), deque[tuple[int, bytes, bytes, int]]()
    for batch in batches:
        columns = ("timestamp", "from_address", "to_address")
        for now, sender, payee in batch.transfers.select(columns).iter_rows():
            while window and window[0][0] < now - WINDOW_S:
                graph.remove_edge(*window.popleft()[1:])
            window.append((now, sender, payee, graph.add_edge(sender, payee)))
            len(set(graph.successors(sender))), len(set(graph.predecessors(payee)))
    return time.process_time() - start


def single_table(blocks: int, rollbacks: int) -> Lines:
    """Milliseconds for one block at a time at the head, and for a rollback of 64 blocks."""
    engine = Engine(CHAIN, list(detectors()))
    taken, took = list(Traffic().batches(blocks, 1)), []
    for at, batch in enumerate(taken):
        took.append(_ms(lambda batch=batch, at=at: engine.take(batch, at + 1)))
    back = []
    for _ in range(rollbacks):
        to = taken[-1 - DEPTH]
        back.append(_ms(lambda to=to: engine.take(Rollback(CHAIN, to.last, to.last_hash))))
        for at, batch in enumerate(taken[-DEPTH:], blocks - DEPTH):
            engine.take(batch, at + 1)
    return [
        ["one block at a time", "times", "p50 ms", "p99 ms", "slowest ms"],
        _spread("block to findings, with all", took),
        _spread(f"a rollback of {DEPTH} blocks", back),
    ]


def _ms(work: object) -> float:
    start = time.perf_counter()
    work()  # type: ignore[operator]
    return 1000 * (time.perf_counter() - start)


def _spread(name: str, took: Sequence[float]) -> list[str]:
    ordered = sorted(took)
    late = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    return [name, str(len(took)), f"{statistics.median(took):.1f}", f"{late:.1f}", f"{ordered[-1]:.1f}"]
