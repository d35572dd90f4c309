"""Finds the stories: every module in `attacks/` and `hard_negatives/` tells those of one category.

Such a module states `CATEGORY`, `WARM_UP` (blocks of ordinary traffic before its first), `LONGEST` (blocks a
story may take) and `VARIANTS`: its stories by name, each a generator function over a `Stage` (see `stage`).
One whose stories sleep also states `NIGHTS`, how often at most (see `clock`).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import ModuleType

from ingest.localchain import attacks, hard_negatives
from ingest.localchain.play.labels import Kind
from ingest.localchain.world.clock import NIGHT_BLOCKS
from ingest.localchain.world.stage import StoryTeller


@dataclass(frozen=True, slots=True, eq=False)
class Repertoire:
    """The stories of one kind in one category."""

    category: str
    kind: Kind
    warm_up: int
    longest: int
    variants: Mapping[str, StoryTeller]
    nights: int = 0

    @property
    def latest_end(self) -> int:
        """The most blocks from a story's start to its end, what it sleeps included."""
        return self.longest + self.nights * NIGHT_BLOCKS

    def variant(self, number: int) -> tuple[str, StoryTeller]:
        """They take turns."""
        return list(self.variants.items())[number % len(self.variants)]


def repertoires(categories: Collection[str] | None = None) -> list[Repertoire]:
    """All there are, or those of `categories`: attacks first, each kind in order of file names."""
    found = [*_in(attacks, "attack"), *_in(hard_negatives, "hard_negative")]
    return [one for one in found if categories is None or one.category in categories]


def _in(package: ModuleType, kind: Kind) -> list[Repertoire]:
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    modules = [importlib.import_module(f"{package.__name__}.{name}") for name in names]
    return [
        Repertoire(m.CATEGORY, kind, m.WARM_UP, m.LONGEST, m.VARIANTS, getattr(m, "NIGHTS", 0))
        for m in modules
    ]
