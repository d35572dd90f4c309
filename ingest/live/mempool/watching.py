"""Follows what waits at a node, beside `ingest`: on each new head, and where the pool changed, it is
simulated as one hypothetical block and published. Nothing of it comes into the log, and no trouble of it
holds up blocks.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ingest.kafka import PENDING, Cluster, Publisher
from ingest.kafka.rights import MEMPOOL
from ingest.live.mempool import by_node
from ingest.live.mempool.by_fork import Fork, ForkOf
from ingest.live.mempool.choosing import BEYOND_CAP, Account, Chosen, best_paid, choose
from ingest.live.mempool.hypothetical import PendingFacts, hypothetical
from ingest.live.mempool.outcome import Head, Simulated
from ingest.live.mempool.pool import Pool, open_pool
from ingest.live.mempool.waiting import Waiting
from ingest.log.pending_records import PendingHead, encode
from ingest.machine import tools
from ingest.model.batch import Batch
from ingest.model.errors import (
    BadInput,
    BrokerUnreachable,
    NodeMisbehaved,
    NodeUnreachable,
    SetupFailed,
    UndertowError,
    WrongChain,
)
from ingest.nodes import Node
from ingest.nodes.sending.speaking import Refused, Speaker

EVERY_S = 0.5
"""How often the pool is read; a picture is sent where head or pool are other than in the last one."""

MOST_GAP_S = 60
"""The hypothetical block comes as long after its head as that after its parent, but at most so long."""

_CAP_BYTES = 256 << 20
_A_REQUEST = 200
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
        """Raises BadInput where the node has no pool, NodeUnreachable, WrongChain."""
        self._check_chain()
        self._pool = open_pool(self.node)
        self._forks_only = self.traces
        self._fork = Fork(self.fork_of, self.url, self.chain_id, self.traces)
        self._reader = Node(self.url)
        self._facts = PendingFacts(self._reader, self.wrapped)
        if not self._forks_only:
            self._find_out_who_simulates()

    def picture(self) -> MadePicture | None:
        """What waits now; None where head and pool are those of the picture before."""
        self._check_chain()
        head = self._head()
        waiting = self._pool.read()
        now = head.hash, tuple(sorted({each.hash for each in waiting}))
        if now == self._last:
            return None
        made = self._made(head, waiting)
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
        accounts = self._accounts(sorted({each.sender for each in ranked}), head)
        chosen = choose(ranked, accounts, head.base_fee, head.gas_limit)
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
        """Raises BadInput where neither the node nor an anvil does."""
        try:
            self.node.ask("eth_simulateV1", {"blockStateCalls": []}, "latest")
        except Refused as error:
            self._forks_only = error.lacks_method
        if self._forks_only:
            self.say("mempool: the node has no eth_simulateV1: a private anvil simulates")
            self._expect_anvil()

    def _expect_anvil(self) -> None:
        try:
            tools.anvil()
        except SetupFailed as error:
            raise BadInput(
                f"the node at {self.node.source} has no eth_simulateV1, and no anvil is there to simulate "
                f"pending transactions: {error}"
            ) from error

    def _tell(self, left_out: Counter[str]) -> None:
        """A flood is said once it begins to be cut, and once it is over."""
        cut = left_out[BEYOND_CAP] + left_out[NOT_READ]
        told = "cut" if cut else ""
        if told != self._told:
            self.say(
                f"mempool: {cut} pending transactions are beyond what is simulated: the best paid are"
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

    def _head(self) -> Head:
        block = self._block("latest")
        number = int(block["number"], 16)
        before = self._block(hex(number - 1)) if number else block
        time_, earlier = int(block["timestamp"], 16), int(before["timestamp"], 16)
        return Head(
            number=number,
            hash=str(block["hash"]).lower(),
            timestamp=time_,
            gap_s=min(max(1, time_ - earlier), MOST_GAP_S),
            base_fee=int(block.get("baseFeePerGas") or "0x0", 16),
            gas_limit=int(block["gasLimit"], 16),
        )

    def _block(self, at: str) -> dict[str, Any]:
        block = self.node.ask("eth_getBlockByNumber", at, False)
        try:
            int(block["number"], 16), int(block["timestamp"], 16), int(block["gasLimit"], 16)
            bytes.fromhex(block["hash"][2:])
        except (TypeError, KeyError, ValueError, AttributeError):
            raise NodeMisbehaved(f"the node at {self.node.source} gave a block that is none") from None
        return dict(block)

    def _accounts(self, senders: Sequence[str], head: Head) -> dict[str, Account]:
        at, found = hex(head.number), dict[str, Account]()
        for start in range(0, len(senders), _A_REQUEST):
            some = senders[start : start + _A_REQUEST]
            calls = [("eth_getTransactionCount", [each, at]) for each in some]
            calls += [("eth_getBalance", [each, at]) for each in some]
            answers = [self._number(each) for each in self.node.ask_all(calls)]
            both = zip(some, answers[: len(some)], answers[len(some) :], strict=True)
            found |= {sender: Account(nonce, wei) for sender, nonce, wei in both}
        return found

    def _number(self, answer: Any) -> int:
        if isinstance(answer, Refused):
            raise NodeMisbehaved(f"the node at {self.node.source} does not tell an account: {answer}")
        try:
            return int(answer, 16)
        except (TypeError, ValueError):
            raise NodeMisbehaved(f"the node at {self.node.source} gave an account that is none") from None


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


@contextmanager
def watched(mempool: Mempool, kafka: str, stop: threading.Event, say: Say) -> Iterator[None]:
    """Publishes what waits for as long as the context lasts, from a thread of its own."""
    ended = threading.Event()
    thread = threading.Thread(
        target=_watch, args=(mempool, kafka, stop, ended, say), name="mempool", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(10)
        mempool.close()


def _watch(mempool: Mempool, kafka: str, stop: threading.Event, ended: threading.Event, say: Say) -> None:
    """Trouble is said once, and what failed is tried again; blocks go on without it. A broker that is away is
    what `ingest` itself speaks of.
    """
    told = ""
    while not stop.is_set() and not ended.is_set():
        try:
            _publish_all(mempool, kafka, stop, ended)
        except UndertowError as error:
            if str(error) != told and not isinstance(error, BrokerUnreachable):
                say(f"mempool: {error}; blocks go on")
            told = str(error)
            ended.wait(EVERY_S)


def _publish_all(mempool: Mempool, kafka: str, stop: threading.Event, ended: threading.Event) -> None:
    """From the chain's first block in the log on; begins with a picture of what waits now."""
    cluster = Cluster(kafka)
    while mempool.chain_id not in cluster.chains():
        if stop.is_set() or ended.wait(EVERY_S):
            return
    partition = cluster.room_for_pending(mempool.chain_id)
    mempool.begin()
    key = str(mempool.chain_id).encode()
    with Publisher(kafka, f"{MEMPOOL}{mempool.chain_id}") as publisher:
        while not stop.is_set() and not ended.is_set():
            if (made := mempool.picture()) is not None:
                with publisher.transaction():
                    for value in encode(made.head, made.batch):
                        publisher.send(PENDING, partition, key, value)
            ended.wait(EVERY_S)
