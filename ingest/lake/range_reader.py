"""Reads a range of history from the nodes of a chain: proved, linked, and with what became known in it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar

from ingest.blocks.answers import Answer
from ingest.blocks.verify import WAY_OUT, Rules, verified_batch
from ingest.facts.calls import traced
from ingest.facts.reader import FactReader
from ingest.model.batch import Batch, concat
from ingest.model.errors import NodeMisbehaved, NodeUnreachable, ProofFailed, WrongChain
from ingest.nodes import BLOCKS_A_REQUEST, Nodes
from ingest.nodes.ahead import Ahead

T = TypeVar("T")
Say = Callable[[str], None]
Take = Callable[[int], list[Answer]]
"""Brings blocks from one on, as many as a request carries."""

ATTEMPTS = 4
"""Times that a request is made before a range is given up: nodes are busy, or their chain changes."""

BLOCKS_A_STEP = 100
"""Blocks whose events are decoded together, to find what is told of them: a request has too few to make that
worth its while.
"""

_WAIT_S = 0.5


class Stop(Protocol):
    """An event that ends the work: of threads or of processes."""

    def is_set(self) -> bool: ...

    def wait(self, timeout: float | None = None) -> bool: ...


class Stopped(Exception):
    """Somebody asked for an end before the range was read."""


class RangeReader:
    """Reads ranges of one chain. Several threads may do so at a time."""

    def __init__(
        self,
        chain_id: int,
        nodes: Nodes,
        rules: Rules,
        say: Say,
        traces: bool,
        wrapped: frozenset[bytes] = frozenset(),
    ) -> None:
        """`wrapped` are coins that wrap the native one and need not be asked."""
        self._chain_id = chain_id
        self._nodes = nodes
        self._rules = rules
        self._say = say
        self._traces = traces
        self._wrapped = wrapped

    def read(self, first: int, last: int, stop: Stop) -> Batch:
        """Blocks `first`..`last` with the facts that became known in them, but without lists.

        Raises Stopped once `stop` is set; ProofFailed (verify `strict`), NodeUnreachable or NodeMisbehaved
        after a few attempts.
        """
        facts = FactReader(self._nodes.call, self._nodes.codes, wrapped=self._wrapped)
        steps: list[Batch] = []
        at, parent = first, None
        with Ahead(self._nodes.fetch, BLOCKS_A_REQUEST) as ahead:
            take = partial(ahead.take, last=last)
            while at <= last:
                step = self._step(at, min(last, at + BLOCKS_A_STEP - 1), take, parent, stop)
                step = self._patiently(partial(self._complete, step, facts), stop)
                facts.remember(step)
                steps.append(step)
                at, parent = step.last + 1, step.last_hash
        return concat(steps)

    def _step(self, first: int, last: int, take: Take, parent: bytes | None, stop: Stop) -> Batch:
        """Blocks from `first` to `last`, in as many requests as it takes; the last one may carry further."""
        batches: list[Batch] = []
        at = first
        while at <= last:
            batch = self._patiently(partial(self._request, at, take, parent), stop)
            batches.append(batch)
            at, parent = batch.last + 1, batch.last_hash
        return concat(batches)

    def _request(self, first: int, take: Take, parent: bytes | None) -> Batch:
        answers = take(first)
        if not answers:
            raise self._nodes.fault(f"has no block {first}, or no receipts for it")
        return verified_batch(self._chain_id, answers, parent, self._rules, self._reject)

    def _complete(self, batch: Batch, facts: FactReader) -> Batch:
        if self._traces:
            batch = traced(batch, self._nodes.traces, self._nodes.source)
        return facts.complete(batch)

    def _patiently(self, ask: Callable[[], T], stop: Stop) -> T:
        """What `ask` brings; asked again a few times if it fails, another node where there is one."""
        for left in range(ATTEMPTS - 1, -1, -1):
            if stop.is_set():
                raise Stopped
            try:
                return ask()
            except WrongChain:
                if self._nodes.is_lost:
                    raise
                stop.wait(_WAIT_S)
            except (NodeUnreachable, NodeMisbehaved) as error:
                self._nodes.blame(error)
                if not left and isinstance(error, ProofFailed) and self._rules.verify == "strict":
                    raise ProofFailed(f"{error}; {WAY_OUT}", error.number, error.source) from error
                if not left or stop.is_set():
                    raise
                stop.wait(max(_WAIT_S, self._nodes.pause_s))
        raise AssertionError("there is at least one attempt")

    def _reject(self, _number: int, reason: str, _source: str) -> None:
        self._say(f"not proved: {reason}")
