"""The rolling transfer graph: the tables and the ring of `detectors.kernels`, fed with frames and read as
frames.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detectors.kernels import layout, stream
from detectors.kernels.table import Array, Table
from detectors.parts.ledger import Ledger

EDGES = 1 << 16
"""Edges the ring holds: the newest 65,536 transfers can be walked. Older ones are out of reach of trails;
counts remain.
"""

GENERATION_ROWS = 1 << 20
"""Rows of a table at which a generation ends early; see `Graph.rotate`."""

BUFFER_EDGES = 2_560_000
"""Edges of trails a kernel call has room for, unless one block alone needs more: 400 MB, of which memory is
only taken where a trail is written.
"""


@dataclass(slots=True)
class Graph:
    """Everything about transfers that expires. `copy` shares nothing that changes."""

    wallets: Table = field(default_factory=lambda: Table.new(layout.WALLET_INTS, layout.WALLET_FLOATS))
    holdings: Table = field(default_factory=lambda: Table.new(layout.HOLDING_INTS, 0, layout.HOLDING_WORDS))
    pairs: Table = field(default_factory=lambda: Table.new(layout.PAIR_INTS, 0, layout.PAIR_WORDS))
    assets: Table = field(default_factory=lambda: Table.new(layout.ASSET_INTS, layout.ASSET_FLOATS))
    edges: Array = field(default_factory=lambda: np.zeros((EDGES, layout.EDGE_INTS), np.int64))
    amounts: Array = field(default_factory=lambda: np.zeros((EDGES, 4), np.uint64))
    hashes: Array = field(default_factory=lambda: np.zeros((EDGES, 32), np.uint8))
    next_edge: Array = field(default_factory=lambda: np.zeros(1, np.int64))
    early_rotations: int = 0

    def copy(self) -> Graph:
        tables = {name: getattr(self, name).copy() for name in TABLES}
        ring = {name: getattr(self, name).copy() for name in RING}
        return Graph(**tables, **ring, early_rotations=self.early_rotations)

    def rotate(self, due: bool) -> None:
        """Begins a new generation where it is due, or where a table has reached its cap (counted, for
        `status`).
        """
        full = any(getattr(self, name).rows >= GENERATION_ROWS for name in TABLES)
        if due or full:
            self.early_rotations += int(full and not due)
            for name in TABLES:
                getattr(self, name).rotate()

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
        self.wallets.reserve(3 * rows)
        self.holdings.reserve(2 * rows)
        self.pairs.reserve(rows)
        self.assets.reserve(rows)

    def _arrays(self, ledger: Ledger) -> layout.Graph:
        tables = (self.wallets, self.holdings, self.pairs, self.assets)
        generations = [columns for table in tables for columns in (table.current, table.previous)]
        return layout.Graph._make(
            [
                *generations,
                self.edges,
                self.amounts,
                self.hashes,
                self.next_edge,
                ledger.funder,
                ledger.funded,
                ledger.funding,
            ]
        )


TABLES = ("wallets", "holdings", "pairs", "assets")
RING = ("edges", "amounts", "hashes", "next_edge")


def _used_trail(trail: layout.Trail, start: int) -> layout.Trail:
    used = int(trail.used[0])
    edges, amounts, hashes = (column[:used].copy() for column in (trail.edges, trail.amounts, trail.hashes))
    return layout.Trail(trail.row[:used] + start, edges, amounts, hashes, trail.used)


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
        np.empty(room, np.int64),
        np.empty((room, layout.EDGE_INTS), np.int64),
        np.empty((room, 4), np.uint64),
        np.empty((room, 32), np.uint8),
        np.zeros(1, np.int64),
    )


def _touched_buffer(rows: int) -> layout.Touched:
    room = 3 * rows
    wallet, block, time = (np.empty(room, np.int64) for _ in range(3))
    features = np.empty((room, len(layout.WALLET_FEATURES)), np.float64)
    standing = np.empty((room, len(layout.WALLET_STANDING)), np.int64)
    return layout.Touched(wallet, block, time, features, standing, np.zeros(1, np.int64))
