"""Whether a worker runs the code that asks it: another would give other bytes, and nobody would know."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path

from ingest.model.errors import BadInput

_TOP = Path(__file__).resolve().parents[3]
_LIBRARIES = ("numpy", "polars", "numba", "msgspec", "pyarrow")


@cache
def code_digest() -> str:
    """Of the sources of `ingest` and `detectors`, and the versions of what they work with."""
    whole = hashlib.sha256(platform.python_version().encode())
    for library in _LIBRARIES:
        whole.update(f"{library} {version(library)}\n".encode())
    for package in ("ingest", "detectors"):
        for source in sorted((_TOP / package).rglob("*.py")):
            whole.update(source.relative_to(_TOP).as_posix().encode() + source.read_bytes())
    return whole.hexdigest()


def refuse_other_code(asked: str) -> None:
    """Raises BadInput in a worker whose code, or whose libraries, are others than its asker's."""
    if asked != code_digest():
        raise BadInput(
            f"a worker of Ray at {platform.node()} runs another undertow than this one, or other libraries: "
            "install the same version there, with constraints.txt"
        )
