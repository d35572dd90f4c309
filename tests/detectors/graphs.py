"""A graph that is kept nowhere, for tests that stream a chain through it."""

from __future__ import annotations

from detectors.memory.memory import Memory
from detectors.parts.graph import Graph
from detectors.parts.horizons import Horizons


def graph(horizons: Horizons | None = None) -> Graph:
    memory = Memory(None, 1)
    made = Graph.within(memory, horizons or Horizons())
    memory.open()
    return made
