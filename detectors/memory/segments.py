"""Rows of fixed width in files of limited length, mapped one behind the other: to kernels it is one array
that never moves, and the oldest files can be deleted.
"""

from __future__ import annotations

import os
import tempfile
import zlib
from bisect import bisect_right
from dataclasses import dataclass
from math import gcd
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from detectors.memory import files
from detectors.memory.errors import MemoryFull
from detectors.memory.layout import Array
from detectors.memory.region import PAGE, Region
from ingest.model.errors import UnreadableCheckpoint

ROOM = 1 << 38
"""Bytes of address space of one history: 256 GiB, none of which is memory before it is used."""

LEAST, MOST = 1 << 20, 1 << 26
"""Bytes of a file: each is as long as all before it together, from 1 MiB to 64."""

SPILLED = 1 << 24
"""Bytes from which on a piece of rows that nobody keeps lies in a file without a name: a batch over months
logs more rows than there is memory.
"""


@dataclass(slots=True)
class Segment:
    """A file: its first row, how many it has room for, and the checksum of its first `summed` rows."""

    first: int
    rows: int
    summed: int = 0
    checksum: int = 0


class Segments:
    """`cells` is [rows, width] of one kind of number; only rows that `reserve` made room for may be touched.
    Without a folder rows lie in plain memory, or, where there are many, in files that end with the process.
    """

    def __init__(self, folder: Path | None, name: str, kind: DTypeLike, width: int, room: int = ROOM) -> None:
        self.folder, self.name = folder, name
        self._row_bytes = np.dtype(kind).itemsize * width
        self._step = PAGE // gcd(PAGE, self._row_bytes)
        self._region = Region(room, for_files=True)
        self.cells: Array = self._region.array(kind, width)
        self.segments: list[Segment] = []

    @property
    def first(self) -> int:
        """The first row that is still there."""
        return self.segments[0].first if self.segments else 0

    @property
    def end(self) -> int:
        """The row behind the last one that there is room for."""
        last = self.segments[-1] if self.segments else None
        return last.first + last.rows if last else 0

    def reserve(self, rows: int) -> None:
        """Room for the first `rows` rows, those that are gone included."""
        while self.end < rows:
            held = (self.end - self.first) * self._row_bytes
            size = -(-min(max(held, LEAST), MOST) // self._row_bytes)
            self.put(Segment(self.end, -(-size // self._step) * self._step))

    def put(self, segment: Segment) -> None:
        """Maps one more file, which is made where there is none."""
        at, size = segment.first * self._row_bytes, segment.rows * self._row_bytes
        if at + size > self._region.size:
            raise MemoryFull(
                f"{self.name} has outgrown its {self._region.size / 2**20:,.0f} MiB of addresses"
            )
        if self.folder is None:
            self._put_unnamed(at, size)
        else:
            path = self.path(segment)
            try:
                file = files.allocate(path, size)
            except OSError as error:
                raise MemoryFull(
                    f"{path} cannot be given {size / 2**20:,.0f} MiB ({error.strerror}): "
                    "make room on the disk, or name another folder with --state"
                ) from error
            self._region.put_file(at, file, size)
            os.close(file)
        self.segments.append(segment)

    def _put_unnamed(self, at: int, size: int) -> None:
        """Plain memory, for what is small or where the disk for temporary files has no room."""
        if size < SPILLED:
            self._region.put_memory(at, size)
            return
        try:
            with tempfile.TemporaryFile() as file:
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(file.fileno(), 0, size)
                else:
                    os.truncate(file.fileno(), size)
                self._region.put_file(at, file.fileno(), size)
        except OSError:
            self._region.put_memory(at, size)

    def check(self, segment: Segment, rows: int) -> None:
        """Maps a file that a head names, of which `rows` rows count. Raises UnreadableCheckpoint where it is
        shorter, or where the rows that have a checksum are others.
        """
        path = self.path(segment)
        size, need = path.stat().st_size if path.exists() else 0, rows * self._row_bytes
        if size < need:
            raise UnreadableCheckpoint(
                f"{path} is cut short ({size:,} of {need:,} bytes): start detect with --rebuild"
            )
        self.put(segment)
        expected, segment.checksum = segment.checksum, 0
        if self._sum(segment, 0, segment.summed) != expected:
            raise UnreadableCheckpoint(
                f"{path} is damaged (its checksum is another): start detect with --rebuild"
            )

    def add_up(self, end: int, most: int) -> bool:
        """Takes up to `most` bytes of rows below `end` into the checksums; True when all of them are."""
        for segment in self.segments:
            last = min(end - segment.first, segment.rows)
            if segment.summed < last:
                until = min(last, segment.summed + -(-most // self._row_bytes))
                self._sum(segment, segment.summed, until)
                return False
        return True

    def _sum(self, segment: Segment, begin: int, until: int) -> int:
        part = self.cells[segment.first + begin : segment.first + until]
        segment.checksum = zlib.crc32(part.view(np.uint8).reshape(-1).data, segment.checksum)
        segment.summed = until
        return segment.checksum

    def needed(self, row: int) -> list[Segment]:
        """The files that hold anything from `row` on, the newest one in any case."""
        return self.segments[max(0, bisect_right(self.segments, row, key=lambda each: each.first) - 1) :]

    def drop(self, row: int) -> bool:
        """Deletes the files that are not needed from `row` on; whether there were any."""
        needed = self.needed(row)
        gone = self.segments[: len(self.segments) - len(needed)]
        self.segments = needed
        for segment in gone:
            self._region.take_away(segment.first * self._row_bytes, segment.rows * self._row_bytes)
            if self.folder is not None:
                files.remove(self.path(segment))
        return bool(gone)

    def path(self, segment: Segment) -> Path:
        assert self.folder is not None
        return self.folder / f"{self.name}.{segment.first:012}"
