"""Where two chains part: found in a few questions, however deep it lies, and never below what is final."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NoReturn, Protocol

from ingest.blocks.answers import HeaderAnswer
from ingest.blocks.headers import Header, Headers
from ingest.facts.disagreements import Disagreement
from ingest.model.batch import Event
from ingest.model.errors import FinalityUnknown, RollbackTooDeep
from ingest.nodes import Nodes

FINALITY_CHECK_S = 30.0
"""How often the finalised block is asked for while blocks are followed."""


class Log(Protocol):
    """What a follower writes to: `LogWriter`, or a list in a test."""

    headers: Headers

    def publish(self, events: Sequence[Event]) -> None: ...
    def reject(self, number: int | None, reason: str, source: str) -> bool: ...
    def look_back(self) -> bool: ...
    def check(self) -> None: ...


class Forks:
    """Compares the log with the chain that the nodes serve."""

    def __init__(
        self, nodes: Nodes, log: Log, note: Callable[[Disagreement], None] = lambda _one: None
    ) -> None:
        """`note` hears where a node holds another chain than the log and other nodes do."""
        self._nodes = nodes
        self._log = log
        self._note = note
        self._final = FinalBlock(nodes, log.headers)

    def refresh(self) -> None:
        """Learns, now and then, what is final."""
        self._final.refresh()

    def part_at(self, base: Header, tip: HeaderAnswer) -> Header | None:
        """The newest block that log and node both hold, `tip` being the node's newest and `base` the log's;
        None where another node, as high, still holds all of the log: then it is asked from now on.

        Raises NodeMisbehaved where the node takes back what is final, or has not what it must have, and
        RollbackTooDeep where the log itself does not reach back so far.
        """
        self._nodes.recheck()
        shared = self._shared(min(base.number, tip.height))
        if shared == base:
            self.lacks(base.number + 1)
        parted = self._nodes.source
        if self._nodes.turn_to_holder(base, tip.height):
            self._note(self._parted("hash", parted, shared, base, tip))
            return None
        if shared.number < self._final.number:
            self._note(self._parted("final", parted, shared, base, tip))
            raise self._nodes.fault(
                f"parts from the log at block {shared.number}, below the finalised block {self._final.number}"
            )
        return shared

    def _parted(self, what: str, node: str, shared: Header, base: Header, tip: HeaderAnswer) -> Disagreement:
        answer = f"parts behind block {shared.number}, and stands at block {tip.height}, {tip.hash}"
        other = self._nodes.source if self._nodes.source != node else None
        ours = f"block {base.number} is 0x{base.hash.hex()}"
        depth = max(0, base.number - shared.number)
        return Disagreement(node, shared.number + 1, what, answer, other, ours, depth)

    def lacks(self, number: int) -> NoReturn:
        """Raises NodeMisbehaved: a block is not there though higher ones are."""
        raise self._nodes.fault(f"has no block {number}, or no receipts for it, and told of higher ones")

    def is_below(self, tip: HeaderAnswer, ours: Header) -> bool:
        """Whether the node is at a block that the log went past."""
        return tip.height < ours.number and self._log.headers.hash_of(tip.height) == tip.id

    def is_shorter_for_good(self, ours: Header) -> bool:
        """Whether our newest block is gone though nothing took its place: only developers' nodes do that."""
        if not self._nodes.are_for_development or self._nodes.turn_to_holder(ours, ours.number):
            return False
        return self._nodes.header(ours.number) is None

    def _shared(self, top: int) -> Header:
        """The newest block at or below `top` that both hold; where there is none, the parent of the log's
        first.
        """
        headers = self._log.headers
        while (shared := common_ancestor(headers, top, self._their_hash)) is None and not headers.from_start:
            if not self._log.look_back():
                raise RollbackTooDeep(
                    f"the node at {self._nodes.source} parts from the log below block {top}, deeper than the "
                    "log reaches back: is it another network with this chain id? Then give a fresh --kafka"
                )
        oldest = headers.oldest
        if shared is not None or oldest is None:
            return shared or Header(top, self._their_hash(top))
        below = self._nodes.header(oldest.number - 1) if oldest.number else None
        if below is None:
            raise self._nodes.fault(
                f"holds nothing of the log's chain, which begins at block {oldest.number}: "
                "it is syncing, or it is another network with the same chain id"
            )
        return Header(oldest.number - 1, below.id)

    def _their_hash(self, number: int) -> bytes:
        header = self._nodes.header(number)
        return self.lacks(number) if header is None else header.id


def common_ancestor(headers: Headers, top: int, theirs: Callable[[int], bytes]) -> Header | None:
    """The newest block at or below number `top` that `headers` and the other chain both hold; None where they
    share none of those kept.

    `theirs` is the other chain's hash at a height. Both chains agree up to some height and on nothing above,
    so that steps that double, then halves, find it.
    """
    oldest = headers.oldest
    if oldest is None:
        return None

    def shared(number: int) -> bool:
        return theirs(number) == headers.hash_of(number)

    low, high, step = min(top, headers.newest), None, 1
    while not shared(low):
        if low <= oldest.number:
            return None
        high, low, step = low, max(oldest.number, low - step), 2 * step
    while high is not None and high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if shared(middle) else (low, middle)
    return Header(low, headers.hash_of(low) or b"")


class FinalBlock:
    """The highest block of the log that a node called finalised: no rollback goes below it."""

    def __init__(self, nodes: Nodes, headers: Headers) -> None:
        self._nodes = nodes
        self._headers = headers
        self._asked_at: float | None = None
        self.number = -1

    def refresh(self) -> None:
        """Asks again, now and then. It counts where the log holds that very block."""
        now = time.monotonic()
        asked_lately = self._asked_at is not None and now - self._asked_at < FINALITY_CHECK_S
        if asked_lately or not self._headers.head:
            return
        self._asked_at = now
        try:
            number = self._nodes.finalised()
        except FinalityUnknown:
            return  # what was final stays final
        ours = None if number is None else self._headers.hash_of(number)
        theirs = None if ours is None or number is None else self._nodes.header(number)
        if number is not None and theirs is not None and theirs.id == ours:
            self.number = max(self.number, number)
