"""Follows a node's chain into the log: whole blocks in order, proved, and rollbacks where it changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ingest.answers import Answer, HeaderAnswer
from ingest.archive import archived
from ingest.batch import Batch, Event, Rollback
from ingest.blocklog import LogWriter
from ingest.errors import BadInput, NodeMisbehaved, NodeUnreachable, ProofFailed, RollbackTooDeep, WrongChain
from ingest.headers import Header
from ingest.metadata import MetadataReader
from ingest.node import BLOCKS_A_REQUEST, Nodes
from ingest.verify import Verify, verified_batch

Start = int | Literal["earliest", "latest"]
Say = Callable[[str], None]

BEHIND_S = 5.0
"""How long a node may stand below what it told before its shorter chain is taken for the chain."""

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.1, 5.0


@dataclass(frozen=True, slots=True)
class FollowSettings:
    """`start` counts only where the log is empty; `poll_s` is the pause between questions at the head, in
    seconds.
    """

    start: Start = "latest"
    verify: Verify = "strict"
    until_block: int | None = None
    poll_s: float = 0.05


class Follower:
    """Moves the log to the node's head, step by step."""

    def __init__(
        self, chain_id: int, nodes: Nodes, log: LogWriter, settings: FollowSettings, say: Say
    ) -> None:
        self._chain_id = chain_id
        self._nodes = nodes
        self._log = log
        self._settings = settings
        self._say = say
        self._metadata = MetadataReader(nodes.call)
        self._behind_since: float | None = None
        self._trouble, self._wait_s = "", _FIRST_WAIT_S

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set or the wanted block is published. A node that fails is asked again, slower.

        Raises WrongChain, RollbackTooDeep, BadInput, BrokerUnreachable.
        """
        while not stop.is_set():
            wait_s = self._attempt()
            if wait_s is None:
                return
            stop.wait(wait_s)

    def _attempt(self) -> float | None:
        """One step, and the seconds to wait after it; None when there is nothing left to do."""
        try:
            if self.done():
                return None
            moved = self.step()
        except WrongChain:
            raise
        except (NodeUnreachable, NodeMisbehaved) as error:
            return self._wait_for_better(error)
        if self._trouble:
            self._say(f"going on with the node at {self._nodes.source}")
            self._trouble, self._wait_s = "", _FIRST_WAIT_S
        return 0.0 if moved else self._settings.poll_s

    def _wait_for_better(self, error: NodeUnreachable | NodeMisbehaved) -> float:
        if str(error) != self._trouble:
            self._trouble = str(error)
            self._say(f"{'stalled' if isinstance(error, ProofFailed) else 'waiting'}: {error}")
        self._nodes.turn()
        wait_s, self._wait_s = self._wait_s, min(2 * self._wait_s, _LONGEST_WAIT_S)
        return wait_s

    def done(self) -> bool:
        """Whether the wanted block is in the log, as the node has it now."""
        until, headers = self._settings.until_block, self._log.headers
        if until is None or headers.head is None or headers.head.number < until:
            return False
        ours = headers.hash_of(until)
        theirs = self._nodes.header(until)
        return ours is None or (theirs is not None and theirs.id == ours)

    def step(self) -> bool:
        """Takes the log as far as one request carries. Whether anything was published.

        1. ask for the head; 2. fetch what follows our newest block; 3. where that is not its child, find the
        newest block that both chains hold, and fetch what follows that; 4. prove, decode, ask new tokens for
        their names; 5. publish rollback, facts and blocks in one transaction; 6. only then remember them.
        """
        head = self._nodes.head()
        if self._nothing_new(head):
            return False
        base = self._log.headers.head
        answers = self._fetch(base, head)
        if base is not None and not (answers and answers[0].block.parent == base.hash):
            base = self._common_ancestor(base, head)
            answers = self._fetch(base, head)
        return self._publish(base, answers)

    def _nothing_new(self, head: HeaderAnswer) -> bool:
        """Whether the node's head is ours, or a node is only behind (for a while: then its chain counts)."""
        ours = self._log.headers.head
        if ours is None:
            return False
        behind = head.height < ours.number and self._log.headers.hash_of(head.height) == head.id
        if not behind:
            self._behind_since = None
            return head.id == ours.hash
        now = time.monotonic()
        self._behind_since = self._behind_since or now
        return now - self._behind_since < BEHIND_S

    def _fetch(self, base: Header | None, head: HeaderAnswer) -> list[Answer]:
        first = self._first(head) if base is None else base.number + 1
        last = min(head.height, first + BLOCKS_A_REQUEST - 1)
        until = self._settings.until_block
        if until is not None:
            last = min(last, until)
            if base is None and until < first:
                raise BadInput(
                    f"--until-block {until} lies below the first block to read, {first}: see --start"
                )
        return self._nodes.fetch(first, last) if first <= last else []

    def _first(self, head: HeaderAnswer) -> int:
        start = self._settings.start
        if start == "earliest":
            return 0
        return head.height if start == "latest" else start

    def _common_ancestor(self, base: Header, head: HeaderAnswer) -> Header:
        """The newest block that log and node both hold; the parent of the log's first where there is none."""
        headers = self._log.headers
        oldest = headers.oldest or base
        for number in range(min(base.number, head.height), oldest.number - 1, -1):
            theirs = self._nodes.header(number)
            if theirs is not None and theirs.id == headers.hash_of(number):
                return Header(number, theirs.id)
        if not headers.from_start:
            raise RollbackTooDeep(
                f"the node at {self._nodes.source} parts from the log below block {oldest.number}, deeper "
                "than a rollback reaches: is it another network with this chain id? Then give a fresh --kafka"
            )
        below = self._nodes.header(oldest.number - 1) if oldest.number else None
        if below is None:
            raise NodeMisbehaved(
                f"the node at {self._nodes.source} holds nothing of the log's chain, which begins at block "
                f"{oldest.number}: it is syncing, or it is another network with the same chain id"
            )
        return Header(oldest.number - 1, below.id)

    def _publish(self, base: Header | None, answers: Sequence[Answer]) -> bool:
        events: list[Event] = []
        ours = self._log.headers.head
        if base is not None and base != ours:
            events.append(Rollback(self._chain_id, base.number, base.hash))
            self._metadata.roll_back(base.number)
        if answers:
            events.append(self._batch(base, answers))
        if not events:
            return False
        self._log.publish(events)
        for event in events:
            self._tell(event)
        return True

    def _batch(self, base: Header | None, answers: Sequence[Answer]) -> Batch:
        parent = None if base is None else base.hash
        source = self._nodes.source
        batch = verified_batch(
            self._chain_id, answers, parent, self._settings.verify, source,
            lambda number, reason: self._reject(number, reason, source),
        )  # fmt: skip
        return replace(batch, token_metadata=self._metadata.facts(batch))

    def _reject(self, number: int, reason: str, source: str) -> None:
        if self._log.reject(number, reason, source):
            self._say(f"not proved: {reason}")

    def _tell(self, event: Event) -> None:
        if isinstance(event, Rollback):
            self._say(f"the chain changed: back to block {event.number}")
        else:
            self._metadata.remember(event.token_metadata)


def follow(
    rpc: str,
    kafka: str,
    chain_id: int | None,
    settings: FollowSettings,
    lake: Path | None,
    stop: threading.Event,
    say: Say,
) -> None:
    """The command `ingest`: wires nodes, log and (where a folder is given) lake, and follows until `stop`.

    Raises NodeUnreachable where no node answers at the start, WrongChain, BrokerUnreachable, RollbackTooDeep.
    """
    nodes = Nodes(rpc, chain_id)
    served = nodes.chain_id()
    log = LogWriter(kafka, served)
    head = log.headers.head
    where = f"beginning at {settings.start}" if head is None else f"going on after block {head.number}"
    say(f"ingest: chain {served} from {nodes.source} into {kafka}, {where}")
    aside = (
        archived(served, Nodes(rpc, served), log.headers, settings.verify, lake, stop, say)
        if lake is not None
        else nullcontext()
    )
    try:
        with aside:
            Follower(served, nodes, log, settings, say).run(stop)
    finally:
        log.close()
