"""Attacks and hard negatives at frame level, one file for each category, found by the category's name."""

from __future__ import annotations

import importlib.util
import pkgutil
from collections.abc import Sequence

from tests.contract.story import Story


class NoStories(AssertionError):
    """A category that a detector promises has no file here."""


def categories() -> list[str]:
    """Those that have a file here."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__))


def positives(category: str, seed: int) -> Sequence[Story]:
    found: Sequence[Story] = _module(category).positives(seed)
    return found


def hard_negatives(category: str, seed: int) -> Sequence[Story]:
    found: Sequence[Story] = _module(category).hard_negatives(seed)
    return found


def _module(category: str):  # type: ignore[no-untyped-def]
    """The file of a category. Raises NoStories with the sentence that says which file to write."""
    name = f"{__name__}.{category.replace('-', '_')}"
    if importlib.util.find_spec(name) is None:
        raise NoStories(
            f"{category} has no stories: write {name.replace('.', '/')}.py with positives(seed) and "
            "hard_negatives(seed), each giving `tests.contract.story.Story`s"
        )
    return importlib.import_module(name)
