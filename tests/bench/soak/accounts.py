"""What a process and its state take: memory by kind, bytes on disk, and which table holds how much of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from detectors.memory import slots
from detectors.memory.append_only import AppendOnly
from detectors.memory.generation import Generation
from detectors.memory.history import History
from detectors.memory.layout import Array
from detectors.memory.memory import Memory
from detectors.memory.names import Names
from detectors.memory.numbering import Numbering
from detectors.memory.rowlog import RowLog
from detectors.memory.table import Table

BLOCK_BYTES = 512
_STATUS = {"RssAnon:": "anonymous", "RssFile:": "mapped"}


@dataclass(frozen=True, slots=True)
class Held:
    """What one part of memory holds. memory, disk: bytes, in files where there are any. `early`: how often
    its cap bit. `in_table`: rows age by generations.
    """

    name: str
    rows: int
    cap: int | None
    horizon_s: int | None
    memory: int
    disk: int
    early: int
    in_table: bool

    @property
    def full(self) -> float:
        """The share of its cap that is in use."""
        return self.rows / self.cap if self.cap else 0.0


def resident(pid: int | None = None) -> dict[str, int]:
    """Bytes of a process that are its own (`anonymous`), and pages of files that it has mapped (`mapped`),
    which the system takes back where it needs room.
    """
    lines = Path(f"/proc/{pid or 'self'}/status").read_text().splitlines()
    fields = (line.split() for line in lines)
    return {_STATUS[each[0]]: int(each[1]) * 1024 for each in fields if each and each[0] in _STATUS}


def on_disk(folder: Path) -> int:
    """Bytes that files take, whatever their length says."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_blocks * BLOCK_BYTES
        except FileNotFoundError:  # a snapshot of before, deleted meanwhile
            continue
    return total


def held(memory: Memory) -> list[Held]:
    """Of every part; a history's keys and its rows are two."""
    accounts = sum(part.count for part in memory.parts.values() if isinstance(part, Names))
    found = [_of_table(name, table) for name, table in memory.tables().items()]
    for name, part in memory.parts.items():
        if isinstance(part, AppendOnly):
            found.append(_of_file(name, part, accounts))
        elif isinstance(part, Numbering):
            found.append(_of_names(name, part))
    return found


def _of_table(name: str, table: Table) -> Held:
    dropped = [each.dropped for each in table.held]
    generations = {id(each): each for each in (table.previous, table.current, *dropped, *table._leaving)}
    size = sum(_bytes(each) for each in generations.values()) + table.journal.nbytes
    return Held(name, table.current.count, table.cap, table.horizon_s, size, 0, table.early_ageings, True)


def _bytes(generation: Generation) -> int:
    return _index_bytes(generation.arena) + slots.CELL * generation.count * generation.width


def _index_bytes(arena: Array) -> int:
    """Of the level in use, and of the next one while entries move there."""
    bits, moving = int(arena[slots.BITS]), int(arena[slots.BOUNDARY]) > 0
    return slots.CELL * (((3 if moving else 1) << bits) + slots.SPARE)


def _of_file(name: str, part: AppendOnly, accounts: int) -> Held:
    """The row log knows the newest row of each of so many accounts."""
    segments = part.segments
    rows = part.count - segments.first
    row = segments.cells.dtype.itemsize * segments.cells.shape[1]
    heads = slots.CELL * accounts if isinstance(part, RowLog) else 0
    suffix = " (rows)" if isinstance(part, History) else ""
    return Held(name + suffix, rows, None, part.horizon_s, heads, rows * row, 0, False)


def _of_names(name: str, part: Numbering) -> Held:
    cells = part.segments.cells
    row = cells.dtype.itemsize * cells.shape[1]
    size = _index_bytes(part.arena) + part.journal.nbytes
    return Held(name, part.count, None, None, size, part.count * row, 0, False)
