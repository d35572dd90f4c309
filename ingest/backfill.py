"""Brings history into the lake: ranges of blocks, proved and decoded by the same code as the live chain."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from ingest import lake as lakes
from ingest.batch import Batch, concat
from ingest.errors import BadInput, ChainGap, NodeMisbehaved, NodeUnreachable, WrongChain
from ingest.lake import Manifest
from ingest.lake_writer import LakeWriter
from ingest.metadata import MetadataReader
from ingest.nodes import BLOCKS_A_REQUEST, Nodes
from ingest.progress import Progress
from ingest.verify import Verify, verified_batch

Say = Callable[[str], None]

ATTEMPTS = 4
"""Times that a request is made before a range is given up: nodes are busy, or their chain changes."""

_WAIT_S = 0.5


@dataclass(frozen=True, slots=True)
class BackfillSettings:
    """Blocks `first`..`last` (inclusive), read by `workers` threads, a range each."""

    first: int
    last: int
    workers: int = 4
    verify: Verify = "strict"
    allow_unfinalised: bool = False


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

    Raises BadInput for blocks that the chain does not have, or not finalised, and what `Backfill.run` raises.
    """
    nodes = Nodes(rpc, chain_id)
    served = nodes.chain_id()
    last = last_allowed(nodes, settings)
    if last < settings.last:
        say(f"backfill: stops at the finalised block {last}; --allow-unfinalised reads on")
    work = Backfill(served, nodes, LakeWriter(lake), settings.verify, say)
    return work.run(settings.first, last, settings.workers, stop, report)


class Backfill:
    """Copies blocks of one chain from its nodes into a lake."""

    def __init__(self, chain_id: int, nodes: Nodes, writer: LakeWriter, verify: Verify, say: Say) -> None:
        self._chain_id = chain_id
        self._nodes = nodes
        self._writer = writer
        self._verify = verify
        self._say = say
        self._lock = threading.Lock()

    def run(
        self, first: int, last: int, workers: int, stop: threading.Event, report: Callable[[Progress], None]
    ) -> bool:
        """Writes the ranges of `first`..`last` that the lake does not hold yet. False when `stop` ended it.

        Raises ProofFailed (verify `strict`), NodeUnreachable or NodeMisbehaved after a few attempts; ChainGap
        where the chain changed between two ranges. What is written stays, and the next run goes on from it.
        """
        started, total, done = time.monotonic(), last - first + 1, 0
        todo = lakes.split(first, last)
        with ThreadPoolExecutor(workers, thread_name_prefix="backfill") as pool:
            running: set[Future[int]] = set()
            try:
                while (todo or running) and not stop.is_set():
                    while todo and len(running) < workers:
                        running.add(pool.submit(self._range, *todo.pop(0), stop))
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

    def _range(self, first: int, last: int, stop: threading.Event) -> int:
        """Makes sure that the lake holds one range; the number of its blocks, 0 when stopped."""
        if not self._held(first, last):
            batch = self._read(first, last, stop)
            if batch is None:
                return 0
            with self._lock:
                self._writer.write(batch)
        return last - first + 1

    def _held(self, first: int, last: int) -> bool:
        """Whether a range of the lake covers these blocks, undamaged, as the node's chain has them now."""
        with self._lock:
            lake = self._writer.lake()
        covering = [
            range_ for range_ in lake.ranges(self._chain_id) if range_.first <= first and last <= range_.last
        ]
        return any(self._agrees(held) and lake.intact(held) for held in covering)

    def _agrees(self, held: Manifest) -> bool:
        theirs = self._nodes.header(held.last)
        return theirs is not None and theirs.id.hex() == held.last_hash

    def _read(self, first: int, last: int, stop: threading.Event) -> Batch | None:
        metadata = MetadataReader(self._nodes.call)
        batches: list[Batch] = []
        parent: bytes | None = None
        at = first
        while at <= last and not stop.is_set():
            batch = self._some(at, min(last, at + BLOCKS_A_REQUEST - 1), parent, metadata, stop)
            metadata.remember(batch.token_metadata)
            batches.append(batch)
            parent, at = batch.last_hash, batch.last + 1
        return concat(batches) if at > last else None

    def _some(
        self, first: int, last: int, parent: bytes | None, metadata: MetadataReader, stop: threading.Event
    ) -> Batch:
        """Blocks from `first` on, as many as one request brings; asked again a few times if it fails."""
        for left in range(ATTEMPTS - 1, -1, -1):
            try:
                return self._request(first, last, parent, metadata)
            except WrongChain:
                if self._nodes.is_lost:
                    raise
                stop.wait(_WAIT_S)
            except (NodeUnreachable, NodeMisbehaved) as error:
                self._nodes.blame(error)
                if not left or stop.is_set():
                    raise
                stop.wait(max(_WAIT_S, self._nodes.pause_s))
        raise AssertionError("there is at least one attempt")

    def _request(self, first: int, last: int, parent: bytes | None, metadata: MetadataReader) -> Batch:
        answers = self._nodes.fetch(first, last)
        if not answers:
            raise self._nodes.fault(f"has no block {first}, or no receipts for it")
        batch = verified_batch(self._chain_id, answers, parent, self._verify, self._reject)
        return replace(batch, token_metadata=metadata.facts(batch))

    def _reject(self, _number: int, reason: str, _source: str) -> None:
        self._say(f"not proved: {reason}")

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


def last_allowed(nodes: Nodes, settings: BackfillSettings) -> int:
    """The last block to backfill: the one asked for, or the finalised block where it is lower and counts.

    A node without a finalised block (as anvil) gives all. Raises BadInput where nothing is left.
    """
    head = nodes.head().height
    if settings.last > head:
        raise BadInput(f"--to-block {settings.last} is above the head of the chain, {head}")
    finalised = None if settings.allow_unfinalised else nodes.finalised()
    if finalised is not None and finalised < settings.first:
        raise BadInput(
            f"--from-block {settings.first} is above the finalised block, {finalised}: "
            "wait, or read blocks that may still be replaced with --allow-unfinalised"
        )
    return settings.last if finalised is None else min(settings.last, finalised)
