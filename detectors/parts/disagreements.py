"""How often each node was caught telling something else than the chain, or than other nodes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from detectors.memory.layout import Columns, Layout
from detectors.memory.rows import touch
from detectors.memory.table import Table
from detectors.parts.contract import HistorySpec, Kind, PartMemory, Seen, TableSpec
from detectors.parts.horizons import DAY

NODE_BYTES = 20
NODES = Layout(ints=("times",))


@dataclass(frozen=True, slots=True)
class Settings:
    """horizon_s: after how long without a disagreement a node is as good as new. cap: nodes at once."""

    horizon_s: int = 7 * DAY
    cap: int = 10_000


@dataclass(frozen=True, slots=True)
class Disagreements:
    """`told`, by "block, id" (which of its block's in `Seen.disagreements`): `times` (how often this node was
    refuted so far, with this one).
    """

    name: str = "disagreements"
    reads: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = (Kind.DISAGREED,)
    settings: Settings = field(default_factory=Settings)

    def memory(self) -> Mapping[str, TableSpec | HistorySpec]:
        return {"nodes": TableSpec(NODES, self.settings.horizon_s, self.settings.cap)}

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        table, told = memory["nodes"], seen.disagreements
        assert isinstance(table, Table)
        times = dict(zip(seen.blocks["number"].tolist(), seen.blocks["time"].tolist(), strict=True))
        counts = []
        block = told["block"]
        for node, number, refuted in zip(told["node"], block.tolist(), told["refuted"], strict=True):
            table.reserve(1)
            arrays = table.arrays()
            row = touch(*arrays, _key(node), number, times[number])
            arrays[0][row] += int(refuted)
            counts.append(int(arrays[0][row]))
        own = np.arange(block.size) - np.searchsorted(block, block)
        return {"told": {"block": block.copy(), "id": own, "times": np.array(counts, np.int64)}}


def _key(node: str) -> int:
    return int.from_bytes(hashlib.sha256(node.encode()).digest()[:8], "big") >> 1
