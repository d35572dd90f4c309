"""What is seen of a live soak: how far each role is, what it takes, what was let go, and what that says."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field

import psutil
from kafka import KafkaConsumer, TopicPartition

from dashboard.store import open_reader
from ingest.kafka import ALERTS, BLOCKS, SCORES, Cluster
from ingest.log.blocklog import LogWriter
from ingest.model.batch import Batch
from tests.bench.live import Watch, milliseconds
from tests.bench.soak.accounts import on_disk, resident
from tests.bench.soak.arithmetic import Trend, last_third, percentiles, trend
from tests.bench.soak.frames import CHAIN
from tests.fixtures.pipeline import Pipeline

MB, DAY = 1e6, 86_400
POLL_S = 0.05
LEAST_OFFSET = 1
"""Where a log may begin that lost nothing: before the first record stands at most who claimed the place."""
ROLES = ("detect", "sink", "broker")
DISKS = ("state", "kafka", "store")


@dataclass(frozen=True, slots=True)
class Look:
    """At one moment: seconds since the start, blocks published, by how many each role is behind; bytes of
    memory and disk; the first offset that Kafka has, the first block whose scores the store has.
    """

    at: float
    published: int
    judged_behind: int
    filed_behind: int
    memory: dict[str, int]
    disk: dict[str, int]
    offset: int
    score: int


@dataclass
class LiveWatch:
    """`times`: when each block was published, judged, alerted of; `filed`: when the store had it."""

    pipeline: Pipeline
    times: Watch = field(default_factory=Watch)
    filed: dict[int, float] = field(default_factory=dict)
    looks: list[Look] = field(default_factory=list)
    samples: list[tuple[float, dict[str, int]]] = field(default_factory=list)
    published: int = 0
    began: float = field(default_factory=time.monotonic)
    stop: threading.Event = field(init=False)

    def __post_init__(self) -> None:
        self.stop = self.times.stop

    def publish(self, log: LogWriter, batch: Batch) -> None:
        """A block as `ingest` sends it: a transaction of its records."""
        self.times.at_node[batch.last] = time.monotonic()
        log.publish([batch])
        self.times.read[batch.last] = time.monotonic()
        self.published = batch.last
        if "sink" in self.pipeline.children:
            self.samples.append((time.monotonic() - self.began, self._memory()))

    def followers(self) -> list[Callable[[], None]]:
        kafka, times = self.pipeline.kafka, self.times
        return [
            lambda: times.follow_topic(kafka, CHAIN, SCORES, times.judged, "block_number"),
            lambda: times.follow_topic(kafka, CHAIN, ALERTS, times.alerted, "updated_block"),
            self._follow_store,
        ]

    def _follow_store(self) -> None:
        before = 0
        while not self.stop.is_set():
            with closing(open_reader(self.pipeline.store)) as store:
                while not self.stop.wait(POLL_S):
                    head = max((each.block_number for each in store.heads()), default=0)
                    now = time.monotonic()
                    self.filed |= dict.fromkeys(range(before + 1, head + 1), now)
                    before = max(before, head)

    def behind(self) -> tuple[int, int]:
        """Blocks that are published and not judged, and not filed."""
        judged, filed = (max(list(done), default=0) for done in (self.times.judged, self.filed))
        return self.published - judged, self.published - filed

    def waits_until_level(self, seconds: float) -> tuple[int, int]:
        deadline = time.monotonic() + seconds
        while self.behind() != (0, 0) and time.monotonic() < deadline:
            time.sleep(POLL_S)
        return self.behind()

    def look(self) -> Look:
        folder = self.pipeline.folder
        disk = {name: on_disk(folder / name) for name in ("state", "kafka")}
        disk["store"] = sum(each.stat().st_size for each in folder.glob("alerts.db*"))
        found = Look(
            time.monotonic() - self.began, self.published, *self.behind(), self._memory(), disk,
            self._oldest_offset(), self._oldest_score(),
        )  # fmt: skip
        self.looks.append(found)
        return found

    def _memory(self) -> dict[str, int]:
        """Each role with what it started: the broker's Java is a child of ours."""
        own = {name: psutil.Process(child.pid) for name, child in self.pipeline.children.items()}
        for each in psutil.Process().children(recursive=True):
            if "kafka.Kafka" in each.cmdline():
                own["broker"] = each
        return {name: resident(process.pid)["anonymous"] for name, process in own.items()}

    def _oldest_offset(self) -> int:
        place = TopicPartition(BLOCKS, Cluster(self.pipeline.kafka).partition_of(CHAIN))
        with closing(KafkaConsumer(bootstrap_servers=self.pipeline.kafka)) as consumer:
            return int(consumer.beginning_offsets([place])[place])

    def _oldest_score(self) -> int:
        """0 where the store has none yet."""
        path = self.pipeline.store.removeprefix("sqlite:///")
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as store:
            return int(store.execute("SELECT coalesce(min(block_number), 0) FROM scores").fetchone()[0])


