"""Reads recorded files, which are of anybody's making: one that is too large, cut short or of another shape
is one clear line.
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec

from detectors.alerts.text import visible
from ingest.model.errors import BadInput

T = TypeVar("T")

CAP_BYTES = 64 * 1024 * 1024
"""Largest file that is read, unpacked (a full mainnet block: 10 MB): a packed bomb cannot eat the memory."""

Hash = Annotated[str, msgspec.Meta(pattern=r"\A0x[0-9a-fA-F]{64}\Z")]
Address = Annotated[str, msgspec.Meta(pattern=r"\A0x[0-9a-fA-F]{40}\Z")]
Data = Annotated[str, msgspec.Meta(pattern=r"\A0x([0-9a-fA-F]{2})*\Z")]


def files(folder: Path, *endings: str) -> list[Path]:
    """The files of a folder that end so, by name. Raises BadInput where the folder cannot be read."""
    try:
        found = [path for path in folder.iterdir() if path.name.endswith(endings) and path.is_file()]
    except OSError as error:
        raise unusable(folder, f"cannot be read: {error.strerror}") from error
    return sorted(path for path in found if not path.name.startswith("."))


def read(path: Path) -> bytes:
    """What is in a file, unpacked where it ends with `.gz`. Raises BadInput."""
    try:
        with gzip.open(path) if path.name.endswith(".gz") else path.open("rb") as opened:
            content = opened.read(CAP_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise unusable(path, f"cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(content) > CAP_BYTES:
        raise unusable(path, f"holds more than {CAP_BYTES} bytes: no recording is so large")
    return content


def decode(path: Path, content: bytes | msgspec.Raw, kind: type[T]) -> T:
    """JSON of the wanted shape. Raises BadInput with the place in the file that is not so."""
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise unusable(path, str(error)) from error


def name(path: Path) -> str:
    """Folder and file, as a person may be shown it."""
    return visible(f"{path.parent.name}/{path.name}")


def unusable(path: Path, why: str) -> BadInput:
    """The error for a file that cannot be used; `why` may quote it."""
    return BadInput(f"the recording {name(path)} cannot be used: {visible(why)[:300]}")
