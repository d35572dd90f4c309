"""The live part of the bench: how long a block takes from the node to its alerts in Kafka."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import psutil

from ingest.kafka import ALERTS, SCORES, Cluster, Reader
from ingest.localchain.play.simulation import Script, begin
from ingest.machine.processes import port_is_taken
from ingest.nodes import Nodes
from tests.fixtures.pipeline import Pipeline

Lines = list[list[str]]

POLL_S = 0.005


@dataclass
class Watch:
    """When each block was seen at the node, read in full, judged, and led to an alert."""

    at_node: dict[int, float] = field(default_factory=dict)
    read: dict[int, float] = field(default_factory=dict)
    judged: dict[int, float] = field(default_factory=dict)
    alerted: dict[int, float] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)

    def follow_node(self, rpc: str) -> None:
        """The peer: polls and reads each block with its receipts, and has nothing else to do."""
        nodes = Nodes(rpc)
        seen = int(nodes.head().number, 16)
        while not self.stop.is_set():
            head = int(nodes.head().number, 16)
            for number in range(seen + 1, head + 1):
                self.at_node[number] = time.monotonic()
                nodes.fetch(number, number)
                self.read[number] = time.monotonic()
            seen = max(seen, head)
            time.sleep(POLL_S)

    def follow_topic(self, kafka: str, chain_id: int, topic: str, times: dict[int, float], key: str) -> None:
        """Notes when the first committed record about a block can be read."""
        partition = Cluster(kafka).partition_of(chain_id)
        with Reader(kafka, topic, partition) as reader:
            while not self.stop.is_set():
                for message in reader.poll(0.02):
                    record = json.loads(message.value or b"{}")
                    if record.get("status") is None:
                        times.setdefault(int(record[key]), time.monotonic())


def live_tables(pipeline: Pipeline, blocks: int, seed: int, pace: float) -> Iterator[Lines]:
    """Plays the demo's load through the pipeline; a table of latencies, then one of memory."""
    director = begin(pipeline.url, pipeline.folder / "labels.jsonl", Script(seed=seed, blocks=blocks))
    pipeline.starts_all()
    pipeline.waits_until_judged(director.stage.miner.head)
    watch = Watch()
    topics = ((ALERTS, watch.alerted, "updated_block"), (SCORES, watch.judged, "block_number"))
    threads = [threading.Thread(target=watch.follow_node, args=(pipeline.url,))]
    threads += [
        threading.Thread(target=watch.follow_topic, args=(pipeline.kafka, pipeline.chain_id, *topic))
        for topic in topics
    ]
    for thread in threads:
        thread.start()
    for _ in range(blocks):
        due = time.monotonic() + pace
        director.play_block()
        time.sleep(max(0.0, due - time.monotonic()))
    pipeline.waits_until_judged(director.stage.miner.head)
    pipeline.starts("dashboard")
    pipeline.waits_for(lambda: port_is_taken(pipeline.dashboard_port), "the dashboard to answer")
    memory = memory_table(pipeline)
    watch.stop.set()
    for thread in threads:
        thread.join()
    yield latency_table(watch)
    yield memory


def latency_table(watch: Watch) -> Lines:
    read = milliseconds(watch.at_node, watch.read)
    lines = [["block available at the node to", "blocks", "p50 ms", "p99 ms", "p50 / peer"]]
    named = (
        ("peer: block and receipts read, nothing else", watch.read),
        ("block judged, scores committed in Kafka", watch.judged),
        ("alert committed in Kafka", watch.alerted),
    )
    for name, times in named:
        waits = milliseconds(watch.at_node, times)
        p50, p99 = np.percentile(waits, [50, 99]) if waits else (np.nan, np.nan)
        ratio = p50 / np.percentile(read, 50)
        lines.append([name, str(len(waits)), f"{p50:.1f}", f"{p99:.1f}", f"{ratio:.1f}"])
    return lines


def milliseconds(start: dict[int, float], end: dict[int, float]) -> list[float]:
    return [1000.0 * (end[number] - start[number]) for number in sorted(start.keys() & end.keys())]


def memory_table(pipeline: Pipeline) -> Lines:
    """Resident memory of every process, with what it started."""
    lines = [["process", "resident MB"]]
    parts = {child.pid: name for name, child in pipeline.children.items()}
    for process in psutil.Process().children(recursive=True):
        command = process.cmdline()
        name = parts.get(process.pid) or ("broker (java)" if "kafka.Kafka" in command else process.name())
        lines.append([name, f"{process.memory_info().rss / 1e6:.0f}"])
    return lines
