"""`python -m tests.bench.failover`: how long nobody works after a kill, until the process on stand-by does.

For ingest, detect and sink, each against a real Kafka (ingest also a real chain, sink a store in SQLite),
whoever works is killed (SIGKILL) or stopped (SIGSTOP); the time is to the first new block, score or row.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from statistics import median

from dashboard.store import open_reader, open_turns
from ingest.kafka import (
    ALERTS,
    BLOCKS,
    SCORES,
    Beating,
    Cluster,
    KafkaBeats,
    Publisher,
    Reader,
    detect_place,
    ingest_place,
)
from ingest.kafka.beats import Place
from ingest.machine import broker, tools
from ingest.model.turns import Beats, Owner
from tests.dashboard.detection import Detection
from tests.dashboard.filing.test_sink_failover import judging
from tests.fixtures.living_log import living_log
from tests.fixtures.restless_chain import restless_chain
from tests.fixtures.standby_pair import SILENCE_S, BadLuck, StandbyPair

CHAIN = 5
LUCKS: tuple[BadLuck, ...] = ("killed", "stopped")


def worker_of(beats: Beats) -> Callable[[], str | None]:
    def worker() -> str | None:
        beat = beats.last()
        return None if beat is None or beat.ended else beat.instance

    return worker


@contextmanager
def ingesting(kafka: str, folder: Path) -> Iterator[StandbyPair]:
    partition = Cluster(kafka).partition_of(CHAIN, create=True)
    with restless_chain(CHAIN, 1) as chain, ExitStack() as opened:
        command = ["ingest", "--rpc", chain.url, "--kafka", kafka, "--start", "1", "--poll-ms", "5"]
        beats = opened.enter_context(closing(KafkaBeats(kafka, ingest_place(CHAIN, partition))))
        read = opened.enter_context(Reader(kafka, BLOCKS, partition))
        opened.enter_context(chain.living())
        yield StandbyPair(command, folder, worker_of(beats), opened, progress=read.end)


@contextmanager
def detecting(kafka: str, folder: Path) -> Iterator[StandbyPair]:
    with living_log(kafka, CHAIN + 1, 1, 2_000), ExitStack() as opened:
        partition = Cluster(kafka).partition_of(CHAIN + 1)
        command = ["detect", "--kafka", kafka, "--chain-id", str(CHAIN + 1), "--finality", "8"]
        beats = opened.enter_context(closing(KafkaBeats(kafka, detect_place(CHAIN + 1, partition))))
        read = opened.enter_context(Reader(kafka, SCORES, partition))
        own = lambda number: ["--state", str(folder / f"state-{number}")]  # noqa: E731
        yield StandbyPair(command, folder, worker_of(beats), opened, own, progress=read.end)


@contextmanager
def filing(kafka: str, folder: Path) -> Iterator[StandbyPair]:
    url, detection = f"sqlite:///{folder / 'store.db'}", Detection(kafka, CHAIN + 2)
    with closing(detection), judging(detection), ExitStack() as opened:
        command = ["sink", "--kafka", kafka, "--store", url, "--chain-id", str(CHAIN + 2)]
        beats = opened.enter_context(closing(open_turns(url, f"sink of chain {CHAIN + 2}")))
        read = opened.enter_context(closing(open_reader(url)))
        yield StandbyPair(command, folder, worker_of(beats), opened, progress=read.revision)


ROLES = {"ingest": ingesting, "detect": detecting, "sink": filing}


def beat_ms(kafka: str, times: int = 30) -> list[float]:
    """Of one beat in Kafka, which a block that comes meanwhile waits for."""
    place, took = Place("bench", ALERTS, 0), list[float]()
    with (
        Publisher(kafka, "bench") as publisher,
        Beating(publisher, place, Owner.of_this_process()) as beating,
    ):
        for _ in range(times):
            began = time.perf_counter()
            beating._beat()
            took.append(1_000 * (time.perf_counter() - began))
    return took


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--times", type=int, default=5, help="of each role and kind")
    asked.add_argument("--role", choices=tuple(ROLES), action="append")
    given = asked.parse_args()
    tools.ensure(print)
    print(f"stand-by after {SILENCE_S:g} s of silence; seconds until there is more than before")
    with tempfile.TemporaryDirectory() as folder, broker.running(Path(folder) / "kafka") as kafka:
        for name in given.role or ROLES:
            with ROLES[name](kafka, Path(folder)) as pair:
                pair.start_both()
                for luck in LUCKS:
                    took_s = sorted(replaced(pair, luck) for _ in range(given.times))
                    print(f"{name:7} {luck:8} median {median(took_s):4.1f}  longest {took_s[-1]:4.1f}")
                pair.end()
        Cluster(kafka).partition_of(CHAIN, create=True)
        took = sorted(beat_ms(kafka))
        print(f"a beat in Kafka: median {median(took):.1f} ms, longest {took[-1]:.1f} ms, one a second")
    print(f"load of this machine meanwhile: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


def replaced(pair: StandbyPair, luck: BadLuck) -> float:
    pair.is_replaced(luck)
    return pair.goes_on_s[-1]


if __name__ == "__main__":
    main()
