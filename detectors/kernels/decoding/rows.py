"""The rows of a batch as columns, and the room that they are written into."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.kernels.decoding.program import ADDRESSES, MORE, SMALL, WORDS
from detectors.kernels.decoding.reading import LIMBS, MOST_WORDS

Array = NDArray[Any]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rows:
    """What a batch's blocks say, in chain order (each column: see `detectors.kernels.decoding`)."""

    block: NDArray[np.int64]
    time: NDArray[np.int64]
    transaction: NDArray[np.int64]
    log: NDArray[np.int64]
    kind: NDArray[np.uint8]
    log_index: NDArray[np.int32]
    index_in_log: NDArray[np.int32]
    flag: Mask
    addresses: NDArray[np.uint32]
    words: NDArray[np.uint64]
    small: NDArray[np.int64]
    more_row: NDArray[np.int64]
    more: NDArray[np.uint64]

    def __len__(self) -> int:
        return self.kind.size

    def address(self, name: str) -> NDArray[np.uint32]:
        """[n, 5]: the 20 bytes of each row's `name`, zero where its kind has none."""
        return self.addresses[:, ADDRESSES.index(name)]

    def word(self, name: str) -> NDArray[np.uint64]:
        """[n, 4] limbs of each row's `name`, zero where its kind has none."""
        if name in WORDS:
            return self.words[:, WORDS.index(name)]
        found = np.zeros((len(self), LIMBS), np.uint64)
        held = self.more_row >= 0
        found[held] = self.more[self.more_row[held], MORE.index(name)]
        return found

    def number(self, name: str) -> NDArray[np.int64]:
        """[n]: each row's `name`, zero where its kind has none."""
        return self.small[:, SMALL.index(name)]

    def where(self, kept: Mask) -> Rows:
        """Those rows that `kept` is true of: what is left when candidates were judged."""
        if kept.all():
            return self
        columns = {column.name: getattr(self, column.name) for column in fields(self)}
        more = columns.pop("more")
        return Rows(**{name: column[kept] for name, column in columns.items()}, more=more)


@dataclass(slots=True)
class Room:
    """Arrays that rows are written into. Who keeps it between calls saves making them, and loses the rows of
    a call with the next one.
    """

    rows: int = 0
    more: int = 0
    columns: tuple[Array, ...] = field(default_factory=lambda: _columns(0, 0))

    def reserve(self, rows: int, more: int) -> None:
        """Room for so many rows, and so many of `more`."""
        if rows > self.rows or more > self.more:
            self.rows, self.more = _grown(self.rows, rows), _grown(self.more, more)
            self.columns = _columns(self.rows, self.more)

    def used(self, rows: int, more: int) -> Rows:
        """Views of what was written."""
        *plain, addresses, words, small, more_row, further, _ = self.columns
        block, time, transaction, log, kind, log_index, index_in_log, flag = (each[:rows] for each in plain)
        return Rows(
            block, time, transaction, log, kind, log_index, index_in_log, flag,
            addresses.reshape(-1, len(ADDRESSES), 5)[:rows],
            words.reshape(-1, len(WORDS), LIMBS)[:rows],
            small.reshape(-1, len(SMALL))[:rows],
            more_row[:rows],
            further.reshape(-1, len(MORE), LIMBS)[:more],
        )  # fmt: skip


def _grown(room: int, needed: int) -> int:
    """A quarter more than is needed, so that a slightly larger batch finds room."""
    return room if needed <= room else needed + needed // 4


def _columns(rows: int, more: int) -> tuple[Array, ...]:
    """Flat arrays in the order of `Rows`, and one in which the words of a log are laid out."""
    return (
        np.empty(rows, np.int64),
        np.empty(rows, np.int64),
        np.empty(rows, np.int64),
        np.empty(rows, np.int64),
        np.empty(rows, np.uint8),
        np.empty(rows, np.int32),
        np.empty(rows, np.int32),
        np.empty(rows, np.bool_),
        np.empty(rows * len(ADDRESSES) * 5, np.uint32),
        np.empty(rows * len(WORDS) * LIMBS, np.uint64),
        np.empty(rows * len(SMALL), np.int64),
        np.empty(rows, np.int64),
        np.empty(more * len(MORE) * LIMBS, np.uint64),
        np.empty(MOST_WORDS * LIMBS, np.uint64),
    )
