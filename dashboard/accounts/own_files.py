"""Files that say who comes in: nobody else may write to them, and a new one replaces the old one whole."""

from __future__ import annotations

import fcntl
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ingest.model.errors import BadInput


def read_own(path: Path, says: str) -> bytes:
    """What is in it; `says` is what the file decides. Raises OSError, and BadInput where others may write."""
    mode, content = path.stat().st_mode, path.read_bytes()
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise BadInput(f"others may write to {path}, which says {says}: chmod 600 {path}")
    return content


def own_state(name: str) -> Path:
    """Beside no store: in the folder for what programs note of themselves (XDG)."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "undertow" / name


@contextmanager
def held(lock: Path, mend: str) -> Iterator[None]:
    """By one process at a time, others wait; `mend` says what to do where its folder cannot be written.
    Raises BadInput.
    """
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("w")
    except OSError as error:
        raise BadInput(f"{lock.parent} cannot be written: {error.strerror}: {mend}") from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def write_whole(path: Path, content: dict[str, Any]) -> None:
    """All of it or what the file held before; nobody else can read it. Raises BadInput."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w") as out:
            json.dump(content, out, indent=1)
            out.flush()
            os.fsync(out.fileno())
        Path(temporary).replace(path)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}") from error
