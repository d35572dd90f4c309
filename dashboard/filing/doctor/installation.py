"""Python and the packages that undertow is installed with."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import metadata

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from dashboard.filing.doctor.found import Found

ITSELF = "undertow"
_MOST_NAMED = 5
_AGAIN = "pip install --force-reinstall"


def installation() -> Iterator[Found]:
    yield python()
    yield packages()


def python(version: tuple[int, ...] = sys.version_info[:3]) -> Found:
    """Whether it is one of those that undertow says it runs with."""
    told, tested = ".".join(map(str, version)), metadata.metadata(ITSELF)["Requires-Python"]
    if SpecifierSet(tested).contains(told):
        return Found("python", "ok", told)
    return Found("python", "broken", f"{told}, which is not tested", f"use Python {tested}")


def packages() -> Found:
    """Those that undertow needs without an extra, and those that these need: whether each is there, whole."""
    needed = _needed()
    missing = sorted(name for name, is_there in needed.items() if not is_there)
    if missing:
        return Found("packages", "missing", _some(missing), f"pip install {' '.join(missing)}")
    broken = sorted(name for name in needed if _is_broken(name))
    if broken:
        words = f"files of {_some(broken)} are missing or cut short"
        return Found("packages", "broken", words, f"{_AGAIN} {' '.join(broken)}")
    return Found("packages", "ok", f"all {len(needed)} that are needed are installed")


def _needed() -> dict[str, bool]:
    """Every package that is needed, and whether it is there."""
    found: dict[str, bool] = {}
    waiting = [ITSELF]
    while waiting:
        for each in _required(waiting.pop()):
            if each not in found:
                found[each] = _is_there(each)
                waiting += [each] if found[each] else []
    return found


def _required(name: str) -> list[str]:
    """Names of its requirements that hold without an extra."""
    told = [Requirement(each) for each in metadata.requires(name) or []]
    return [each.name for each in told if each.marker is None or each.marker.evaluate({"extra": ""})]


def _is_there(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _is_broken(name: str) -> bool:
    """Whether a module of it is gone or empty that was not, or a library has another size than installed."""
    for file in metadata.files(name) or []:
        is_library = ".so" in file.suffixes
        if not file.size or not (is_library or file.suffix == ".py"):
            continue
        try:
            size = file.locate().stat().st_size  # type: ignore[attr-defined]
        except OSError:
            return True
        if size == 0 or (is_library and size != file.size):
            return True
    return False


def _some(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
