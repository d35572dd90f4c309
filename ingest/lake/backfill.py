"""Brings history into the lake: ranges of blocks, proved and decoded by the same code as the live chain."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import polars as pl

from ingest import schema
from ingest.blocks import times
from ingest.blocks.verify import Rules, Verify
from ingest.facts.bridge_files import Bridge
from ingest.facts.lists import ListBook
from ingest.facts.wrapped import unknown_wrapped
from ingest.lake import reading as lakes
from ingest.lake.bridges import check, read_history
from ingest.lake.range_reader import Say
from ingest.lake.range_tasks import tasks
from ingest.lake.range_workers import Crew, Facts, Task, processes, with_messages
from ingest.lake.reading import Lake, Manifest
from ingest.lake.writing import LakeWriter
from ingest.machine.progress import Progress
from ingest.model.batch import Batch
from ingest.model.errors import BadInput, ChainGap, FinalityUnknown
from ingest.nodes import Nodes

_FINALITY_TRIES, _FINALITY_PAUSE_S = 3, 1.0
"""A node that has just started learns within moments what is final."""


@dataclass(frozen=True, slots=True)
class BackfillSettings:
    """Blocks `first`..`last` (inclusive), read by so many `workers`, a range each; with the calls inside
    transactions where `traces` says so, and the lists in the folder `facts`. With `check_senders`
    transactions are held against their signatures. `wrapped` are coins that wrap the native one; what crosses
    `bridges` is told.
    """

    first: int
    last: int
    workers: int = 4
    verify: Verify = "strict"
    allow_unfinalised: bool = False
    traces: bool = False
    facts: Path | None = None
    check_senders: bool = False
    wrapped: frozenset[bytes] = frozenset()
    bridges: tuple[Bridge, ...] = ()
    ray: str | None = None
    """The address of the Ray whose workers read, instead of processes beside this one."""


def backfill(
    rpc: str,
    chain_id: int | None,
    settings: BackfillSettings,
    lake: Path,
    stop: threading.Event,
    say: Say,
    report: Callable[[Progress], None],
) -> bool:
    """Copies a chain's history into the lake in a folder. False when `stop` ended it early.

    Raises BadInput for blocks that the chain does not have, or not finalised, or that other chains of bridges
    are not final up to, and what `Backfill.run` raises.
    """
    nodes = Nodes(rpc, chain_id)
    served = nodes.chain_id()
    last = last_allowed(nodes, settings)
    if (unit := times.told(nodes.head().timestamp)) is not None:
        say(f"backfill: {unit}")
    if last < settings.last:
        say(f"backfill: stops at the finalised block {last}; --allow-unfinalised reads on")
    book, writer = ListBook(settings.facts, say), LakeWriter(lake)
    book.remember(writer.lake().lists(served))
    rules = Rules(settings.verify, settings.check_senders)
    check(settings.bridges, served)
    task = Task(rpc, served, rules, settings.traces, lake, settings.wrapped, settings.bridges)
    crossed = _Crossed(nodes, served, writer.lake(), settings, last, stop, say)

    def told(first: int, last: int) -> Facts:
        return {"lists": book.told(first, last), "messages": crossed.between(first, last)}

    is_told = crossed.is_told if settings.bridges else None
    crew = partial(tasks, settings.ray, task, say) if settings.ray else partial(processes, task, say)
    work = Backfill(served, nodes, writer, crew, told, settings.wrapped, is_told)

    def learn(number: int) -> None:
        book.remember(book.facts(served, number))

    return work.run(settings.first, last, settings.workers, stop, report, learn)


class _Crossed:
    """What crosses bridges in the blocks of a backfill, of the other chains, in no block yet."""

    def __init__(
        self, nodes: Nodes, chain_id: int, lake: Lake, settings: BackfillSettings, last: int,
        stop: threading.Event, say: Say,
    ) -> None:  # fmt: skip
        """Reads the other chains. Messages from before the lake's first block stand in that."""
        self._nodes, self._bridges, self._first, self._last = nodes, settings.bridges, settings.first, last
        self._times: dict[int, int] = {}
        goes_on = any(held.first < settings.first for held in lake.ranges(chain_id))
        self._floor = self._time(settings.first - 1) if goes_on and settings.bridges else -1
        self._waiting = schema.MESSAGES.empty()
        if settings.bridges:
            until = self._time(last)
            self._waiting = read_history(settings.bridges, chain_id, self._floor, until, stop, say)

    def between(self, first: int, last: int) -> pl.DataFrame:
        """Those that belong to blocks `first`..`last`."""
        if not self._waiting.height:
            return self._waiting
        floor = self._floor if first <= self._first else self._time(first - 1)
        return self._waiting.filter((pl.col("due_time") > floor) & (pl.col("due_time") <= self._time(last)))

    def is_told(self, held: Batch) -> bool:
        """Whether a range of the lake holds just this, as far as it is of the blocks that are asked for."""
        asked = held.slice(self._first, self._last)
        if not len(asked):
            return True
        waiting = asked.with_facts(messages=self.between(asked.first, asked.last))
        return with_messages(waiting, self._bridges).messages.equals(asked.messages)

    def _time(self, number: int) -> int:
        if number not in self._times:
            header = self._nodes.header(number)
            if header is None:
                raise self._nodes.fault(f"has no block {number}, and told of higher ones")
            self._times[number] = int(header.timestamp, 16)
        return self._times[number]


