"""The file of a snapshot: frames of int64 cells, each with a checksum over its head and its cells."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from detectors.memory import files
from detectors.memory.layout import Array
from ingest.model.errors import UnreadableCheckpoint

MAGIC = int.from_bytes(b"undrtow1", "little")
ROWS, ENTRIES = 1, 2
_HEAD = 8
_CELL = 8


@dataclass(frozen=True, slots=True)
class Frame:
    """Rows of a table from number `first` on (in generation 0, the previous, or 1), or entries of its
    journal.
    """

    kind: int
    table: int
    generation: int
    first: int
    cells: Array


class FrameWriter:
    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self.frames = 0

    def write(self, frame: Frame) -> None:
        cells = np.ascontiguousarray(frame.cells).reshape(-1)
        named = (MAGIC, self.frames, frame.kind, frame.table, frame.generation, frame.first, cells.size)
        head = np.array([*named, 0], np.int64)
        head[-1] = _checksum(head, cells)
        files.write(self._file, head.data)
        files.write(self._file, cells.data)
        self.frames += 1

    def close(self) -> None:
        self._file.close()


def read_frames(path: Path, count: int) -> Iterator[Frame]:
    """The first `count` frames of a file. Raises UnreadableCheckpoint where one is missing or damaged."""
    try:
        most = path.stat().st_size // _CELL
        with path.open("rb") as file:
            for number in range(count):
                yield _read(file, number, most)
    except (OSError, ValueError) as error:
        raise UnreadableCheckpoint(f"{path} is damaged ({error}): start detect with --rebuild") from error


def _read(file: BinaryIO, number: int, most: int) -> Frame:
    head = _cells(file, _HEAD, number)
    _, _, kind, table, generation, first, size, checksum = head.tolist()
    if head[0] != MAGIC or head[1] != number or not 0 < size <= most:
        raise ValueError(f"frame {number} does not begin where it should")
    cells = _cells(file, size, number)
    if _checksum(head, cells) != checksum:
        raise ValueError(f"the checksum of frame {number} is another")
    return Frame(kind, table, generation, first, cells)


def _cells(file: BinaryIO, count: int, number: int) -> Array:
    data = file.read(_CELL * count)
    if len(data) < _CELL * count:
        raise ValueError(f"it ends within frame {number}")
    return np.frombuffer(data, np.int64)


def _checksum(head: Array, cells: Array) -> int:
    return zlib.crc32(cells.data, zlib.crc32(head[:-1].data))
