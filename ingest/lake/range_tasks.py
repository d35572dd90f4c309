"""Ranges that are brought by workers of Ray, on any machine: only this process writes to the lake."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager
from functools import lru_cache

from ingest.facts.bridge_files import Bridge
from ingest.lake.range_reader import RangeReader, Say, Stop
from ingest.lake.range_workers import Bring, Facts, Task, with_messages
from ingest.lake.writing import EncodedRange, LakeWriter, encoded
from ingest.machine.ray.cluster import connected
from ingest.machine.ray.same_code import code_digest, refuse_other_code
from ingest.nodes import Nodes

_LOOK_S = 0.2
_NEVER = threading.Event()

Brought = tuple[EncodedRange, list[str]]
"""A range, and what was said while it was read."""


@contextmanager
def tasks(address: str, task: Task, say: Say, workers: int, stop: Stop) -> Iterator[Bring]:
    """So many ranges at a time, by the Ray at `address`. One whose worker is ended is read again by another;
    raises ClusterUnreachable, by the futures, when Ray is gone.
    """
    lock, writer, told_task = threading.Lock(), LakeWriter(task.lake), pickle.dumps(task)

    def written(bringing: Future[Brought], first: int, last: int) -> int:
        brought = _awaited(bringing, stop)
        if brought is None:
            return 0
        range_, lines = brought
        for line in lines:
            say(line)
        with lock:
            writer.add(range_)
        return last - first + 1

    with connected(address, workers) as cluster, ThreadPoolExecutor(workers, "lake") as writing:

        def bring(first: int, last: int, told: Facts) -> Future[int]:
            bringing = cluster.call(read_range, told_task, code_digest(), first, last, dict(told))
            return writing.submit(written, bringing, first, last)

        yield bring


def read_range(task: bytes, code: str, first: int, last: int, told: Facts) -> Brought:
    """Runs in a worker of Ray: fetches, proves, decodes and encodes. `task` is a pickled `Task`. Raises what
    `RangeReader.read` raises, and BadInput where its code is another than the asker's.
    """
    refuse_other_code(code)
    reader, bridges, lines = _reader(task)
    lines.clear()
    batch = reader.read(first, last, _NEVER).with_facts(**told)
    return encoded(with_messages(batch, bridges)), list(lines)


@lru_cache(1)
def _reader(pickled: bytes) -> tuple[RangeReader, tuple[Bridge, ...], list[str]]:
    """A worker keeps its connections for the next range; it does one thing at a time."""
    task: Task = pickle.loads(pickled)
    nodes, lines = Nodes(task.rpc, task.chain_id), list[str]()
    reader = RangeReader(task.chain_id, nodes, task.rules, lines.append, task.traces, task.wrapped)
    return reader, task.bridges, lines


def _awaited(bringing: Future[Brought], stop: Stop) -> Brought | None:
    while not stop.is_set():
        try:
            return bringing.result(_LOOK_S)
        except NotYet:
            continue
    return None
