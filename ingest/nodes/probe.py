"""Puts nodes that lied to the test, aside from the work: about the very block that they had lied about."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from ingest.blocks.proof import prove
from ingest.model.errors import NodeMisbehaved, NodeUnreachable
from ingest.nodes.node import Node


class Prober:
    """Believes a node again once it tells what can be proved."""

    def __init__(self, chain_id: Callable[[], int | None]) -> None:
        self._chain_id = chain_id

    def probe(self, nodes: Iterable[Node]) -> None:
        """Begins to test each of `nodes` that is due, without waiting."""
        for node in nodes:
            if node.health.is_probe_due:
                node.health.probe_later()
                threading.Thread(target=self._test, args=(node,), daemon=True, name="probe").start()

    def _test(self, node: Node) -> None:
        try:
            if self._tells_the_truth(node):
                node.health.proved_true()
        except (NodeUnreachable, NodeMisbehaved):
            pass  # not believed yet; the next test comes later

    def _tells_the_truth(self, node: Node) -> bool:
        distrust = node.health.distrust
        if distrust is None or node.chain_id() != self._chain_id():
            return False
        head = node.head().height
        number = head if distrust.number is None else min(head, distrust.number)
        answers = node.fetch(number, number)
        for answer in answers:
            prove(answer, node.source)
        return bool(answers)
