"""What a row holds: named columns, each of one cell of 8 bytes or of four."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Columns = Mapping[str, Array]
"""Columns by name; a 256-bit word is [n, 4] limbs, in the order that its owner chose."""

WORD = 4
"""Cells of a 256-bit word."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns in the order their cells lie in a row: integers, floats, then 256-bit words."""

    ints: tuple[str, ...] = ()
    floats: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def cells(self) -> int:
        return len(self.ints) + len(self.floats) + WORD * len(self.words)

    def at(self, *names: str) -> tuple[int, ...]:
        """Where each column begins, counted in cells from the first: constants for kernels."""
        order = [*self.ints, *self.floats]
        places = {name: i for i, name in enumerate(order)}
        places |= {name: len(order) + WORD * i for i, name in enumerate(self.words)}
        return tuple(places[name] for name in names)

    def columns(self, cells: Array) -> dict[str, Array]:
        """Rows of cells, int64 [n, cells], by name; nothing is copied."""
        found = dict(zip(self.ints, cells.T, strict=False))
        at = len(self.ints)
        if self.floats:
            found |= zip(self.floats, cells.view(np.float64).T[at:], strict=False)
            at += len(self.floats)
        if self.words:
            words = cells.view(np.uint64)
            found |= {name: words[:, i : i + WORD] for name, i in zip(self.words, count(at, WORD))}
        return found

    def to_json(self) -> dict[str, list[str]]:
        """As a head keeps it, so that state of other columns is recognised."""
        return {"ints": list(self.ints), "floats": list(self.floats), "words": list(self.words)}
