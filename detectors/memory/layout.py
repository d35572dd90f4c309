"""What a row holds: named columns, each of one cell of 8 bytes or of four."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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

    def places(self, first: int = 0) -> dict[str, Place]:
        """Where in a row each column lies whose first one begins at cell `first`."""
        names = [*self.ints, *self.floats, *self.words]
        types = [np.int64] * len(self.ints) + [np.float64] * len(self.floats) + [np.uint64] * len(self.words)
        return {
            name: Place(first + at, dtype)
            for name, at, dtype in zip(names, self.at(*names), types, strict=True)
        }

    def to_json(self) -> dict[str, list[str]]:
        """As a head keeps it, so that state of other columns is recognised."""
        return {"ints": list(self.ints), "floats": list(self.floats), "words": list(self.words)}


@dataclass(frozen=True, slots=True)
class Place:
    """The first cell of a column, and its type; a uint64 column is a word of four cells."""

    at: int
    dtype: type

    def of(self, cells: Array) -> Array:
        """This column of rows of cells, [n, cells]; nothing is copied."""
        typed: Array = cells.view(self.dtype)
        return typed[:, self.at : self.at + WORD] if self.dtype is np.uint64 else typed[:, self.at]


@dataclass(frozen=True, slots=True)
class Held(Mapping[str, Array]):
    """Columns by name of rows that were copied, each made when it is asked for: most who read a row want few
    of its columns. Read-only.
    """

    cells: Array
    places: Mapping[str, Place]
    made: dict[str, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.cells.flags.writeable = False
        for column in self.made.values():
            column.flags.writeable = False

    def __getitem__(self, name: str) -> Array:
        column = self.made.get(name)
        if column is None:
            column = self.made[name] = self.places[name].of(self.cells)
        return column

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self.made, *self.places)))

    def __len__(self) -> int:
        return len(self.made.keys() | self.places.keys())
