"""The nodes of one chain as one: who is asked, who takes over, who is not believed, what they agree on."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from ingest.blocks.answers import Answer, HeaderAnswer
from ingest.blocks.headers import Header
from ingest.blocks.traces import Call as TracedCall
from ingest.model.errors import (
    BadInput,
    ForksMixed,
    NodeMisbehaved,
    NodeUnreachable,
    ProofFailed,
    UndertowError,
    WrongChain,
)
from ingest.nodes.addresses import channel_to
from ingest.nodes.chain_check import ChainCheck, Incident
from ingest.nodes.heads import HeadWatch
from ingest.nodes.health import FIRST_PROBE_S, Distrust
from ingest.nodes.node import UNLESS_TOLD, Limits, Node
from ingest.nodes.probe import Prober
from ingest.nodes.quorum import Agreement, agreement
from ingest.nodes.survey import Survey

T = TypeVar("T")

PATIENCE_S = 2.0
"""How long several nodes are waited for when all are asked; who is slower has no say this time."""


class Nodes:
    """Nodes of one chain. The one in use is kept until it fails, lies, or falls behind another."""

    def __init__(
        self,
        urls: str | Sequence[Node],
        chain_id: int | None = None,
        quorum: int = 1,
        limits: Limits = UNLESS_TOLD,
    ) -> None:
        """`urls` is separated by commas. With `quorum` the head is the highest block that so many nodes hold.

        Raises BadInput for addresses that are none, or a quorum of more nodes than there are.
        """
        self._nodes = _opened(urls, limits) if isinstance(urls, str) else list(urls)
        if not self._nodes:
            raise BadInput("no node given: name one with --rpc URL")
        if quorum > len(self._nodes):
            raise BadInput(f"--quorum {quorum} asks for more nodes than --rpc names, {len(self._nodes)}")
        self._current = self._nodes[0]
        self._chain = ChainCheck(chain_id)
        self._quorum = quorum
        self._agreement: Agreement | None = None
        self._heads = Survey(self._checked_head)
        self._prober = Prober(lambda: self._chain.expected)
        self._watch: HeadWatch | None = None

    @property
    def source(self) -> str:
        """The node in use, redacted."""
        return self._current.source

    def all(self) -> Sequence[Node]:
        return tuple(self._nodes)

    def chain_id(self) -> int:
        """The chain that was named, or that the nodes serve. Raises WrongChain where no node serves the one
        named, or none was named and they serve different ones.
        """
        if self._chain.expected is None and len(self._nodes) > 1:
            survey = Survey(Node.chain_id)
            survey.ask(self._nodes)
            served = survey.gather(PATIENCE_S)
            if len(set(served.values())) > 1:
                told = ", ".join(f"{node.source} serves chain {number}" for node, number in served.items())
                raise WrongChain(f"the nodes differ: {told}; name the right one with --chain-id")
        expected = self._chain.expected
        return self._first(lambda node: node.chain_id() if expected is None else expected)

    def head(self) -> HeaderAnswer:
        """The newest block: of the node in use, or the newest that enough nodes hold."""
        if self._quorum == 1:
            return self._first(Node.head)
        self._prober.probe(self._nodes)
        self._heads.ask([node for node in self._trusted() if not node.health.rest_s])
        heads = self._heads.gather(PATIENCE_S)
        self._agreement = agreement(heads, self._quorum, len(self._nodes))
        return self._agreement.head

    def header(self, number: int) -> HeaderAnswer | None:
        return self._first(lambda node: node.header(number))

    def finalised(self) -> int | None:
        return self._first(Node.finalised)

    @property
    def are_for_development(self) -> bool:
        """Whether the node in use serves a chain on which nothing is ever final."""
        return self._first(lambda node: node.is_for_development)

    def fetch(self, first: int, last: int) -> list[Answer]:
        """Blocks `first`..`last` as one node gives them; fewer where it has not all."""
        return self._first(lambda node: node.fetch(first, last))

    def call(self, calls: Sequence[tuple[bytes, bytes]], block_hash: bytes) -> list[bytes | None]:
        return self._first(lambda node: node.call(calls, block_hash))

    def codes(self, addresses: Sequence[bytes], block_hash: bytes) -> list[bytes | None]:
        return self._first(lambda node: node.codes(addresses, block_hash))

    def traces(self, blocks: Sequence[tuple[int, bytes]]) -> list[list[TracedCall] | None]:
        return self._first(lambda node: node.traces(blocks))

    def blame(self, error: UndertowError) -> None:
        """An answer was of no use: another node is asked next. One that failed a proof is not asked again
        before it has told the truth about that block; receipts of another fork are let pass once, as the
        chain may have changed between two answers.
        """
        if isinstance(error, ProofFailed):
            for node in self._nodes:
                if node.source != error.source:
                    continue
                if isinstance(error, ForksMixed) and node.health.mixed != error.number:
                    node.health.mixed = error.number
                    node.health.failed(error)
                else:
                    node.health.lied(Distrust(error.number, str(error)), error)
        elif self._current.health.last_error is not error:
            self._current.health.failed(error)
        self.turn()

    def fault(self, what: str) -> NodeMisbehaved:
        """The error that the node in use `what`; it is left alone for a moment."""
        error = NodeMisbehaved(f"the node at {self._current.source} {what}")
        self._current.health.failed(error)
        return error

    def recheck(self) -> None:
        """Every node is asked for its chain again before anything else: something decides on its word."""
        self._chain.forget_all()

    def turn(self) -> None:
        """Goes on to the next node that can be asked."""
        others = [node for node in self._candidates() if node is not self._current]
        if others:
            self._current = others[0]

    @property
    def has_other(self) -> bool:
        """Whether there is a node besides the one in use that can be asked now."""
        return any(node is not self._current for node in self._candidates())

    def turn_to_higher(self, height: int) -> bool:
        """Whether another node is known to be above `height`; then that one is in use from now on.

        Does not wait: it goes by what nodes answered since the last time, and asks them again.
        """
        heads = self._heads.gather(0.0)
        self._heads.ask([node for node in self._candidates() if node is not self._current])
        higher = [node for node, head in heads.items() if head.height > height and node in self._candidates()]
        if higher:
            self._current = max(higher, key=lambda node: heads[node].height)
        return bool(higher)

    def turn_to_holder(self, block: Header, height: int) -> bool:
        """Whether another node holds `block` and is at least at `height`; then it is in use from now on.

        What one node takes back is taken back only where no other, as high as it, still holds it.
        """
        others = [node for node in self._candidates() if node is not self._current]
        survey = Survey(lambda node: (self._checked_head(node), node.header(block.number)))
        survey.ask(others)
        for node, (head, held) in survey.gather(PATIENCE_S).items():
            if head.height >= height and held is not None and held.id == block.hash:
                self._current = node
                return True
        return False

    @property
    def pause_s(self) -> float:
        """Seconds until one of the nodes can be asked; 0 where one can now."""
        trusted = self._trusted()
        return min((node.health.rest_s for node in trusted), default=FIRST_PROBE_S)

    def incidents(self) -> list[Incident]:
        """What happened since the last call and belongs on record."""
        return self._chain.incidents()

    def listen(self) -> None:
        """Has the nodes that can (WebSocket, IPC) tell of new heads, so that `wait` returns at once."""
        connects = [connect for node in self._nodes if (connect := channel_to(node.url))]
        self._watch = HeadWatch(connects) if connects else None

    @property
    def is_listening(self) -> bool:
        """Whether a node tells of new heads now."""
        return self._watch is not None and self._watch.is_listening

    def wait(self, stop: threading.Event, poll_s: float) -> None:
        """Returns once `stop` is set, a node tells of a new head, or after `poll_s` seconds."""
        if self._watch is None:
            stop.wait(poll_s)
        else:
            self._watch.wait(stop, poll_s)

    def close(self) -> None:
        if self._watch is not None:
            self._watch.close()
        for node in self._nodes:
            node.close()

    def _first(self, ask: Callable[[Node], T]) -> T:
        """The answer of the first node that gives one, beginning with the one in use."""
        self._prober.probe(self._nodes)
        error: UndertowError | None = None
        for node in self._candidates():
            try:
                self._chain.check(node)
                answer = ask(node)
            except (NodeUnreachable, NodeMisbehaved) as failure:
                self._chain.forget(node)
                error = error if isinstance(error, WrongChain) else failure
                continue
            self._current = node
            return answer
        raise error or self._why_nobody()

    def _candidates(self) -> list[Node]:
        """The nodes that may be asked now: the one in use first, then who fails least and answers fastest."""

        def rank(node: Node) -> tuple[bool, int, float]:
            health = node.health
            return node is not self._current, health.failures_in_a_row, health.latency_s or 0.0

        agreed = self._agreement.nodes if self._agreement else None
        able = [node for node in self._trusted() if not node.health.rest_s and (not agreed or node in agreed)]
        return sorted(able, key=rank)

    def _trusted(self) -> list[Node]:
        return [node for node in self._nodes if node.health.distrust is None]

    def _why_nobody(self) -> UndertowError:
        """Why no node can be asked: all rest, or are not believed."""
        among = self._trusted() or self._nodes
        errors = [node.health.last_error for node in among if node.health.last_error is not None]
        return copy.copy(errors[0]) if errors else NodeUnreachable("no node can be asked now")

    def _checked_head(self, node: Node) -> HeaderAnswer:
        self._chain.check(node)
        return node.head()

    @property
    def is_lost(self) -> bool:
        """Whether every node serves another chain: nothing will come of waiting."""
        return all(
            node.health.distrust is not None and node.health.distrust.number is None for node in self._nodes
        )


def _opened(urls: str, limits: Limits) -> list[Node]:
    """A node for each address. Two that look the same without their keys are told apart by a number."""
    nodes: list[Node] = []
    for url in (part.strip() for part in urls.split(",")):
        if url:
            node = Node(url, limits)
            twins = sum(other.source.split(" #")[0] == node.source for other in nodes)
            node.source += f" #{twins + 1}" if twins else ""
            nodes.append(node)
    return nodes
