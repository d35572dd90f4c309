"""What each task takes, in processor seconds of one core, over recorded mainnet blocks."""

from __future__ import annotations

import pickle
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from detectors.engine.engine import Engine
from detectors.engine.judge import Asked
from detectors.engine.output import Output
from detectors.engine.sight import Look
from detectors.memory.copying import counts, growth
from detectors.registry import detectors
from detectors.runs.distributed.pipeline import brought, start_of
from detectors.runs.distributed.scorer import Added, Parcel, Scorer
from ingest.blocks.verify import Rules
from ingest.lake.range_tasks import read_range
from ingest.lake.range_workers import Task
from ingest.lake.writing import LakeWriter
from ingest.machine.ray.same_code import code_digest
from ingest.model.batch import Batch
from tests.bench.distributed.schedule import PieceTimes, RangeTimes

T = TypeVar("T")
NETWORK_BYTES_S = 1.25e9
"""Of a network of 10 Gbit/s, in one direction."""
RANGE = 1000


def of_range(url: str, first: int, blocks: int, folder: Path) -> tuple[RangeTimes, int]:
    """Of a range of 1,000 blocks, from fewer, a divisor; and its bytes. What is fetched is also unpacked
    here, but what the node does and how long its answers travel is not in it.
    """
    task = pickle.dumps(Task(url, 1, Rules("strict", False), False, folder))
    read, (range_, _) = timed(lambda: read_range(task, code_digest(), first, first + blocks - 1, {}))
    scale = RANGE // blocks
    whole = replace(range_, contents=tuple(scale * data for data in range_.contents))
    written, _ = timed(LakeWriter(folder / "written").add, whole)
    size = sum(map(len, whole.contents))
    return RangeTimes(read * scale, size / NETWORK_BYTES_S, written), size


def of_piece(batches: Sequence[Batch]) -> tuple[PieceTimes, int, int]:
    """The median of the pieces of some batches, but those of the first; and bytes of a piece, and of what it
    added to memory.
    """
    clock = _Clock(Engine(1, detectors(), follows=False, keep_all=True))
    for at, batch in enumerate(batches):
        if at == 1:
            clock.rows.clear()
        clock.judge(batch)
    rows = zip(*clock.rows, strict=True)
    taken, grown_s, asked_s, filed, sent_bytes, grown_bytes = map(statistics.median, rows)
    over = NETWORK_BYTES_S
    times = PieceTimes(taken, grown_bytes / over, grown_s, sent_bytes / over, asked_s, filed)
    return times, int(sent_bytes), int(grown_bytes)


class _Clock:
    """An engine and a scorer that work one after the other; a row a piece: seconds taken, entering, asking,
    filing, and bytes of the piece and of what it added.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._memory, self._scorer = engine, engine.state.memory, Scorer(start_of(engine))
        self._known, self._aged = counts(self._memory), self._memory.aged_at
        self.rows: list[tuple[float, ...]] = []

    def judge(self, batch: Batch) -> None:
        looks = self._engine.looks(Batch(**batch.frames()))
        taken, found = timed(next, looks, None)
        while found is not None:
            self._score(taken, *found)
            taken, found = timed(next, looks, None)

    def _score(self, taken: float, piece: Batch, look: Look) -> None:
        packing, (sent, added) = timed(self._packed, piece, look)
        self._scorer.learn(look.models)
        entering, _ = timed(lambda: self._scorer.grow(pickle.loads(added)))
        asking, asked = timed(lambda: self._scorer.asked(pickle.loads(sent)))
        filing, _ = timed(self._file, piece, asked)
        self.rows.append((taken + packing, entering, asking, filing, len(sent), len(added)))

    def _packed(self, piece: Batch, look: Look) -> tuple[bytes, bytes]:
        added = Added(growth(self._memory, self._known, self._aged), piece.token_metadata)
        self._known, self._aged = counts(self._memory), self._memory.aged_at
        return pickle.dumps(Parcel(look.piece, look.tables, brought(piece), {})), pickle.dumps(added)

    def _file(self, piece: Batch, asked: Asked) -> None:
        engine = self._engine
        engine.file(piece.blocks, engine.judge.decided(asked, engine.state.off), Output())


def timed(work: Callable[..., T], *given: Any) -> tuple[float, T]:
    start = time.process_time()
    made = work(*given)
    return time.process_time() - start, made