def head_line() -> str:
    return (
        f"{'s':>6} {'block':>6} {'judged':>7} {'filed':>7} "
        + " ".join(f"{each + ' MB':>10}" for each in ROLES)
        + " "
        + " ".join(f"{each + ' disk':>11}" for each in DISKS)
        + f" {'Kafka from':>11} {'scores from':>12}"
    )


def look_line(look: Look) -> str:
    """Blocks behind, MB, the first offset kept, the first block of which scores are."""
    return (
        f"{look.at:>6.0f} {look.published:>6} {-look.judged_behind:>7} {-look.filed_behind:>7} "
        + " ".join(f"{look.memory.get(each, 0) / MB:>10.0f}" for each in ROLES)
        + " "
        + " ".join(f"{look.disk[each] / MB:>11.1f}" for each in DISKS)
        + f" {look.offset:>11} {look.score:>12}"
    )


def end_lines(watch: LiveWatch) -> list[str]:
    """Latencies of the blocks of the clock, and how memory grows."""
    times = watch.times
    start = {number: at for number, at in times.at_node.items() if at >= watch.began}
    named = (
        ("published in Kafka", times.read), ("judged, scores in Kafka", times.judged),
        ("an alert of it in Kafka", times.alerted), ("filed in the store", watch.filed),
    )  # fmt: skip
    lines = ["", f"{'from a block until it is':28} {'blocks':>7} {'p50 ms':>8} {'p99 ms':>8} {'most ms':>8}"]
    for name, ends in named:
        waits = milliseconds(start, ends)
        p50, p99, most = percentiles(waits)
        lines.append(f"{name:28} {len(waits):>7} {p50:>8.0f} {p99:>8.0f} {most:>8.0f}")
    lines += ["", "memory over the last third, MB an hour (median slope, 95 %):"]
    for role in ROLES:
        found = memory_trend(watch.samples, role)
        slope, low, high = (each / MB / 24 for each in (found.slope, found.low, found.high))
        lines.append(f"  {role:8} {slope:+8.1f} [{low:+.1f}, {high:+.1f}]")
    return [*lines, ""]


def memory_trend(samples: Sequence[tuple[float, dict[str, int]]], role: str) -> Trend:
    """Bytes a day of wall time."""
    kept = [(at / DAY, memory[role]) for at, memory in samples if role in memory]
    late = last_third([day for day, _ in kept])
    return trend([day for day, _ in kept][late], [size for _, size in kept][late])


def faults(watch: LiveWatch, behind: tuple[int, int]) -> list[str]:
    """A line for each promise that does not hold."""
    found = []
    for role, blocks in zip(("detect", "sink"), behind, strict=True):
        if blocks:
            found.append(f"{role} is {blocks} blocks behind at the end")
    last = watch.looks[-1]
    if last.offset <= LEAST_OFFSET:
        found.append(f"Kafka let go of no block: it begins at offset {last.offset}")
    if last.score <= 1:
        found.append(f"the store let go of no score: they begin at block {last.score}")
    return found
