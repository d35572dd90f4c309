"""What a soak will need, said before it begins: the disk of a lake and of state, from a few blocks."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from detectors.engine.engine import Engine
from detectors.memory.slots import CELL
from detectors.registry import detectors
from ingest.lake.writing import LakeWriter
from ingest.model.errors import BadInput
from tests.bench.soak.accounts import held, on_disk
from tests.bench.soak.arithmetic import extrapolated
from tests.bench.soak.frames import CHAIN, CHUNK, Frames

TRIED = 2 * CHUNK
"""Blocks that are judged beforehand to see how many bytes they leave."""
GB = 1e9


@dataclass(frozen=True, slots=True)
class Needs:
    """Bytes. lake: of all days, if one were written; day: of one; state: of the run itself, at most, as keys
    that come again take no new row; at_caps: of memory where every table is full twice.
    """

    lake: float
    day: float
    state: float
    at_caps: float

    def lines(self, days: int) -> list[str]:
        return [
            f"disk needed: {self.state / GB:,.1f} GB of state at most, and {self.day / GB:,.2f} GB for the "
            f"lake of one day (all {days} would take {self.lake / GB:,.1f} GB)",
            f"memory: up to {self.at_caps / GB:,.1f} GB if every table reached its cap in both generations",
        ]

    def check(self, folder: Path) -> None:
        """Raises BadInput where the disk has less room."""
        free, need = shutil.disk_usage(folder).free, self.state + self.day
        if need > free:
            raise BadInput(
                f"the soak needs {need / GB:,.1f} GB in {folder}, where {free / GB:,.1f} GB are free: "
                "make room, name another --folder, or give fewer --days"
            )


def needs(frames: Frames, days: int, folder: Path) -> Needs:
    """From the first blocks: their lake, and what the engine keeps of them."""
    blocks = days * frames.blocks_a_day
    tried, chunk = min(TRIED, blocks), min(CHUNK, blocks)
    batch = frames.batch(1, chunk)
    with tempfile.TemporaryDirectory(dir=folder) as beside:
        LakeWriter(Path(beside)).write(batch)
        lake = on_disk(Path(beside))
    engine = Engine(CHAIN, list(detectors()), follows=False)
    for first in range(1, tried + 1, chunk):
        engine.take(frames.batch(first, chunk))
    files = sum(each.disk for each in held(engine.state.memory))
    tables = engine.state.memory.tables().values()
    full = [CELL * table.current.width * table.cap for table in tables]
    grown = [
        CELL * table.current.width * extrapolated(table.current.count, tried, blocks) for table in tables
    ]
    snapshot = sum(map(min, full, grown))
    return Needs(
        lake=extrapolated(lake, chunk, blocks),
        day=extrapolated(lake, chunk, frames.blocks_a_day),
        state=extrapolated(files, tried, blocks) + 2 * snapshot,
        at_caps=2 * sum(full),
    )


def lake_of_a_day(frames: Frames, folder: Path) -> int:
    """Bytes of a lake that the real writer made of the first day; it is deleted again."""
    with tempfile.TemporaryDirectory(dir=folder) as lake:
        writer = LakeWriter(Path(lake))
        for first in range(1, frames.blocks_a_day + 1, CHUNK):
            writer.write(frames.batch(first, min(CHUNK, frames.blocks_a_day - first + 1)))
        return on_disk(Path(lake))
