"""Finds the detectors: every class in `detectors/library/` that satisfies the contract. There is no list to
keep.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import Any

from detectors.base import Detector


@cache
def detectors() -> tuple[Detector, ...]:
    """One instance of each detector in the library, by name."""
    import detectors.library as library

    found = [cls() for name in _modules(library.__path__) for cls in _classes(name)]
    return tuple(sorted(found, key=lambda detector: detector.name))


def _modules(path: list[str]) -> list[str]:
    return [f"detectors.library.{module.name}" for module in pkgutil.iter_modules(path)]


def _classes(module_name: str) -> list[Callable[[], Detector]]:
    module = importlib.import_module(module_name)
    found = inspect.getmembers(module, inspect.isclass)
    own: list[Any] = [cls for _, cls in found if cls.__module__ == module_name]
    return [cls for cls in own if hasattr(cls, "catches") and hasattr(cls, "score")]
