"""Whether the detection that counts becomes slower where what waits is judged beside it:
`python -m tests.bench.pending.latency`.

One world, one node, one broker, one `detect`. In turns `ingest` runs alone, and `ingest --mempool` with
`detect --pending`, as many blocks each, in several rounds: so what else the machine does meets both.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from detectors.alerts.messages import BlockScores, scores_from
from ingest.kafka import BLOCKS, SCORES, Cluster, Reader
from ingest.localchain.chain.chain import fork, origin
from ingest.localchain.play.deploying import ensure_world
from ingest.localchain.play.director import Director
from ingest.localchain.play.simulation import Script, begin
from ingest.log import records
from ingest.machine import broker, tools
from ingest.machine.processes import Child
from tests.bench.__main__ import show
from tests.fixtures.pipeline import Pipeline

CHAIN_ID = 31337
ALONE, BESIDE = "alone", "with what waits judged beside it"


@dataclass
class Times:
    """When each block could be read in `chain.blocks`, and when its scores, monotonic seconds."""

    kafka: str
    mined: dict[int, float] = field(default_factory=dict)
    published: dict[int, float] = field(default_factory=dict)
    judged: dict[int, float] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)

    def follow(self, topic: str, times: dict[int, float]) -> None:
        partition = Cluster(self.kafka).partition_of(CHAIN_ID)
        with Reader(self.kafka, topic, partition) as reader:
            while not self.stop.is_set():
                for message in reader.poll(0.005):
                    times.setdefault(_block(topic, message.key, message.value or b""), time.monotonic())


def _block(topic: str, key: bytes, value: bytes) -> int:
    if topic == BLOCKS:
        return records.peek(value).last
    record = scores_from(key, value, CHAIN_ID)
    return record.block_number if isinstance(record, BlockScores) else -1


@dataclass
class Stand:
    """The pipeline while one way or the other is measured."""

    pipeline: Pipeline
    director: Director
    times: Times
    pace: float

    def play(self, way: str, blocks: int) -> list[int]:
        """So many played blocks, read in this way; the numbers of those that were mined meanwhile."""
        self._start(way)
        miner = self.director.stage.miner
        self.pipeline.waits_until_judged(miner.head)
        first = miner.head + 1
        for _ in range(blocks):
            self.director.play_block()
        self.pipeline.waits_until_judged(miner.head)
        for name in ("ingest", "pending"):
            if name in self.pipeline.children:
                self.pipeline.children.pop(name).stop()
        return list(range(first, miner.head + 1))

    def _start(self, way: str) -> None:
        line = self.pipeline
        command = ["ingest", "--rpc", line.url, "--kafka", line.kafka, "--start", str(line.first)]
        self._run("ingest", *command, *(["--mempool"] if way == BESIDE else []))
        if way == BESIDE:
            partition = Cluster(line.kafka).partition_of(CHAIN_ID)
            line.waits_for(
                lambda: Cluster(line.kafka).pending_partitions() > partition, "room for what is pending"
            )
            state = str(line.folder / "pending")
            where = ("--kafka", line.kafka, "--chain-id", str(CHAIN_ID), "--state", state)
            self._run("pending", "detect", "--pending", *where)
            time.sleep(30 * self.pace)

    def _run(self, name: str, *arguments: str) -> None:
        command = [sys.executable, "-m", "undertow", *arguments]
        log = self.pipeline.folder / f"{name}.log"
        self.pipeline.children[name] = Child.start(name, command, log=log)

    def mined(self) -> None:
        """On each head, while the next block's transactions wait."""
        self.times.mined.setdefault(self.director.stage.miner.head, time.monotonic())
        time.sleep(self.pace)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pending.latency", description=__doc__)
    parser.add_argument("--blocks", type=int, default=40, help="played in each turn")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--pace", type=float, default=0.5, help="seconds from block to block")
    wanted = parser.parse_args()
    tools.ensure(lambda _line: None)
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        kafka = running.enter_context(broker.running(folder / "kafka"))
        source = running.enter_context(origin(ensure_world))
        node = running.enter_context(fork(source.url))
        line = Pipeline(node.url, CHAIN_ID, kafka, folder, first=1)
        running.callback(line.ends)
        show(measured(line, wanted.blocks, wanted.rounds, wanted.pace))


def measured(line: Pipeline, blocks: int, rounds: int, pace: float) -> list[list[str]]:
    script = Script(seed=7, blocks=(2 * rounds + 1) * blocks, round_the_pool=0.3)
    director = begin(line.url, line.folder / "labels.jsonl", script)
    line.starts_all()
    line.waits_until_judged(director.stage.miner.head)
    line.children.pop("ingest").stop()
    times = Times(line.kafka)
    stand = Stand(line, director, times, pace)
    assert director.pool is not None
    director.pool.look = stand.mined
    topics = ((BLOCKS, times.published), (SCORES, times.judged))
    threads = [threading.Thread(target=times.follow, args=each, daemon=True) for each in topics]
    for thread in threads:
        thread.start()
    taken: dict[str, list[int]] = {ALONE: [], BESIDE: []}
    stand.play(ALONE, blocks)  # until all is warm
    for _ in range(rounds):
        for way, numbers in taken.items():
            numbers += stand.play(way, blocks)
    times.stop.set()
    for thread in threads:
        thread.join(10)
    return _table(times, taken)


def _table(times: Times, taken: dict[str, list[int]]) -> list[list[str]]:
    lines = [["milliseconds", "blocks", "p50", "p90", "p50 / alone"]]
    spans = (
        ("node to chain.blocks", times.mined, times.published),
        ("chain.blocks to scores", times.published, times.judged),
    )
    for name, start, end in spans:
        alone = 0.0
        for way, numbers in taken.items():
            waits = [1000 * (end[n] - start[n]) for n in numbers if n in start and n in end]
            p50, p90 = np.percentile(waits, [50, 90])
            alone = alone or p50
            lines.append(
                [f"{name}, {way}", str(len(waits)), f"{p50:.1f}", f"{p90:.1f}", f"{p50 / alone:.2f}"]
            )
    return lines


if __name__ == "__main__":
    main()
