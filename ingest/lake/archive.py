"""Keeps final blocks of a followed chain in a lake, beside the live work, by the code of backfill."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ingest.blocks.headers import Headers
from ingest.lake.backfill import Backfill
from ingest.lake.writing import LakeWriter
from ingest.model.errors import ChainGap, NodeMisbehaved, NodeUnreachable, UndertowError, WrongChain

FINALITY = 64
"""Blocks on top of a block before it goes to the lake."""

_PAUSE_S = 1.0
Bounds = Callable[[], tuple[int, int] | None]
"""The first block of the log and its head, as they are now; None while the log is empty."""


class Archive:
    """A thread that copies each range of `every` blocks once all of it is final: a divisor of those of a
    range of the lake, the larger the fewer files.

    Blocks come from the node again, not from Kafka, so that the lake stands on its own proof.
    """

    def __init__(
        self,
        backfill: Backfill,
        writer: LakeWriter,
        chain_id: int,
        bounds: Bounds,
        every: int,
        say: Callable[[str], None],
    ) -> None:
        self._backfill = backfill
        self._writer = writer
        self._chain_id = chain_id
        self._bounds = bounds
        self._every = every
        self._say = say
        self._lock: int | None = None
        self._told = False
        self._stop = threading.Event()
        self._error: UndertowError | None = None
        self._thread = threading.Thread(target=self._run, name="archive", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def finish(self, rest: bool) -> None:
        """Ends the thread; with `rest` the final blocks of the range in progress are written too.

        Raises the error that ended the thread early.
        """
        self._stop.set()
        self._thread.join()
        try:
            if self._error is not None:
                raise self._error
            ready = self._ready(whole_ranges=False) if rest and self._is_ours() else None
            if ready is not None:
                self._backfill.run(*ready, 1, threading.Event(), lambda _progress: None)
        finally:
            if self._lock is not None:
                os.close(self._lock)

    def _is_ours(self) -> bool:
        """Whether nobody else writes here. What another one leaves undone is written once it has ended."""
        if self._lock is None:
            self._lock = self._writer.lock(self._chain_id)
        if self._lock is None and not self._told:
            self._told = True
            self._say(
                f"lake: another ingest keeps chain {self._chain_id} there: it is left to that one; name "
                "another folder with --lake for one of this process's own"
            )
        return self._lock is not None

    def _run(self) -> None:
        while not self._stop.wait(_PAUSE_S):
            try:
                ready = self._ready(whole_ranges=True) if self._is_ours() else None
                if ready is not None:
                    self._backfill.run(*ready, 1, self._stop, lambda _progress: None)
            except WrongChain as error:
                self._error = error
                return
            except (NodeUnreachable, NodeMisbehaved, ChainGap):
                continue  # the follower says what is wrong with the node; the range is tried again
            except UndertowError as error:
                self._error = error
                return

    def _ready(self, whole_ranges: bool) -> tuple[int, int] | None:
        """The blocks that can be written now: from the lake's end to the last final block."""
        bounds = self._bounds()
        if bounds is None:
            return None
        held = self._writer.lake().ranges(self._chain_id)
        first = held[-1].last + 1 if held else bounds[0]
        last = bounds[1] - FINALITY
        if whole_ranges:
            last = last - (last + 1) % self._every
        while first <= last and held and not self._backfill.agrees(held[-1]):
            first = held.pop().first  # a chain that changed below final blocks: these are written again
        return (first, last) if first <= last else None


@contextmanager
def archived(
    chain_id: int,
    backfill: Backfill,
    writer: LakeWriter,
    headers: Headers,
    stop: threading.Event,
    every: int,
    say: Callable[[str], None],
) -> Iterator[None]:
    """Archives what `headers` pass while the block runs, `every` so many blocks; the rest of them too, unless
    `stop` is set.
    """

    def bounds() -> tuple[int, int] | None:
        oldest, head = headers.oldest, headers.head
        return None if oldest is None or head is None else (oldest.number, head.number)

    archive = Archive(backfill, writer, chain_id, bounds, every, say)
    archive.start()
    finished = False
    try:
        yield
        finished = not stop.is_set()
    finally:
        archive.finish(rest=finished)
