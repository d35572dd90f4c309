"""A second memory that follows a first one elsewhere, as far as `score` can read of it: addresses, rows,
transactions and histories. All of these are only ever appended, so it is sent what was added and enters it in
the same order; tables, of which nothing can be read as of a block, stay where they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from detectors.memory import accounts
from detectors.memory.append_only import BEGIN, BLOCK, COUNT, TIME, AppendOnly
from detectors.memory.chains import KEY
from detectors.memory.compiled import njit
from detectors.memory.history import History
from detectors.memory.layout import Array
from detectors.memory.memory import Memory
from detectors.memory.names import Names
from detectors.memory.numbers import SEEN, SEEN_TIME
from detectors.memory.rowlog import RowLog
from detectors.memory.rows import touch

Counts = Mapping[str, int]
"""Rows, or keys, by the name of the part."""


@dataclass(frozen=True, slots=True)
class Growth:
    """What a piece of blocks added, up to block `last`: of each part the cells [n, width] from row `begins`
    on. `aged`: the block at which horizons were looked at before, with its time, where they were.
    """

    last: int
    aged: tuple[int, int] | None
    begins: Counts
    cells: Mapping[str, Array]


def counts(memory: Memory) -> dict[str, int]:
    """How much there is of all that is copied."""
    return {name: part.count for name, part in memory.parts.items() if isinstance(part, AppendOnly | Names)}


def growth(memory: Memory, since: Counts, aged_before: tuple[int, int] | None) -> Growth:
    """What was added since, for a memory that was marked at the end of a piece just now."""
    cells = {}
    for name, begin in since.items():
        part = memory.parts[name]
        assert isinstance(part, AppendOnly | Names)
        cells[name] = part.segments.cells[begin : part.count].copy()
    aged = memory.aged_at if memory.aged_at != aged_before else None
    return Growth(memory.block, aged, dict(since), cells)


def grow(memory: Memory, more: Growth) -> None:
    """Enters what was added to the memory that this one follows. Raises ValueError where it lacks some of
    what was before.
    """
    if counts(memory) != dict(more.begins):
        raise ValueError(f"a copy of memory does not stand where block {more.last} goes on")
    if more.aged is not None:
        memory.age(*more.aged)
    names = next(part for part in memory.parts.values() if isinstance(part, Names))
    for name, cells in more.cells.items():
        part = memory.parts[name]
        if isinstance(part, Names):
            blocks, times = (cells[:, part.words + column] for column in (SEEN, SEEN_TIME))
            part.number(cells[:, : part.words].copy(), blocks.astype("i8") - 1, times.astype("i8"))
    for name, cells in more.cells.items():
        part = memory.parts[name]
        if isinstance(part, AppendOnly) and len(cells):
            _append(part, cells, names.count)
    memory.mark(more.last)


def _append(part: AppendOnly, cells: Array, names: int) -> None:
    begin, end = part.count, part.count + len(cells)
    if isinstance(part, RowLog):
        part.reserve(len(cells), names)
    elif isinstance(part, History):
        part.reserve(len(cells))
    else:
        part.segments.reserve(end)
    part.segments.cells[begin:end] = cells
    if isinstance(part, RowLog):
        held = int(part.control[BEGIN])
        accounts.load(*part.arrays(), begin, end)
        part.control[BEGIN] = held
    elif isinstance(part, History):
        _link(*part.arrays(), begin, end)
    part.control[COUNT] = end


@njit(cache=True)
def _link(cells, control, current, previous, journal, begin, end):  # type: ignore[no-untyped-def]
    """Makes rows that are in place the newest of their keys, in order."""
    for number in range(begin, end):
        row = touch(current, previous, journal, cells[number, KEY], cells[number, BLOCK], cells[number, TIME])
        current[row] = number + 1
