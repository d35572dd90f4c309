"""The one door to the disk for state: every write, every fsync, every rename. A test dies at each of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO


def write(file: BinaryIO, data: bytes | memoryview) -> None:
    file.write(data)


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
