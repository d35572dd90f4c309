"""`python -m tests.bench.soak --live MINUTES`: blocks of mainnet's size at its pace through a real Kafka,
with `detect` and `sink` as their users run them.

Blocks are framed and published as `ingest` does it. What Kafka and the store let go of is set to be little
enough to go within the run, for which a block stands for more than its twelve seconds of block time.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from unittest.mock import patch

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from ingest.kafka import ALERTS, BLOCKS, SCORES, Cluster
from ingest.log.blocklog import LogWriter
from ingest.machine import broker, tools
from tests.bench.soak.frames import BUSY, CHAIN, Frames
from tests.bench.soak.live_watch import LiveWatch, end_lines, faults, head_line, look_line
from tests.fixtures.pipeline import Pipeline

DAYS = 4
"""Of block time that a run spans: scores are kept for one of them."""
KEPT_SHARE, SEGMENT_SHARE = 6, 18
"""A block stays in Kafka for a sixth of the run, in files of an eighteenth each."""
LOOKS = 12
"""Lines that are printed of a run."""
DEADLINE_S = 300.0
WARM, AT_ONCE = 200, 50
"""Blocks that are judged before time begins, so that models are made, and how many are published at once."""
CHECK_MS = 2_000
_BROKER = f"log.retention.check.interval.ms={CHECK_MS}\nlog.cleaner.backoff.ms={CHECK_MS}\n"


def run(folder: Path, minutes: float, block_seconds: float, seed: int) -> int:
    """The exit status: 0 where nobody was behind at the end and what was to go went."""
    blocks = max(LOOKS, int(60 * minutes / block_seconds))
    frames = Frames(seed, blocks_a_day=max(1, blocks // DAYS), mix=BUSY, poisoned=2)
    print(
        f"{WARM} blocks first; then {blocks} of {BUSY.moved} transfers and {BUSY.said} other events, one "
        f"each {block_seconds:g} s; scores are kept for a day of {frames.blocks_a_day} blocks, "
        f"blocks in Kafka for {60 * minutes / KEPT_SHARE:.0f} s\n",
        flush=True,
    )
    tools.ensure(lambda _line: None)
    with ExitStack() as running:
        running.enter_context(patch.dict(os.environ, UNDERTOW_KEEP_SCORES="1"))
        running.enter_context(patch.object(broker, "_CONFIG", broker._CONFIG + _BROKER))
        kafka = running.enter_context(broker.running(folder / "kafka"))
        pipeline = Pipeline("", CHAIN, kafka, folder)
        running.callback(pipeline.ends)
        return _played(pipeline, frames, blocks, block_seconds)


def _played(pipeline: Pipeline, frames: Frames, blocks: int, block_seconds: float) -> int:
    watch = LiveWatch(pipeline)
    with closing(LogWriter(pipeline.kafka, CHAIN)) as log, _followed(watch, log, frames):
        _let_go(pipeline.kafka, blocks * block_seconds)
        print(head_line(), flush=True)
        due = watch.began = time.monotonic()
        for number in range(WARM + 1, WARM + blocks + 1):
            batch = frames.batch(number, 1)
            due += block_seconds
            time.sleep(max(0.0, due - time.monotonic()))
            if (number - WARM) % max(1, blocks // LOOKS) == 0:
                print(look_line(watch.look()), flush=True)
            watch.publish(log, batch)
        behind = watch.waits_until_level(DEADLINE_S)
        last = watch.look()
        print(look_line(last))
    print("\n".join(end_lines(watch)))
    broken = faults(watch, behind)
    print("\n".join(f"PROMISE BROKEN: {each}" for each in broken) or "every promise held", flush=True)
    return 1 if broken else 0


@contextmanager
def _followed(watch: LiveWatch, log: LogWriter, frames: Frames) -> Iterator[None]:
    """The roles have judged the first blocks before time begins: programs take seconds to start."""
    for first in range(1, WARM + 1, AT_ONCE):
        watch.publish(log, frames.batch(first, AT_ONCE))
    for role in ("detect", "sink"):
        watch.pipeline.starts(role)
    watch.pipeline.waits_until_judged(WARM)
    threads = [threading.Thread(target=each, daemon=True) for each in watch.followers()]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        watch.stop.set()
        for thread in threads:
            thread.join()


def _let_go(kafka: str, seconds: float) -> None:
    """Settings an operator may make: how long blocks stay, how long every revision of an alert does."""
    kept, segment = (str(max(1_000, int(1_000 * seconds / share))) for share in (KEPT_SHARE, SEGMENT_SHARE))
    chosen = {
        BLOCKS: {"retention.ms": kept, "segment.ms": segment, "file.delete.delay.ms": "1000"},
        SCORES: {"retention.ms": kept, "segment.ms": segment, "file.delete.delay.ms": "1000"},
        ALERTS: {
            "min.compaction.lag.ms": segment,
            "segment.ms": segment,
            "min.cleanable.dirty.ratio": "0.01",
        },
    }
    Cluster(kafka).check()
    with closing(KafkaAdminClient(bootstrap_servers=kafka)) as admin:
        admin.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, topic, configs=each) for topic, each in chosen.items()]
        )
