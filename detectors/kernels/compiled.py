"""The one door to numba: kernels are compiled once for each state of their sources, and kept.

numba takes its cache for fresh as long as a kernel's own file is unchanged, although kernels it calls, and
the constants baked into it, lie in other files. So the cache has a folder for each digest of all of them.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numba
from numba import njit

from ingest.machine.tools import home

__all__ = ["CACHE", "njit"]


def _sources() -> list[Path]:
    """The kernels' folder, and every other file of `detectors` that holds a kernel."""
    own = Path(__file__).parent
    others = (path for path in own.parent.rglob("*.py") if b"compiled import njit" in path.read_bytes())
    return sorted({*own.rglob("*.py"), *others})


def _digest() -> str:
    whole = hashlib.sha256(numba.__version__.encode())
    for source in _sources():
        whole.update(source.name.encode() + source.read_bytes())
    return whole.hexdigest()[:16]


CACHE = home() / "kernels" / _digest()
"""Where this version's machine code is kept."""

setattr(numba.config, "CACHE_DIR", str(CACHE))  # noqa: B010 - it has no types
