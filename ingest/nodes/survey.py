"""Asks several nodes the same at once and waits only so long: one that stalls does not hold up the others."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from ingest.model.errors import NodeMisbehaved, NodeUnreachable
from ingest.nodes.node import Node

T = TypeVar("T")


class Survey(Generic[T]):
    """One question, put again and again. A node that still ponders the last time is not asked again."""

    def __init__(self, question: Callable[[Node], T]) -> None:
        """`question` raises NodeUnreachable or NodeMisbehaved where a node has no answer."""
        self._question = question
        self._asked: set[Node] = set()
        self._answers: queue.SimpleQueue[tuple[Node, T | None]] = queue.SimpleQueue()

    def ask(self, nodes: Sequence[Node]) -> None:
        """Puts the question to nodes, without waiting."""
        for node in nodes:
            if node not in self._asked:
                self._asked.add(node)
                threading.Thread(target=self._put, args=(node,), daemon=True, name="survey").start()

    def gather(self, patience_s: float) -> dict[Node, T]:
        """The answers that are there within `patience_s` seconds, or as soon as all are."""
        until = time.monotonic() + patience_s
        answers: dict[Node, T] = {}
        while self._asked:
            try:
                node, answer = self._answers.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            self._asked.discard(node)
            if answer is not None:
                answers[node] = answer
        return answers

    def _put(self, node: Node) -> None:
        answer = None
        try:
            answer = self._question(node)
        except (NodeUnreachable, NodeMisbehaved):
            pass  # its health tells
        finally:
            self._answers.put((node, answer))
