"""Who brings ranges into a lake: a thread beside other work, processes where several cores are to work."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Protocol

import polars as pl

from ingest.blocks.verify import Rules
from ingest.facts.bridge_files import Bridge
from ingest.facts.messages import here, placed, together
from ingest.lake.range_reader import RangeReader, Say, Stop, Stopped
from ingest.lake.writing import LakeWriter
from ingest.machine.signals import collect_seldom
from ingest.model.batch import Batch
from ingest.model.errors import UndertowError
from ingest.nodes import Nodes

Facts = Mapping[str, pl.DataFrame]
"""Tables of facts by name."""

Bring = Callable[[int, int, Facts], Future[int]]
"""Has a range brought, by its first and its last block and what becomes known beside in it. The future's
result is the number of its blocks, 0 where it was stopped; it raises what `RangeReader.read` raises.
"""

Crew = Callable[[int, Stop], AbstractContextManager[Bring]]
"""So many workers, until the context is left or something stops them; what is under way is waited for."""

_LOOK_S = 0.2
_LINE_CHARACTERS = 1000
"""Of a line that a process says: as much as a pipe carries in one piece."""


class Lock(Protocol):
    """Of threads or of processes: one that a process took with it when it was killed is never free again."""

    def acquire(self, *, timeout: float) -> bool: ...

    def release(self) -> None: ...


class RangeWorker:
    """Reads ranges and writes them, one writer at a time."""

    def __init__(
        self, reader: RangeReader, writer: LakeWriter, lock: Lock, bridges: tuple[Bridge, ...] = ()
    ) -> None:
        """With `bridges` the messages of other chains that come with a range are in no block yet."""
        self._reader, self._writer, self._lock, self._bridges = reader, writer, lock, bridges

    def bring(self, first: int, last: int, told: Facts, stop: Stop) -> int:
        """The number of blocks that are in the lake now; 0 when stopped."""
        try:
            batch = self._reader.read(first, last, stop)
        except Stopped:
            return 0
        while not self._lock.acquire(timeout=_LOOK_S):
            if stop.is_set():
                return 0
        try:
            self._writer.write(with_messages(batch.with_facts(**told), self._bridges))
        finally:
            self._lock.release()
        return last - first + 1


def with_messages(batch: Batch, bridges: tuple[Bridge, ...]) -> Batch:
    """`batch`, whose messages are in no block yet, with all that crosses bridges in its blocks."""
    if not bridges:
        return batch
    return batch.with_facts(messages=together(placed(batch.messages, batch.blocks), here(batch, bridges)))


@contextmanager
def threads(worker: RangeWorker, workers: int, stop: Stop) -> Iterator[Bring]:
    """Threads that share one worker."""
    with ThreadPoolExecutor(workers, thread_name_prefix="backfill") as pool:
        yield lambda first, last, told: pool.submit(worker.bring, first, last, told, stop)


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker process needs to know: the nodes of a chain, how they are read, and the lake."""

    rpc: str
    chain_id: int
    rules: Rules
    traces: bool
    lake: Path
    wrapped: frozenset[bytes] = frozenset()
    bridges: tuple[Bridge, ...] = ()


@contextmanager
def processes(task: Task, say: Say, workers: int, stop: Stop) -> Iterator[Bring]:
    """This process and others beside it, each with connections of its own: Python does its work on one core
    only. `say` hears what they say. The others end by themselves when this one is gone.
    """
    context = multiprocessing.get_context("spawn")
    ended, lock = context.Event(), context.Lock()
    worker = _worker_for(task, lock, say)
    lines, mouth = context.Pipe(duplex=False)
    listener = threading.Thread(target=_listen, args=(lines, say), name="backfill lines")
    listener.start()
    beginning = (task, os.getpid(), lock, ended, mouth)
    try:
        with (
            ProcessPoolExecutor(
                max(1, workers - 1), context, initializer=_begin, initargs=beginning
            ) as others,
            threads(worker, 1, stop) as bring_here,
        ):
            try:
                yield _Shared(bring_here, others, stop)
            finally:
                ended.set()
                others.shutdown(wait=False, cancel_futures=True)
    finally:
        mouth.close()
        listener.join()


class _Shared:
    """Has a range brought here where nothing is brought here now, else by another process."""

    def __init__(self, bring_here: Bring, others: ProcessPoolExecutor, stop: Stop) -> None:
        self._bring_here, self._others, self._stop = bring_here, others, stop
        self._here: Future[int] | None = None

    def __call__(self, first: int, last: int, facts: Facts) -> Future[int]:
        if self._here is None or self._here.done():
            self._here = self._bring_here(first, last, facts)
            return self._here
        told: Future[int] = Future()
        try:
            done = self._others.submit(_bring, first, last, facts)
        except BrokenProcessPool as error:
            done = Future()
            done.set_exception(error)
        done.add_done_callback(lambda done: _tell(done, told, self._stop))
        return told


def _worker_for(task: Task, lock: Lock, say: Say) -> RangeWorker:
    nodes = Nodes(task.rpc, task.chain_id)
    reader = RangeReader(task.chain_id, nodes, task.rules, say, task.traces, task.wrapped)
    return RangeWorker(reader, LakeWriter(task.lake), lock, task.bridges)


def _tell(done: Future[int], told: Future[int], stop: Stop) -> None:
    """Hands on how a range ended; that a process was ended from outside is one clear line, or a stop."""
    error = Stopped() if done.cancelled() else done.exception()
    if isinstance(error, Stopped) or (isinstance(error, BrokenProcessPool) and stop.is_set()):
        told.set_result(0)
    elif isinstance(error, BrokenProcessPool):
        told.set_exception(
            UndertowError(
                "a worker process of the backfill was ended from outside (was memory short?): run the same "
                "backfill again, with fewer --workers; what is written stays"
            )
        )
    elif error is not None:
        told.set_exception(error)
    else:
        told.set_result(done.result())


def _listen(lines: Connection, say: Say) -> None:
    """Until the last process that holds the other end is gone."""
    while True:
        try:
            line = lines.recv()
        except EOFError:
            return
        say(line)


_worker: RangeWorker
_ended: Stop
"""What this process works with, where it is a worker: `_begin` sets them."""


def _begin(task: Task, parent: int, lock: Lock, ended: Stop,
           mouth: Connection) -> None:  # fmt: skip
    """Runs first in a worker process. Ctrl-C is for its parent, which asks it to stop."""
    global _worker, _ended
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True, name="orphan").start()
    collect_seldom()

    def say(line: str) -> None:
        mouth.send(line[:_LINE_CHARACTERS])

    _worker, _ended = _worker_for(task, lock, say), ended


def _bring(first: int, last: int, told: Facts) -> int:
    return _worker.bring(first, last, told, _ended)


def _end_with(parent: int) -> None:
    """A worker whose parent was killed must not write to the lake beside those of one started since."""
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os._exit(1)
