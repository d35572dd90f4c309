"""The engine over blocks of mainnet's size: without detectors, with each, with all; one block at a time;
taken back. Beside it what a plain pipeline does in networkx.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial

from detectors.base import Detector
from detectors.engine.engine import Engine
from detectors.registry import detectors
from ingest.model.batch import Batch, Rollback
from tests.bench.batch import in_networkx
from tests.bench.engine.traffic import CHAIN, TRANSFERS, Traffic

Lines = list[list[str]]

DEPTH = 64


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
    start = time.process_time()
    in_networkx(batches)
    return time.process_time() - start


def single_table(blocks: int, rollbacks: int) -> Lines:
    """Milliseconds for one block at a time at the head, and for a rollback of 64 blocks."""
    engine = Engine(CHAIN, list(detectors()))
    taken, took = list(Traffic().batches(blocks, 1)), []
    for at, batch in enumerate(taken):
        took.append(_ms(partial(engine.take, batch, at + 1)))
    back = []
    below = taken[-1 - DEPTH]
    for _ in range(rollbacks):
        back.append(_ms(partial(engine.take, Rollback(CHAIN, below.last, below.last_hash))))
        for at, batch in enumerate(taken[-DEPTH:], blocks - DEPTH):
            engine.take(batch, at + 1)
    return [
        ["one block at a time", "times", "p50 ms", "p99 ms", "slowest ms"],
        _spread("block to findings, with all", took),
        _spread(f"a rollback of {DEPTH} blocks", back),
    ]


def _ms(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def _spread(name: str, took: Sequence[float]) -> list[str]:
    ordered = sorted(took)
    late = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    return [name, str(len(took)), f"{statistics.median(took):.1f}", f"{late:.1f}", f"{ordered[-1]:.1f}"]
