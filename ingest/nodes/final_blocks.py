"""Reads another chain for its final blocks only, proved and linked like the one that is followed."""

from __future__ import annotations

import time

from ingest.blocks.verify import Rules, verified_batch
from ingest.model.batch import Batch
from ingest.model.errors import FinalityUnknown, NodeMisbehaved, ProofFailed
from ingest.nodes.node import BLOCKS_A_REQUEST
from ingest.nodes.pool import Nodes

FINALITY_S = 0.5
"""How often it is asked what is final."""


class FinalBlocks:
    """Blocks of a chain from one on, as they become final: those a node calls so, and where the chain names
    none those with enough on top. `time` is that of the last one that was read (seconds; -1: none).
    """

    def __init__(self, nodes: Nodes, chain_id: int, first: int, confirmations: int) -> None:
        self._nodes = nodes
        self._chain_id = chain_id
        self._next = first
        self._confirmations = confirmations
        self._parent: bytes | None = None
        self._rules = Rules("strict")
        self._final = -1
        self._asked_at: float | None = None
        self.time = -1

    def seek(self, begin: int) -> None:
        """Goes on to the first block that is not older than a time, by halves, unless it is past it."""
        low, high = self._next, self._highest()
        while low < high:
            middle = (low + high) // 2
            header = self._nodes.header(middle)
            if header is None:
                raise self._nodes.fault(f"has no block {middle}, and told of higher ones")
            low, high = (middle + 1, high) if int(header.timestamp, 16) < begin else (low, middle)
        self._next = max(self._next, low)

    def step(self) -> Batch | None:
        """The next blocks, as many as a request carries; None where none is final yet.

        Raises NodeUnreachable, NodeMisbehaved (also where the chain took back what was final) and
        ProofFailed: the same blocks are asked for the next time, another node where there is one.
        """
        last = min(self._highest(), self._next + BLOCKS_A_REQUEST - 1)
        if last < self._next:
            return None
        answers = self._nodes.fetch(self._next, last)
        if not answers:
            raise self._nodes.fault(f"has no block {self._next}, or no receipts for it")
        if self._parent is not None and answers[0].block.parent != self._parent:
            raise self._nodes.fault(
                f"took back what was final: block {self._next} is no child of the block before it"
            )
        try:
            batch = verified_batch(self._chain_id, answers, self._parent, self._rules, lambda *_: None)
        except (ProofFailed, NodeMisbehaved) as error:
            self._nodes.blame(error)
            raise
        self._next, self._parent = batch.last + 1, batch.last_hash
        self.time = int(batch.blocks["timestamp"][-1])
        return batch

    def _highest(self) -> int:
        """The highest block that is final; asked for now and then."""
        now = time.monotonic()
        if self._asked_at is None or now - self._asked_at >= FINALITY_S:
            self._asked_at = now
            try:
                found = self._nodes.finalised()
            except FinalityUnknown:
                return self._final
            head = self._nodes.head().height if found is None else 0
            self._final = max(self._final, head - self._confirmations if found is None else found)
        return self._final