class Backfill:
    """Copies blocks of one chain from its nodes into a lake."""

    def __init__(
        self, chain_id: int, nodes: Nodes, writer: LakeWriter, crew: Crew,
        told: Callable[[int, int], Facts], wrapped: frozenset[bytes] = frozenset(),
        is_told: Callable[[Batch], bool] | None = None,
    ) -> None:  # fmt: skip
        """`crew` reads and writes; `nodes` say which ranges are held as their chain has them now. `told`
        gives what became known beside with blocks (lists, messages), by the first and the last of them. A
        range that does not count deposits of coins in `wrapped` is read again, and one that `is_told` says
        lacks something.
        """
        self._chain_id = chain_id
        self._nodes = nodes
        self._writer = writer
        self._crew = crew
        self._told = told
        self._wrapped = wrapped
        self._is_told = is_told

    def run(
        self,
        first: int,
        last: int,
        workers: int,
        stop: threading.Event,
        report: Callable[[Progress], None],
        begin: Callable[[int], None] = lambda _number: None,
    ) -> bool:
        """Writes the ranges of `first`..`last` that the lake does not hold yet. False when `stop` ended it.

        `begin` hears the first block that is missing, before anything is read; nothing where none is.

        Raises ProofFailed (verify `strict`), NodeUnreachable or NodeMisbehaved after a few attempts; ChainGap
        where the chain changed between two ranges. What is written stays, and the next run goes on from it.
        """
        started, total = time.monotonic(), last - first + 1
        todo = self._missing(first, last, workers)
        done = total - sum(end - start + 1 for start, end in todo)
        if todo:
            begin(todo[0][0])
        report(Progress(done, total, time.monotonic() - started))
        with self._crew(max(1, min(workers, len(todo))), stop) as bring:
            running: set[Future[int]] = set()
            try:
                while (todo or running) and not stop.is_set():
                    while todo and len(running) < workers:
                        wanted = todo.pop(0)
                        running.add(bring(*wanted, self._told(*wanted)))
                    finished, running = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
                    done += sum(future.result() for future in finished)
                    report(Progress(done, total, time.monotonic() - started))
            except BaseException:
                stop.set()
                raise
        if stop.is_set() and done < total:
            return False
        self._check_links(first, last)
        return True

    def _missing(self, first: int, last: int, workers: int) -> list[tuple[int, int]]:
        """The ranges that the lake does not hold, undamaged, as the node's chain has them now."""
        lake, wanted = self._writer.lake(), lakes.split(first, last)
        ranges = lake.ranges(self._chain_id)

        def held(wanted: tuple[int, int]) -> bool:
            covering = [held for held in ranges if held.first <= wanted[0] and wanted[1] <= held.last]
            return any(self.agrees(held) and self._is_whole(lake, held) for held in covering)

        with ThreadPoolExecutor(workers, thread_name_prefix="held") as pool:
            return [one for one, is_held in zip(wanted, pool.map(held, wanted), strict=True) if not is_held]

    def agrees(self, held: Manifest) -> bool:
        """Whether a range of the lake ends with the block that the node's chain has there now."""
        theirs = self._nodes.header(held.last)
        return theirs is not None and theirs.id.hex() == held.last_hash

    def _is_whole(self, lake: Lake, held: Manifest) -> bool:
        """Whether a range is undamaged, and holds all that is told of its blocks today: one that was written
        before wrapped coins were told, or without one that is named now, does not.
        """
        if not lake.intact(held) or not lake.holds(held, schema.WRAPPED_NATIVES):
            return False
        if self._is_told is not None and not self._is_told(lake.read(held)):
            return False
        return not self._wrapped or not unknown_wrapped(lake.read(held), self._wrapped)

    def _check_links(self, first: int, last: int) -> None:
        held = [
            range_ for range_ in self._writer.lake().ranges(self._chain_id) if range_.overlaps(first, last)
        ]
        for before, after in pairwise(held):
            if after.first != before.last + 1 or after.parent_hash != before.last_hash:
                raise ChainGap(
                    f"the chain changed while it was read: block {after.first} is not the child of block "
                    f"{before.last} in the lake; run the same backfill again"
                )


def _finalised(nodes: Nodes) -> int | None:
    for _ in range(_FINALITY_TRIES - 1):
        try:
            return nodes.finalised()
        except FinalityUnknown:
            time.sleep(_FINALITY_PAUSE_S)
    return nodes.finalised()


def last_allowed(nodes: Nodes, settings: BackfillSettings) -> int:
    """The last block to backfill: the one asked for, or the finalised block where it is lower and counts.

    A chain without a finalised block (as anvil's) gives all. Raises BadInput where nothing is left, and
    FinalityUnknown where no node says what is final, asked a few times.
    """
    head = nodes.head().height
    if settings.last > head:
        raise BadInput(f"--to-block {settings.last} is above the head of the chain, {head}")
    finalised = None if settings.allow_unfinalised else _finalised(nodes)
    if finalised is not None and finalised < settings.first:
        raise BadInput(
            f"--from-block {settings.first} is above the finalised block, {finalised}: "
            "wait, or read blocks that may still be replaced with --allow-unfinalised"
        )
    return settings.last if finalised is None else min(settings.last, finalised)
