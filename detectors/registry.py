"""Finds detectors, explanations and parts: every class in `detectors/library/`, `detectors/explanations/` and
`detectors/parts/` that satisfies its contract. There is no list to keep.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import Any

from detectors.base import Detector, Explanation
from detectors.parts.contract import Part


@cache
def detectors() -> tuple[Detector, ...]:
    """One instance of each detector in the library, by name."""
    import detectors.library as library

    found: list[Detector] = [
        cls() for cls in _classes(library.__name__, library.__path__, "catches", "score")
    ]
    return tuple(sorted(found, key=lambda detector: detector.name))


@cache
def explanations() -> tuple[Explanation, ...]:
    """One instance of each explanation, by kind."""
    import detectors.explanations as room

    found: list[Explanation] = [cls() for cls in _classes(room.__name__, room.__path__, "kind", "reason")]
    return tuple(sorted(found, key=lambda explanation: explanation.kind))


@cache
def parts() -> tuple[Part, ...]:
    """One instance of each part, by name: those that are shared, and private ones beside a detector."""
    import detectors.library as library
    import detectors.parts as shared

    found: list[Part] = [
        cls()
        for room in (shared, library)
        for cls in _classes(room.__name__, list(room.__path__), "kinds", "take")
        if not getattr(cls, "_is_protocol", False)
    ]
    return tuple(sorted(found, key=lambda part: part.name))


def _classes(package: str, path: list[str], *has: str) -> list[Callable[[], Any]]:
    """The classes of a package's files that have certain attributes."""
    found: list[Callable[[], Any]] = []
    for module in pkgutil.iter_modules(path):
        name = f"{package}.{module.name}"
        own = inspect.getmembers(importlib.import_module(name), inspect.isclass)
        found += [cls for _, cls in own if cls.__module__ == name and all(hasattr(cls, each) for each in has)]
    return found
