"""`head.json`: which block the state on disk is of, and which files, to which length, make it up.

It is renamed in last, so that everything it names is whole and durable when it can be read; what it does not
name is left from a process that died, and deleted.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from detectors.memory import files
from ingest.model.errors import UnreadableCheckpoint

VERSION = 1
NAME = "head.json"
_WHOLE = re.compile(rb'{"version": (\d{1,9}), "checksum": (\d{1,10}), "body": (.*)}', re.DOTALL)
"""Looked at before anything is decoded: what is not whole never reaches a decoder."""


@dataclass(frozen=True, slots=True)
class Head:
    """State at the end of `block`. `aged` is the last block at which horizons were looked at, with its time,
    if there was one. `extra` is the engine's; the rest is for `loading`."""

    block: int
    aged: Sequence[tuple[int, int]]
    extra: Mapping[str, Any]
    snapshot: str
    """File of the tables' rows."""
    frames: int
    tables: Mapping[str, Any]
    logs: Mapping[str, Any]
    names: Mapping[str, Any]
    parts: Mapping[str, Any]
    """What each part looked like, see `described`."""
    files: Sequence[str] = ()
    """Files of the engine's own that belong to this state."""


def write(folder: Path, head: Head) -> None:
    """Makes it durable beside the old one, then puts it in its place."""
    body = json.dumps(asdict(head), sort_keys=True).encode()
    whole = b'{"version": %d, "checksum": %d, "body": %b}' % (VERSION, zlib.crc32(body), body)
    temporary = folder / f"{NAME}.writing"
    with temporary.open("wb") as file:
        files.write(file, whole)
    files.sync(temporary)
    files.rename(temporary, folder / NAME)
    files.sync(folder)


def read(folder: Path) -> Head | None:
    """The head of a chain's state, None where there is none yet. Raises UnreadableCheckpoint for one that is
    damaged or of another version.
    """
    path = folder / NAME
    if not path.exists():
        return None
    try:
        whole = _WHOLE.fullmatch(path.read_bytes())
        if whole is None:
            raise ValueError("it is not what this program writes")
        version, checksum, body = int(whole[1]), int(whole[2]), whole[3]
        if version > VERSION:
            raise UnreadableCheckpoint(
                f"{path} was written by a later undertow (version {version}, this one knows {VERSION}): "
                "update undertow"
            )
        if version != VERSION:
            raise UnreadableCheckpoint(
                f"{path} is of version {version}, this is version {VERSION}: start detect with --rebuild"
            )
        if zlib.crc32(body) != checksum:
            raise ValueError("its checksum is another")
        return Head(**json.loads(body))
    except (ValueError, TypeError, OSError) as error:
        raise UnreadableCheckpoint(f"{path} is damaged ({error}): start detect with --rebuild") from error
