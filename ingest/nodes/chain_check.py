"""Sees to it that nodes serve the chain that is read: being pointed at another must not go unnoticed."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from ingest.model.errors import WrongChain
from ingest.nodes.health import Distrust
from ingest.nodes.node import Node

CHAIN_CHECK_S = 1.0
"""How often a node is asked which chain it serves."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Something about a node that belongs on record: `number` is the block it is about, if one."""

    number: int | None
    reason: str
    source: str


class ChainCheck:
    """Asks nodes for their chain id, again and again. Where none is expected, the first one is."""

    def __init__(self, expected: int | None) -> None:
        self.expected = expected
        self._checked: dict[Node, float] = {}
        self._incidents: list[Incident] = []
        self._lock = threading.Lock()

    def check(self, node: Node) -> None:
        """Raises WrongChain, from when on the node is not believed; and what asking it raises."""
        now = time.monotonic()
        if now - self._checked.get(node, -CHAIN_CHECK_S) < CHAIN_CHECK_S:
            return
        served = node.chain_id()
        with self._lock:
            self.expected = served if self.expected is None else self.expected
        if served != self.expected:
            reason = f"the node at {node.source} serves chain {served}, not chain {self.expected}"
            error = WrongChain(reason)
            node.health.lied(Distrust(None, reason), error)
            with self._lock:
                self._incidents.append(Incident(None, reason, node.source))
            raise error
        self._checked[node] = now

    def forget(self, node: Node) -> None:
        """The node failed: it may be another when it is back."""
        self._checked.pop(node, None)

    def forget_all(self) -> None:
        self._checked.clear()

    def incidents(self) -> list[Incident]:
        """What happened since the last call."""
        with self._lock:
            taken, self._incidents = self._incidents, []
        return taken
