"""The one door to the disk for state: every write, every fsync, every rename. A test dies at each of them."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any, BinaryIO


def write(file: BinaryIO, data: bytes | memoryview) -> None:
    file.write(data)


class Written(io.RawIOBase):
    """A file that somebody else's code only writes, from front to back: each write goes through the door."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        write(self._file, data)
        return memoryview(data).nbytes


def sync(path: Path) -> None:
    """Makes a file, or what names a folder holds, survive a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def rename(source: Path, target: Path) -> None:
    source.replace(target)


def remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def allocate(path: Path, size: int) -> int:
    """Opens a file for reading and writing, with room for `size` bytes on the disk, so that a full one is an
    OSError here and not the end of the process at a write to mapped memory. Returns its descriptor.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(descriptor, 0, size)
        elif os.fstat(descriptor).st_size < size:
            os.truncate(descriptor, size)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
