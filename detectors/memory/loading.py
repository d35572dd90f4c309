"""Reads the state that a head names: exactly what was there at the end of its block."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from detectors.memory import rows, slots
from detectors.memory.append_only import BEGIN, COUNT, NO_BLOCK
from detectors.memory.frames import ROWS, read_frames
from detectors.memory.generation import Generation
from detectors.memory.head import NAME, Head
from detectors.memory.history import History
from detectors.memory.layout import Array
from detectors.memory.numbering import Numbering
from detectors.memory.parts import Log, Part, described
from detectors.memory.segments import Segment
from detectors.memory.table import Table
from ingest.model.errors import UnreadableCheckpoint

_OWN = re.compile(r"head\.json(\.writing)?|(tables|engine)-\d{12}(\.writing)?|[a-z][a-z0-9_]*\.\d{12}")
"""Names of files that are written here; nobody else's are touched."""


def load(folder: Path, head: Head, parts: Mapping[str, Part], tables: Mapping[str, Table]) -> None:
    """Fills empty parts. Raises UnreadableCheckpoint where files are damaged or other parts are named."""
    shapes = {name: described(part) for name, part in parts.items()}
    if shapes != head.parts:
        other = sorted(name for name in {*shapes, *head.parts} if shapes.get(name) != head.parts.get(name))
        raise UnreadableCheckpoint(
            f"{folder / NAME} is of state with other tables than this version has ({', '.join(other)}): "
            "start detect with --rebuild"
        )
    _load_tables(folder, head, tables)
    for name, part in parts.items():
        if isinstance(part, Log):
            _load_log(part, head.logs[name], head.aged[-1][0] if head.aged else NO_BLOCK)
        elif isinstance(part, Numbering):
            _load_names(part, head.names[name], head.block)


def leftovers(folder: Path, head: Head | None) -> list[Path]:
    """Files of the folder that the head does not name: a process died before its own head was in place."""
    named = {NAME}
    if head is not None:
        named |= {head.snapshot, *head.files}
        for name, part in [*head.logs.items(), *head.names.items()]:
            named |= {f"{name}.{segment[0]:012}" for segment in part["segments"]}
    own = [path for path in sorted(folder.iterdir()) if _OWN.fullmatch(path.name)]
    return [path for path in own if path.name not in named]


def _load_tables(folder: Path, head: Head, tables: Mapping[str, Table]) -> None:
    order = list(tables)
    entries: dict[int, list[Array]] = {i: [] for i in range(len(order))}
    for name, table in tables.items():
        _prepare(table, head.tables[name])
    for frame in read_frames(folder / head.snapshot, head.frames):
        table = tables[order[frame.table]]
        if frame.kind == ROWS:
            generation = (table.previous, table.current)[frame.generation]
            end = frame.first + frame.cells.size // generation.width
            generation.cells(frame.first, end)[:] = frame.cells
        else:
            entries[frame.table].append(frame.cells)
    for i, name in enumerate(order):
        _finish(tables[name], np.concatenate([np.empty(0, np.int64), *entries[i]]))


def _prepare(table: Table, kept: Mapping[str, Any]) -> None:
    table.early_ageings = kept["early_ageings"]
    before, now = kept["generations"]
    table.previous = _generation(table, before, before["count"] + 1)
    table.current = _generation(table, now, max(now["count"], table.current.room))
    table.previous.arena[slots.SEED] = table.current.arena[slots.SEED]


def _generation(table: Table, kept: Mapping[str, Any], room: int) -> Generation:
    generation = table.generation(room)
    generation.began = None if kept["began"] is None else (kept["began"][0], kept["began"][1])
    generation.arena[rows.FORGOTTEN] = kept["forgotten"]
    generation.arena[slots.COUNT] = kept["count"]
    return generation


def _finish(table: Table, entries: Array) -> None:
    written = table.current.count
    count = int(rows.restore(table.current.arena, entries))
    table.current.cells(count, written)[:] = 0
    table.current.index(count)
    table.previous.index(table.previous.count)


def _load_log(log: Log, kept: Mapping[str, Any], aged: int) -> None:
    for first, room, summed, checksum in kept["segments"]:
        segment = Segment(first, room, summed, checksum)
        log.segments.check(segment, min(room, kept["rows"] - first))
    if log.segments.first > 0:
        log.deleted_at = aged
    if isinstance(log, History):
        log.control[COUNT] = kept["rows"]
        log.control[BEGIN] = log.segments.first
    else:
        log.load(log.segments.first, kept["rows"])


def _load_names(part: Numbering, kept: Mapping[str, Any], block: int) -> None:
    for first, room in kept["segments"]:
        part.segments.check(Segment(first, room), min(room, kept["count"] - first))
    if part.load(kept["count"], block) != kept["sum"]:
        raise UnreadableCheckpoint(
            f"{part.segments.path(part.segments.segments[0])} or a file behind it is damaged "
            "(its checksum is another): start detect with --rebuild"
        )
