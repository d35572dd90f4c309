"""The one door to numba: a kernel is compiled once for each state of what it is made of, and kept.

numba takes its cache for fresh as long as a kernel's own file is unchanged, although kernels it calls, and
the constants baked into it, lie in other files. And it takes another checkout's kernels for others. So each
file's machine code has a folder named by a digest of the file and of all files with kernels and constants
that it reaches by its imports: a changed kernel is compiled anew with those that call it, and no other.
"""

from __future__ import annotations

import fcntl
import hashlib
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba import njit
from numba.core import caching, cgutils, types
from numba.extending import intrinsic

from ingest.machine.tools import home

__all__ = ["CACHE", "KernelLocator", "cgutils", "intrinsic", "njit", "types"]

TOP = Path(__file__).resolve().parents[2]
ROOMS = ("detectors/kernels/", "detectors/memory/")
"""Where constants of kernels lie beside kernels."""

CACHE = home() / "kernels"

_IMPORTS = re.compile(
    r"^[ \t]*(?:from[ \t]+(detectors[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|.*)|import[ \t]+(.*))", re.MULTILINE
)
"""What a line imports, by the patterns of lines: a syntax tree of each file takes a tenth of a start."""
_NAMES = re.compile(r"[\w.]+")


class KernelLocator:
    """Tells numba where a kernel's machine code is kept, by numba's protocol of cache locators."""

    def __init__(self, kernel: Callable[..., Any], file: Path) -> None:
        self._line = kernel.__code__.co_firstlineno
        self._digest = digest_of(file)
        self._folder = CACHE / f"{file.stem}-{self._digest}"

    @classmethod
    def from_function(cls, kernel: Callable[..., Any], file: str) -> KernelLocator | None:
        """None where the kernel is not of this checkout."""
        path = Path(file).resolve()
        return cls(kernel, path) if path.is_file() and path.is_relative_to(TOP) else None

    def ensure_cache_path(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)

    def get_cache_path(self) -> str:
        return str(self._folder)

    def get_source_stamp(self) -> str:
        return self._digest

    def get_disambiguator(self) -> str:
        return str(self._line)


class LockedIndex(caching.IndexDataCacheFile):
    """numba's index of the machine code of one kernel. Two processes that compile for other types at once
    would take the same file name for both, and load the other's code.
    """

    def save(self, key: Any, data: Any) -> None:
        with (Path(self._cache_path) / ".lock").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            super().save(key, data)  # type: ignore[no-untyped-call]


@cache
def digest_of(file: Path) -> str:
    """Of a file with kernels: of all that its machine code is made of."""
    whole = hashlib.sha256(numba.__version__.encode())
    for each in sorted(reached(file), key=str):
        whole.update(each.name.encode() + each.read_bytes())
    return whole.hexdigest()[:16]


def reached(file: Path) -> set[Path]:
    """The file, and those with kernels or their constants that it imports, and these import."""
    found, waiting = set[Path](), [file]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += [path for path in imported(each) if holds_kernels(path)]
    return found


@cache
def imported(file: Path) -> frozenset[Path]:
    """The files of `detectors` that a file imports, wherever in it that stands."""
    names: set[str] = set()
    for module, taken, modules in _IMPORTS.findall(file.read_text()):
        names |= {module, *(f"{module}.{name}" for name in _NAMES.findall(taken)), *_NAMES.findall(modules)}
    paths = (TOP / f"{name.replace('.', '/')}.py" for name in names if name.startswith("detectors."))
    return frozenset(path for path in paths if path.is_file())


@cache
def holds_kernels(file: Path) -> bool:
    """Whether a file may hold something that a kernel is made of. This one does not: it only keeps it."""
    if file == Path(__file__).resolve():
        return False
    path = file.relative_to(TOP).as_posix()
    return path.startswith(ROOMS) or b"import njit" in file.read_bytes()


def sources() -> Iterator[Path]:
    """Every file of `detectors` that may hold kernels or what they are made of."""
    return (path for path in sorted((TOP / "detectors").rglob("*.py")) if holds_kernels(path))


def whole_digest() -> str:
    """Of all kernels there are."""
    whole = hashlib.sha256()
    for path in sources():
        whole.update(path.relative_to(TOP).as_posix().encode() + digest_of(path).encode())
    return whole.hexdigest()[:16]


setattr(caching, "IndexDataCacheFile", LockedIndex)  # noqa: B010 - it has no types
# For kernels that others bring (none does today) numba's own choice stays behind ours.
setattr(  # noqa: B010 - it has no types
    numba.config, "CACHE_LOCATOR_CLASSES", f"{__name__}.{KernelLocator.__name__},UserWideCacheLocator"
)
