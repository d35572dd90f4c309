"""The rolling transfer graph: tables and edges in a chain's memory, fed with frames and read as frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.kernels import layout, stream
from detectors.memory.appended import Appended
from detectors.memory.layout import Layout
from detectors.memory.memory import Memory
from detectors.memory.table import Table
from detectors.parts.horizons import Horizons
from detectors.parts.ledger import Ledger

BUFFER_EDGES = 2_560_000
"""Edges of trails a kernel call has room for, unless one block alone needs more: 400 MB, of which memory is
only taken where a trail is written.
"""

LAYOUTS = {
    "wallets": layout.WALLET,
    "holdings": layout.HOLDING,
    "pairs": layout.PAIR,
    "assets": layout.ASSET,
}
TOUCHES = {"wallets": 3, "holdings": 2, "pairs": 1, "assets": 1}
"""Rows of each table that one transfer can touch."""


@dataclass(frozen=True, slots=True)
class Graph:
    """What is remembered of transfers for a time. Each kind of row has two tables: what its payer signed
    lasts, what a log only tells of is kept in the smaller one (see `memory.claims`).
    """

    signed: dict[str, Table]
    told: dict[str, Table]
    edges: Appended

    @classmethod
    def within(cls, memory: Memory, horizons: Horizons) -> Graph:
        """Its parts, named in a chain's memory."""

        def table(name: str, columns: Layout, cap: int) -> Table:
            kind = name.removeprefix("told_")
            return memory.table(name, columns, horizon_s=getattr(horizons, f"{kind}_s"), cap=cap)

        return cls(
            {name: table(name, own, getattr(horizons, f"{name}_cap")) for name, own in LAYOUTS.items()},
            {name: table(f"told_{name}", own, horizons.told_cap) for name, own in LAYOUTS.items()},
            memory.appended("edges", layout.EDGE, horizon_s=horizons.edges_s),
        )

    def take(
        self, rows: layout.Rows, limits: layout.Limits, ledger: Ledger
    ) -> tuple[NDArray[np.int64], list[layout.Trail], list[layout.Touched]]:
        """Streams transfers (see `detectors.parts.rows`) through the graph.

        Returns what was known before each row [n, ROW_INTS], trails of money, and the wallets each block
        touched.
        """
        out = np.zeros((rows.block.size, layout.ROW_INTS), np.int64)
        trails, touched = [], []
        found = np.zeros(limits.gathered, np.int64)
        for start, end in _spans(rows, BUFFER_EDGES // limits.trail_edges):
            part = layout.Rows(*(column[start:end] for column in rows))
            trail, wallets = _trail_buffer((end - start) * limits.trail_edges), _touched_buffer(end - start)
            self._reserve(end - start)
            stream.run(self._arrays(ledger), part, limits, out[start:end], found, trail, wallets)
            trails.append(_used_trail(trail, start))
            touched.append(_used_wallets(wallets))
        return out, trails, touched

    def _reserve(self, rows: int) -> None:
        for name, touches in TOUCHES.items():
            self.signed[name].reserve(touches * rows)
            self.told[name].reserve(touches * rows)
        self.edges.reserve(rows)

    def _arrays(self, ledger: Ledger) -> layout.Graph:
        tables = [
            array
            for name in LAYOUTS
            for table in (self.signed[name], self.told[name])
            for array in table.arrays()
        ]
        facts = [ledger.funder, ledger.funded, ledger.funding, ledger.older, ledger.appeared]
        return layout.Graph._make([*tables, *self.edges.arrays(), *facts])


def _used_trail(trail: layout.Trail, start: int) -> layout.Trail:
    used = int(trail.used[0])
    return layout.Trail(trail.row[:used] + start, trail.edges[:used].copy(), trail.used)


def _used_wallets(touched: layout.Touched) -> layout.Touched:
    used = int(touched.used[0])
    columns = (touched.wallet, touched.block, touched.time, touched.features, touched.standing)
    wallet, block, time, features, standing = (column[:used].copy() for column in columns)
    return layout.Touched(wallet, block, time, features, standing, touched.used)


def _spans(rows: layout.Rows, most: int) -> list[tuple[int, int]]:
    """Stretches of whole blocks of about `most` rows; a block is never cut."""
    ends = np.flatnonzero(rows.closes) + 1
    spans, start = [], 0
    for end in ends:
        if end - start >= most or end == ends[-1]:
            spans.append((start, int(end)))
            start = int(end)
    return spans


def _trail_buffer(room: int) -> layout.Trail:
    """Room for so many edges; memory is only touched where it is written."""
    return layout.Trail(
        np.empty(room, np.int64), np.empty((room, layout.EDGE_CELLS), np.int64), np.zeros(1, np.int64)
    )


def _touched_buffer(rows: int) -> layout.Touched:
    room = 3 * rows
    wallet, block, time = (np.empty(room, np.int64) for _ in range(3))
    features = np.empty((room, len(layout.WALLET_FEATURES)), np.float64)
    standing = np.empty((room, len(layout.WALLET_STANDING)), np.int64)
    return layout.Touched(wallet, block, time, features, standing, np.zeros(1, np.int64))
