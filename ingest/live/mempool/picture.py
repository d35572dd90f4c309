"""What waits at a node, as one picture: read, chosen, simulated on the head, and told as a block's rows."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ingest.live.mempool import by_node
from ingest.live.mempool.by_fork import Fork, ForkOf
from ingest.live.mempool.choosing import BEYOND_CAP, Chosen, best_paid, choose
from ingest.live.mempool.forked_anvil import HeadMoved, below
from ingest.live.mempool.head import accounts, newest
from ingest.live.mempool.hypothetical import PendingFacts, hypothetical
from ingest.live.mempool.outcome import Head, Simulated
from ingest.live.mempool.pool import Pool, open_pool
from ingest.live.mempool.waiting import Waiting
from ingest.log.pending_records import PendingHead
from ingest.machine import tools
from ingest.model.batch import Batch
from ingest.model.errors import (
    BadInput,
    NodeMisbehaved,
    NodeUnreachable,
    SetupFailed,
    UndertowError,
    WrongChain,
)
from ingest.nodes import Node
from ingest.nodes.sending.speaking import Refused, Speaker

_CAP_BYTES = 256 << 20
NOT_READ, REFUSED = "not read", "refused by the simulation"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class MadePicture:
    """One picture of the pool: what is told of it, and its block where anything is in it."""

    head: PendingHead
    batch: Batch | None


@dataclass
class Mempool:
    """The pool of one node of one chain. With `traces` the calls inside are told too: then, and wherever the
    node does not simulate, a private anvil does.
    """

    node: Speaker
    url: str
    chain_id: int
    traces: bool
    wrapped: frozenset[bytes]
    fork_of: ForkOf
    say: Say
    _pool: Pool = field(init=False)
    _last: tuple[str, tuple[str, ...]] = ("", ())
    _told: str = ""
    _forks_only: bool = field(init=False)

    def __post_init__(self) -> None:
        """Raises BadInput where the node has no pool or nobody can simulate, NodeUnreachable, WrongChain."""
        self._check_chain()
        self._pool = open_pool(self.node)
        self._forks_only = self.traces
        under = below(self.node, self.url)
        self._fork = Fork(self.fork_of, self.node, self.url, self.chain_id, self.traces, under)
        self._reader = Node(self.url)
        self._facts = PendingFacts(self._reader, self.wrapped)
        self._find_out_who_simulates()

    def picture(self) -> MadePicture | None:
        """What waits now; None where head and pool are those of the picture before, or the head changed."""
        self._check_chain()
        head = newest(self.node)
        waiting = self._pool.read()
        now = head.hash, tuple(sorted({each.hash for each in waiting}))
        if now == self._last:
            return None
        try:
            made = self._made(head, waiting)
        except HeadMoved:
            return None
        if newest(self.node).hash != head.hash:
            return None  # what was asked meanwhile may be of either head
        self._last = now
        return made

    def begin(self) -> None:
        """The next picture is given, whatever the one before showed."""
        self._last = "", ()

    def close(self) -> None:
        self._fork.close()
        self._reader.close()
        self.node.close()

    def _made(self, head: Head, waiting: Sequence[Waiting]) -> MadePicture:
        chosen = self._choose(head, waiting)
        done = self._simulated(head, chosen.transactions).within_cap()
        batch = None
        if done.outcomes:
            try:
                batch = hypothetical(self.chain_id, head, done.outcomes)
            except (ValueError, OverflowError, TypeError) as error:
                told = str(error).split("\n", 1)[0][:200]
                raise NodeMisbehaved(f"a simulation of pending transactions is none: {told}") from error
            batch = self._facts.complete(batch, head, done.outcomes)
        left_out = chosen.left_out + Counter({REFUSED: done.refused, NOT_READ: self._pool.unread})
        self._tell(left_out)
        told_of = PendingHead(
            chain_id=self.chain_id,
            parent_number=head.number,
            parent_hash=head.hash,
            made_at=round(time.time(), 3),
            simulated_by=done.how,
            waiting=len(waiting) + self._pool.unread,
            transactions=len(done.outcomes),
            left_out={reason: count for reason, count in left_out.items() if count},
        )
        return MadePicture(told_of, batch)

    def _choose(self, head: Head, waiting: Sequence[Waiting]) -> Chosen:
        ranked, passed_over = best_paid(waiting, head.base_fee)
        known = accounts(self.node, sorted({each.sender for each in ranked}), head)
        chosen = choose(ranked, known, head.base_fee, head.gas_limit)
        chosen.left_out[BEYOND_CAP] += passed_over
        return chosen

    def _simulated(self, head: Head, sent: Sequence[Waiting]) -> Simulated:
        if not sent:
            return Simulated("anvil" if self._forks_only else "eth_simulateV1")
        if not self._forks_only:
            try:
                return by_node.simulate(self.node, head, sent)
            except Refused:
                pass  # one that it will not take makes it refuse all of them; a fork refuses that one alone
        return self._fork.simulate(head, sent)

    def _find_out_who_simulates(self) -> None:
        """Raises BadInput where an anvil must simulate, and none is there."""
        if not self.traces and not self._lacks_simulation():
            return
        why = "--traces asks for calls, which" if self.traces else "it has no eth_simulateV1, so that"
        try:
            tools.anvil()
        except SetupFailed as error:
            raise BadInput(
                f"what waits at the node at {self.node.source} cannot be simulated: {why} a private anvil "
                f"would have to: {error}"
            ) from error
        if not self.traces:
            self._forks_only = True
            self.say("mempool: the node has no eth_simulateV1: a private anvil simulates")

    def _lacks_simulation(self) -> bool:
        try:
            self.node.ask("eth_simulateV1", {"blockStateCalls": []}, "latest")
        except Refused as error:
            return error.lacks_method
        return False

    def _tell(self, left_out: Counter[str]) -> None:
        """A flood is said once it begins to be cut, and once it is over."""
        cut = left_out[BEYOND_CAP] + left_out[NOT_READ]
        told = "cut" if cut else ""
        if told != self._told:
            self.say(
                f"mempool: {cut} pending transactions are beyond the caps or unreadable: the best paid are "
                "simulated"
                if cut
                else "mempool: all that waits is simulated again"
            )
        self._told = told

    def _check_chain(self) -> None:
        served = self.node.chain_id()
        if served != self.chain_id:
            raise WrongChain(
                f"the node at {self.node.source} serves chain {served}, not chain {self.chain_id}"
            )


def opened(
    rpc: str, chain_id: int | None, traces: bool, wrapped: frozenset[bytes], fork_of: ForkOf, say: Say
) -> Mempool:
    """The pool of the first of the nodes that has one. Raises BadInput where none has, NodeUnreachable,
    WrongChain.
    """
    error: UndertowError | None = None
    for url in filter(None, (part.strip() for part in rpc.split(","))):
        node = Speaker(url, cap_bytes=_CAP_BYTES)
        try:
            served = node.chain_id() if chain_id is None else chain_id
            return Mempool(node, url, served, traces, wrapped, fork_of, say)
        except (BadInput, NodeUnreachable, NodeMisbehaved) as failure:
            node.close()
            error = error or failure
    raise error or BadInput("no node given: name one with --rpc URL")
