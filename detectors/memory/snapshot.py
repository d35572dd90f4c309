"""Writes all state as of a block, a final one as a rule, to disk, in slices while detection goes on.

1. Rows of tables are written as they stand when their turn comes, so one file holds rows of many blocks.
2. What rows held before they were touched since that block is written too, as the journal has it:
   put back, the last first, it makes every row what it was at that block.
3. Histories are in their files already: checksums of what is new are taken.
4. Everything is made durable, and `head.json` is renamed in, in a thread, because a disk may take seconds.
A crash at any step leaves the head before, and files that it does not name.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from detectors.memory import files, head
from detectors.memory.errors import MemoryFull
from detectors.memory.frames import ENTRIES, ROWS, Frame, FrameWriter
from detectors.memory.generation import Generation
from detectors.memory.head import Head
from detectors.memory.layout import Array
from detectors.memory.numbering import Numbering
from detectors.memory.parts import Log, Part, described
from detectors.memory.table import Table

PIECE_CELLS = 1 << 15
"""Cells of a frame, 256 KiB: a slice ends with the frame that its time ends in."""
PIECE_BYTES = 1 << 20


@dataclass(slots=True)
class Source:
    """A table whose rows are being written: the generations it had at the beginning, the rows each had then,
    and up to which entry (counted from the first there ever was) its journal has been taken.
    """

    table: Table
    generations: tuple[Generation, Generation]
    counts: tuple[int, int]
    taken: int


class Snapshot:
    """One snapshot under way; see `Memory.begin_snapshot`."""

    def __init__(
        self,
        folder: Path,
        block: int,
        aged: Sequence[tuple[int, int]],
        extra: Mapping[str, Any],
        parts: Mapping[str, Part],
        tables: Mapping[str, Table],
        own: Sequence[str] = (),
    ) -> None:
        logs = {name: part for name, part in parts.items() if isinstance(part, Log)}
        names = {name: part for name, part in parts.items() if isinstance(part, Numbering)}
        self.folder, self.block, self.logs, self.names = folder, block, logs, names
        self.aged = aged
        self._sources = [_source(table, block) for table in tables.values()]
        self._entries: deque[tuple[int, Array]] = deque()
        for i, source in enumerate(self._sources):
            self._take(i, source, block)
        self._ends = {name: log.rows_until(block) for name, log in logs.items()}
        self._thread: threading.Thread | None = None
        self._error: OSError | None = None
        self._head = Head(
            block,
            aged,
            extra,
            snapshot=f"tables-{block:012}",
            frames=0,
            tables={name: _of_table(table, block) for name, table in tables.items()},
            logs={},
            names={name: _of_names(part, block) for name, part in names.items()},
            parts={name: described(part) for name, part in parts.items()},
            files=tuple(own),
        )
        self._writer = FrameWriter(folder / self._head.snapshot)
        self._steps: Iterator[str] = self._work()

    def collect(self) -> None:
        """Takes what the journals have new. To be called before anything leaves them."""
        for i, source in enumerate(self._sources):
            if source.table.current is source.generations[1]:
                self._take(i, source)

    def _take(self, table: int, source: Source, after: int | None = None) -> None:
        """Queues entries not taken yet, or all after a block, that are of the generation written."""
        first = source.taken - source.table.dropped_entries
        if after is not None:
            first = source.table.entries_until(after)
        end = len(source.table.entries())
        if source.table.current is not source.generations[1]:
            end = source.table.entries_until(source.table.began_after(self.block) - 1)
        if first < end:
            self._entries.append((table, source.table.entries()[first:end].copy()))
        source.taken = source.table.dropped_entries + end

    def taken_back(self) -> None:
        """After a rollback: entries that left the journal are in the file, and stay there."""
        for source in self._sources:
            source.taken = min(source.taken, source.table.dropped_entries + len(source.table.entries()))

    def write(self, seconds: float) -> bool:
        """Goes on for about so long, a piece at least; True when the new head is in its place."""
        end = perf_counter() + seconds
        self.collect()
        try:
            while self._thread is None and next(self._steps, None) is not None:
                if perf_counter() >= end:
                    return False
        except OSError as error:
            raise self._refused(error) from error
        self._steps = iter(())
        if self._thread is None:
            self._thread = threading.Thread(target=self._make_durable, args=(self._files(),), daemon=True)
            self._thread.start()
        return self._is_in_place()

    def wait(self) -> None:
        """Waits for the disk, if that is all that is missing."""
        if self._thread is not None:
            self._thread.join()

    def abandon(self) -> None:
        """Gives up; the head before stands."""
        self.wait()
        self._writer.close()
        self._unpin()
        self._steps = iter(())

    def _work(self) -> Iterator[str]:
        for i, source in enumerate(self._sources):
            for generation, count in zip((0, 1), source.counts, strict=True):
                for _ in self._write_rows(i, generation, count):
                    yield from self._write_entries()
                    yield "rows"
        for name, log in self.logs.items():
            while not log.segments.add_up(self._ends[name], PIECE_BYTES):
                yield "checksums"
        yield from self._write_entries()
        self._writer.close()
        self._unpin()
        logs = {name: self._of_log(log, self._ends[name]) for name, log in self.logs.items()}
        self._head = replace(self._head, frames=self._writer.frames, logs=logs)

    def _of_log(self, log: Log, end: int) -> dict[str, object]:
        """Files that are deleted once this head is in place are not in it."""
        first = log.kept_from(self._head.aged[-1][1]) if self._head.aged else 0
        segments = [each for each in log.segments.needed(first) if each.first < end]
        kept = [[each.first, each.rows, each.summed, each.checksum] for each in segments]
        return {"rows": end, "segments": kept}

    def _write_rows(self, table: int, generation: int, count: int) -> Iterator[None]:
        source = self._sources[table].generations[generation]
        rows = max(1, PIECE_CELLS // source.width)
        for first in range(0, count, rows):
            cells = source.cells(first, min(first + rows, count))
            self._writer.write(Frame(ROWS, table, generation, first, cells))
            yield

    def _write_entries(self) -> Iterator[str]:
        while self._entries:
            table, entries = self._entries.popleft()
            rows = max(1, PIECE_CELLS // entries.shape[1])
            for first in range(0, len(entries), rows):
                self._writer.write(Frame(ENTRIES, table, 1, 0, entries[first : first + rows]))
                yield "entries"

    def _unpin(self) -> None:
        for source in self._sources:
            for generation in source.generations:
                generation.pins -= 1
        self._sources = []

    def _files(self) -> list[Path]:
        parts = [*self.logs.values(), *self.names.values()]
        segments = [part.segments.path(each) for part in parts for each in part.segments.segments]
        return [self.folder / self._head.snapshot, *segments]

    def _make_durable(self, paths: list[Path]) -> None:
        try:
            for path in paths:
                files.sync(path)
            files.sync(self.folder)
            head.write(self.folder, self._head)
        except OSError as error:
            self._error = error

    def _is_in_place(self) -> bool:
        if self._thread is None or self._thread.is_alive():
            return False
        if self._error is not None:
            raise self._refused(self._error) from self._error
        named = {self._head.snapshot, *self._head.files}
        for old in (*self.folder.glob("tables-*"), *self.folder.glob("engine-*")):
            if old.name not in named:
                files.remove(old)
        return True

    def _refused(self, error: OSError) -> MemoryFull:
        return MemoryFull(
            f"state cannot be written to {self.folder} ({error.strerror}): "
            "make room on the disk, or name another folder with --state"
        )


def _source(table: Table, block: int) -> Source:
    previous, current = table.generations_at(block)
    for generation in (previous, current):
        generation.pins += 1
    return Source(table, (previous, current), (previous.count, current.count), 0)


def _of_table(table: Table, block: int) -> dict[str, object]:
    return {
        "early_ageings": table.early_ageings - sum(each.early for each in table.held if each.block > block),
        "generations": [
            {"count": each.count, "began": each.began, "forgotten": each.forgotten}
            for each in table.generations_at(block)
        ],
    }


def _of_names(part: Numbering, block: int) -> dict[str, object]:
    count, total = part.until(block)
    segments = [each for each in part.segments.segments if each.first < count]
    return {"count": count, "sum": total, "segments": [[each.first, each.rows] for each in segments]}
