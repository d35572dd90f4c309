"""The engine over blocks of mainnet's size: in batches and one block at a time, taken back, saved, begun
again. Beside it what a plain pipeline does in networkx.
"""

from __future__ import annotations

import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from detectors.base import Detector
from detectors.engine import checkpoint
from detectors.engine.engine import Engine
from detectors.registry import detectors, parts
from ingest.model.batch import Batch, Rollback
from tests.bench.batch import in_networkx
from tests.bench.engine.shares import Clock, measured

Lines = list[list[str]]

CHAIN, DEPTH, MILLION, SAVE_EVERY = 1, 64, 1e6, 50
HEAD = ["", "us a transfer", "ms a block", "transfers/s", "goal"]


def batch_lines(batches: Sequence[Batch], rounds: int, goals: dict[str, str]) -> Lines:
    """Of batches but the first, which only warms up: networkx, the engine without detectors and with all."""
    transfers = sum(batch.transfers.height for batch in batches[1:])
    blocks = sum(map(len, batches[1:]))
    every = list(detectors())
    took = {
        "networkx: fan-in and fan-out only": [networkx_seconds(batches[1:]) for _ in range(rounds)],
        "engine without detectors": [judged_seconds(batches, []) for _ in range(rounds)],
        f"engine with all {len(every)} detectors": [judged_seconds(batches, every) for _ in range(rounds)],
    }
    size = len(batches[-1])
    return [
        line(
            f"{name}, {size} blocks a batch", statistics.median(each), transfers, blocks, goals.get(name, "")
        )
        for name, each in took.items()
    ]


def share_lines(batches: Sequence[Batch]) -> Lines:
    """Each part's and each detector's share of one run over the batches but the first, the dearest first."""
    clock = Clock()
    engine = Engine(CHAIN, clock.detectors(detectors()), follows=False, parts=clock.parts(parts()))
    with measured(clock):
        for at, batch in enumerate(fresh(batches)):
            if at == 1:
                clock.took.clear()
            engine.take(batch)
    transfers, blocks = sum(b.transfers.height for b in batches[1:]), sum(map(len, batches[1:]))
    found = sorted(clock.took.items(), key=lambda each: -each[1])
    return [line(f"  {name}", seconds, transfers, blocks) for name, seconds in found]


def judged_seconds(batches: Sequence[Batch], some: Sequence[Detector]) -> float:
    """Each batch is new to the engine: what was decoded of it before does not count."""
    engine = Engine(CHAIN, some, follows=False)
    first, *rest = fresh(batches)
    engine.take(first)
    start = time.process_time()
    for batch in rest:
        engine.take(batch)
    return time.process_time() - start


def fresh(batches: Sequence[Batch]) -> list[Batch]:
    return [Batch(**batch.frames()) for batch in batches]


def networkx_seconds(batches: Sequence[Batch]) -> float:
    start = time.process_time()
    in_networkx(batches)
    return time.process_time() - start


def line(name: str, seconds: float, transfers: int, blocks: int, goal: str = "") -> list[str]:
    return [
        name,
        f"{MILLION * seconds / transfers:.2f}",
        f"{1e3 * seconds / blocks:.3f}",
        f"{transfers / seconds:,.0f}" if seconds else "",
        goal,
    ]


def single_lines(blocks: Sequence[Batch], rollbacks: int, warm: int = DEPTH) -> Lines:
    """Milliseconds for one block at a time at the head, as live, with state on disk; for a rollback; for a
    slice of a snapshot and the restart from it; and what lies in memory and on disk then.
    """
    with tempfile.TemporaryDirectory() as folder:
        engine = _opened(Path(folder))
        took, busy, slices, begun = list[float](), list[float](), list[float](), list[float]()
        for at, batch in enumerate(fresh(blocks)):
            start = time.process_time()
            took.append(ms(partial(engine.take, batch, at + 1)))
            busy.append(1e3 * (time.process_time() - start))
            if at % SAVE_EVERY == 0 and at > DEPTH:
                begun.append(ms(partial(checkpoint.begin, engine)))
            slices.append(ms(engine.state.memory.write))
        back = [_rolled_back(engine, blocks) for _ in range(rollbacks)]
        saved = ms(partial(checkpoint.save, engine))
        engine.close()
        size = sum(path.stat().st_blocks * 512 for path in Path(folder).rglob("*") if path.is_file())
        again = ms(lambda: _opened(Path(folder)).close())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        ["one block at a time, as live, ms", "times", "p50", "p99", "slowest"],
        spread("block to findings, on the clock (goal: 40, 60)", took[warm:]),
        spread("block to findings, processor", busy[warm:]),
        spread(f"a rollback of {DEPTH} blocks (goal: 50)", back),
        spread("a slice of a snapshot (goal: 10)", slices[warm:]),
        spread("the rest of the state, written at once", begun),
        spread("all of a snapshot at once", [saved]),
        spread("restart from it (goal: 10,000)", [again]),
        [f"memory: {peak:,.0f} MB at most", "", "", "", ""],
        [f"on disk after {len(blocks):,} blocks: {size / 1e6:,.1f} MB", "", "", "", ""],
    ]


def _opened(folder: Path) -> Engine:
    engine = Engine(CHAIN, list(detectors()), folder=folder)
    checkpoint.opened(engine)
    return engine


def _rolled_back(engine: Engine, blocks: Sequence[Batch]) -> float:
    """Back by `DEPTH` blocks, timed, and on again."""
    below = blocks[-1 - DEPTH]
    took = ms(partial(engine.take, Rollback(CHAIN, below.last, below.last_hash)))
    for at, batch in enumerate(fresh(blocks[-DEPTH:]), len(blocks) - DEPTH):
        engine.take(batch, at + 1)
    return took


def ms(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def spread(name: str, took: Sequence[float]) -> list[str]:
    ordered = sorted(took) or [0.0]
    late = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    return [name, str(len(took)), f"{statistics.median(ordered):.1f}", f"{late:.1f}", f"{ordered[-1]:.1f}"]
