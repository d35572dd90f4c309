"""Days of made blocks through the engine as the daemon runs it: state on disk, snapshots in slices, a way
back of `finality` blocks.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from detectors.engine import checkpoint
from detectors.engine.engine import Engine
from detectors.memory.memory import NO_BLOCK, SNAPSHOT_BLOCKS
from detectors.registry import detectors
from ingest.model.batch import Batch
from tests.bench.soak.accounts import held, on_disk, resident
from tests.bench.soak.frames import CHAIN, CHUNK, Frames

SAMPLES_A_DAY = 24
SAMPLES = "samples.jsonl"


@dataclass(frozen=True, slots=True)
class Sample:
    """At the end of `block`: bytes of memory that is the process's own, that files are mapped to, that tables
    explain; bytes on disk, of them the newest snapshot; alerts that are kept.
    """

    block: int
    day: float
    anonymous: int
    mapped: int
    explained: int
    disk: int
    alerts_kept: int

    @property
    def unexplained(self) -> int:
        """What is no table: the interpreter, models, frames of a batch, alerts, and what leaks."""
        return self.anonymous - self.explained


@dataclass(slots=True)
class Day:
    """What one day came to; cpu: seconds, judging and saving apart."""

    number: int = 0
    blocks: int = 0
    transfers: int = 0
    judging: float = 0.0
    saving: float = 0.0
    wall: float = 0.0
    alerts: int = 0
    scores: int = 0
    snapshots: int = 0

    @property
    def us(self) -> float:
        return 1e6 * self.judging / max(1, self.transfers)


@dataclass
class EngineRun:
    """`folder` holds state, and what was measured, so that a run that was cut short goes on."""

    frames: Frames
    folder: Path
    save_blocks: int = SNAPSHOT_BLOCKS
    chunk: int = CHUNK
    samples: list[Sample] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.engine = Engine(CHAIN, list(detectors()), folder=self.folder / "state")
        self.first = (checkpoint.opened(self.engine) or 0) + 1
        known = self.folder / SAMPLES
        if known.exists():
            lines = known.read_text().splitlines()
            kept = [Sample(**json.loads(line)) for line in lines]
            self.samples = [each for each in kept if each.block < self.first]

    def days(self, until: int) -> Iterator[Day]:
        """Each as it ends, up to that with number `until` (the first is 1); the last in part where `stop` was
        set.
        """
        first, blocks = self.first, self.frames.blocks_a_day
        for number in range((first - 1) // blocks + 1, until + 1):
            day = Day(number)
            while first <= number * blocks:
                batch = self.frames.batch(first, min(self.chunk, number * blocks - first + 1))
                self._take(batch, day)
                first = batch.last + 1
                if self.stop.is_set():
                    self._sample(batch.last)
                    break
            yield day
            if self.stop.is_set():
                return

    def _take(self, batch: Batch, day: Day) -> None:
        begin, cpu = time.perf_counter(), time.process_time()
        output = self.engine.take(batch, batch.last)
        judged = time.process_time()
        day.snapshots += self._save(len(batch))
        day.judging += judged - cpu
        day.saving += time.process_time() - judged
        day.wall += time.perf_counter() - begin
        day.blocks += len(batch)
        day.transfers += batch.transfers.height
        opened = {alert.id for alert in output.alerts if alert.block_number >= batch.first}
        day.alerts += len(opened)
        day.scores += len(output.scores)
        every = max(1, self.frames.blocks_a_day // SAMPLES_A_DAY)
        if batch.last // every != (batch.first - 1) // every:
            self._sample(batch.last)

    def _save(self, blocks: int) -> int:
        """As the daemon does after each block: a slice of what is being written; how many were completed."""
        memory, done = self.engine.state.memory, 0
        if memory.saved == NO_BLOCK or memory.floor - memory.saved >= self.save_blocks:
            checkpoint.begin(self.engine)
        for _ in range(blocks):
            if memory.idle():
                break
            done += memory.write()
        return done

    def _sample(self, block: int) -> None:
        memory = self.engine.state.memory
        sizes = resident()
        sample = Sample(
            block, block / self.frames.blocks_a_day, sizes["anonymous"], sizes["mapped"],
            sum(each.memory for each in held(memory)), on_disk(self.folder / "state"),
            len(self.engine.standing()),
        )  # fmt: skip
        self.samples.append(sample)
        with (self.folder / SAMPLES).open("a") as file:
            file.write(json.dumps(asdict(sample)) + "\n")

    def restarted(self) -> float:
        """Saves, closes and opens again, as a restart does; seconds of opening. Raises AssertionError where
        it does not stand where it stood.
        """
        checkpoint.save(self.engine)
        saved = self.engine.state.memory.saved
        self.engine.close()
        begin = time.perf_counter()
        again = Engine(CHAIN, list(detectors()), folder=self.folder / "state")
        offset = checkpoint.opened(again)
        took = time.perf_counter() - begin
        self.engine = again
        assert offset == saved == again.state.number, f"state of block {saved} was opened as of {offset}"
        return took
