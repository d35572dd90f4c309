"""Secrets on disk: read only from a file that nobody else may read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ingest.model.errors import BadInput


def read_private(path: Path, what: str, most_bytes: int) -> bytes:
    """The first `most_bytes` of a file of mode 0600 that belongs to who runs this.

    Raises BadInput, which names the file as `what` and never says what it holds.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise BadInput(f"the {what} {path} cannot be read: {error.strerror}") from None
    try:
        told = os.fstat(handle)
        if not stat.S_ISREG(told.st_mode):
            raise BadInput(f"the {what} {path} is no plain file: give the file itself")
        if told.st_mode & 0o177:
            raise BadInput(
                f"others may use the {what} {path} (mode {stat.S_IMODE(told.st_mode):04o}): "
                f"make it yours alone with `chmod 600 {path}`"
            )
        if told.st_uid != os.geteuid():
            raise BadInput(f"the {what} {path} is somebody else's: it must belong to who runs this")
        return os.read(handle, most_bytes)
    finally:
        os.close(handle)
