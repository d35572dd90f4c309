"""Follows a node's chain into the log: whole blocks in order, proved, and rollbacks where it changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ingest.blocks import times
from ingest.blocks.answers import Answer, HeaderAnswer
from ingest.blocks.difference import log_numbers
from ingest.blocks.headers import Header
from ingest.blocks.proof import under_root
from ingest.blocks.verify import WAY_OUT, Rules, Verify, verified_batch
from ingest.facts.bridge_files import Bridge
from ingest.facts.calls import traced
from ingest.facts.disagreements import Disagreement, DisagreementBook
from ingest.facts.lists import KEPT_BLOCKS, ListBook
from ingest.facts.messages import MessageBook
from ingest.facts.reader import FactReader
from ingest.lake import RANGE_BLOCKS
from ingest.live.forks import Forks, Log
from ingest.machine.traces import note_blocks
from ingest.model.batch import Batch, Event, Rollback
from ingest.model.errors import (
    BadInput,
    ForksMixed,
    NodeMisbehaved,
    NodeUnreachable,
    ProofFailed,
    WrongChain,
)
from ingest.model.health import NEWEST_PROOFS, Vitals
from ingest.nodes import BLOCKS_A_REQUEST, UNLESS_TOLD, Limits, Nodes
from ingest.nodes.ahead import REQUESTS, Ahead

Start = int | Literal["earliest", "latest"]
Say = Callable[[str], None]

BEHIND_S = 5.0
"""How long a node whose chain is its owner's toy (anvil) may stand below what it told before its shorter
chain is taken for the chain. A real network's chain does not grow shorter: there such a node is only behind.
"""

STUCK_S = 2.0
"""A node that told of nothing new for so long may be stuck: the others are asked how far they are."""


@dataclass(frozen=True, slots=True)
class FollowSettings:
    """`start` counts only where the log is empty; `poll_s` is the pause between questions at the head, in
    seconds; a block is published once `confirmations` blocks lie on top of it; `quorum` nodes must hold the
    head; `limits` bound every answer. With `traces` the calls inside transactions are read too; `facts` is a
    folder of lists, `wrapped` are coins that wrap the native one, `bridges` those whose other chains are
    read. While blocks are missing, so many requests are made `ahead`. With `check_senders` transactions are
    held against their signatures. A lake that is kept gets final blocks `lake_every` so many. With
    `standby_s` it stands by while another process follows the chain, until that is silent for so long.
    """

    start: Start = "latest"
    verify: Verify = "strict"
    until_block: int | None = None
    poll_s: float = 0.05
    confirmations: int = 0
    quorum: int = 1
    limits: Limits = UNLESS_TOLD
    traces: bool = False
    facts: Path | None = None
    ahead: int = REQUESTS
    check_senders: bool = False
    wrapped: frozenset[bytes] = frozenset()
    bridges: tuple[Bridge, ...] = ()
    lake_every: int = RANGE_BLOCKS
    standby_s: float | None = None


class Follower:
    """Moves the log to the node's head, step by step."""

    def __init__(
        self,
        chain_id: int,
        nodes: Nodes,
        log: Log,
        settings: FollowSettings,
        say: Say,
        book: ListBook,
        vitals: Vitals | None = None,
        disagreements: DisagreementBook | None = None,
        messages: MessageBook | None = None,
    ) -> None:
        self._chain_id = chain_id
        self._nodes = nodes
        self._log = log
        self._settings = settings
        self._say = say
        self._facts = FactReader(nodes.call, nodes.codes, book, settings.wrapped)
        self._disagreements = disagreements or DisagreementBook(say)
        self._messages = messages or MessageBook((), say)
        self._forks = Forks(nodes, log, self._disagreements.note)
        self._ahead = Ahead(nodes.fetch, BLOCKS_A_REQUEST, settings.ahead)
        self._still_since: float | None = None
        self._trouble = ""
        self._vitals = vitals or Vitals()
        first_try: Verify = "strict" if settings.verify == "warn" else settings.verify
        self._rules = Rules(first_try, settings.check_senders)
        self._unit = ""
        self._misnumbering = set[str]()

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set or the wanted block is published. A node that fails is asked again, slower.

        Raises WrongChain, RollbackTooDeep, BadInput, BrokerUnreachable, TakenOver.
        """
        with self._ahead:
            while not stop.is_set():
                self._log.check()
                wait_s = self._attempt()
                if wait_s is None:
                    return
                if wait_s:
                    self._nodes.wait(stop, wait_s)

    def _attempt(self) -> float | None:
        """One step, and the seconds to wait after it; None when there is nothing left to do."""
        try:
            if self.done():
                return None
            moved = self.step()
        except (NodeUnreachable, NodeMisbehaved) as error:
            if isinstance(error, WrongChain) and self._nodes.is_lost:
                raise
            return self._wait_for_better(error)
        finally:
            self._record_incidents()
        if self._trouble:
            self._say(f"going on with the node at {self._nodes.source}")
            self._trouble = ""
        return 0.0 if moved else self._settings.poll_s

    def _wait_for_better(self, error: NodeUnreachable | NodeMisbehaved) -> float:
        is_stalled = isinstance(error, ProofFailed)
        way_out = f"; {WAY_OUT}" if is_stalled and self._settings.verify == "strict" else ""
        self._tell_trouble(f"{error}{way_out}", "stalled" if is_stalled else "waiting")
        self._nodes.blame(error)
        self._ahead.forget()
        return max(self._settings.poll_s, self._nodes.pause_s)

    def _tell_trouble(self, trouble: str, state: str = "waiting") -> None:
        if trouble != self._trouble:
            self._say(f"{state}: {trouble}")
        self._trouble = trouble

    def _tell_unit(self, tip: HeaderAnswer | None) -> None:
        told = None if tip is None else times.told(tip.timestamp)
        if told is not None and told != self._unit:
            self._say(told)
            self._unit = told

    def done(self) -> bool:
        """Whether the wanted block is in the log, as the node has it now."""
        until, headers = self._settings.until_block, self._log.headers
        if until is None or headers.newest < until:
            return False
        ours = headers.hash_of(until)
        theirs = self._nodes.header(until)
        return ours is None or (theirs is not None and theirs.id == ours)

    def step(self) -> bool:
        """Takes the log as far as one request carries. Whether anything was published.

        1. ask for the newest block that counts; 2. fetch what follows our newest block; 3. where that is not
        its child, find the newest block that both chains hold, and fetch what follows that; 4. prove, decode,
        ask new tokens for their names; 5. publish rollback, facts and blocks in one transaction; 6. only then
        remember them.
        """
        tip = self._tip()
        self._tell_unit(tip)
        base = self._log.headers.head
        if tip is not None:
            self._vitals.lag_blocks = max(0, tip.height - (base.number if base is not None else tip.height))
        if tip is None or (base is not None and self._nothing_new(tip, base)):
            return False
        if base is not None and self._forks.is_below(tip, base):
            return self._publish(Header(tip.height, tip.id), [])
        answers = self._fetch(base, tip)
        if base is not None and not (answers and answers[0].block.parent == base.hash):
            base = self._forks.part_at(base, tip)
            if base is None:
                return False
            answers = self._fetch(base, tip)
        if answers and answers[-1].block.height == tip.height and answers[-1].block.id != tip.id:
            raise self._nodes.fault("changed its chain while it was read")
        return self._publish(base, answers)

    def _tip(self) -> HeaderAnswer | None:
        """The newest block with enough on top of it; None where the chain is too short for that."""
        head = self._nodes.head()
        self._forks.refresh()
        number = head.height - self._settings.confirmations
        if number == head.height or number < 0:
            return head if number >= 0 else None
        return self._nodes.header(number) or self._forks.lacks(number)

    def _nothing_new(self, tip: HeaderAnswer, ours: Header) -> bool:
        """Whether the log is where the node is, or ahead of a node that is only behind."""
        is_below = self._forks.is_below(tip, ours)
        if tip.id != ours.hash and not is_below:
            self._still_since = None
            return False
        now = time.monotonic()
        self._still_since = now if self._still_since is None else self._still_since
        still_s = now - self._still_since
        if still_s >= STUCK_S and self._nodes.turn_to_higher(tip.height + self._settings.confirmations):
            self._still_since = None
            return True
        if not is_below or still_s < BEHIND_S:
            return True
        self._tell_trouble(f"the node at {self._nodes.source} stands at {tip.height}, behind {ours.number}")
        return not self._forks.is_shorter_for_good(ours)

    def _fetch(self, base: Header | None, tip: HeaderAnswer) -> list[Answer]:
        first = self._first(tip) if base is None else base.number + 1
        last, until = tip.height, self._settings.until_block
        if until is not None:
            last = min(last, until)
            if base is None and until < first:
                raise BadInput(
                    f"--until-block {until} lies below the first block to read, {first}: see --start"
                )
        with self._vitals.timed("fetch"):
            return self._ahead.take(first, last) if first <= last else []

    def _first(self, tip: HeaderAnswer) -> int:
        start = self._settings.start
        if start == "earliest":
            return 0
        return tip.height if start == "latest" else start

    def _publish(self, base: Header | None, answers: Sequence[Answer]) -> bool:
        events: list[Event] = []
        began = time.time_ns()
        ours = self._log.headers.head
        if base is not None and base != ours:
            events.append(Rollback(self._chain_id, base.number, base.hash))
            self._facts.roll_back(base.number)
            self._disagreements.roll_back(base.number)
            self._messages.roll_back(base.number)
        if answers:
            with self._vitals.timed("prove"):
                events.append(self._batch(base, answers))
        if not events:
            return False
        with self._vitals.timed("publish"):
            self._log.publish(events)
        for event in events:
            self._tell(event)
            self._count(event)
            if isinstance(event, Batch):
                numbers, hashes = event.blocks["block_number"], event.blocks["block_hash"]
                note_blocks("ingest", self._chain_id, zip(numbers, hashes, strict=True), began)
        return True

    def _batch(self, base: Header | None, answers: Sequence[Answer]) -> Batch:
        parent = None if base is None else base.hash
        batch = self._verified(answers, parent)
        if self._settings.traces:
            batch = traced(batch, self._nodes.traces, self._nodes.source)
        known = self._facts.complete(batch)
        return known.with_facts(
            disagreements=self._disagreements.facts(batch, answers[0].source),
            messages=self._messages.facts(known),
        )

    def _verified(self, answers: Sequence[Answer], parent: bytes | None) -> Batch:
        """Under `warn` a block goes unproved only where no other node can be asked for it."""
        verify, rules = self._settings.verify, self._rules
        try:
            batch = verified_batch(self._chain_id, answers, parent, rules, self._reject)
            self._note_numbering(answers)
            return batch
        except ProofFailed as error:
            may_change = isinstance(error, ForksMixed) and str(error) != self._trouble
            if verify != "warn" or may_change or self._nodes.has_other:
                raise
            return verified_batch(
                self._chain_id, answers[:1], parent, replace(rules, verify="warn"), self._reject
            )

    def _note_numbering(self, answers: Sequence[Answer]) -> None:
        """No root covers the numbers of logs, and ours are counted: a node that gives others misleads whoever
        believes them. It is told of once.
        """
        for answer in answers:
            if answer.source in self._misnumbering:
                continue
            reason = log_numbers(under_root(answer))
            if reason is not None:
                self._misnumbering.add(answer.source)
                height = answer.block.height
                self._disagreements.note(Disagreement(answer.source, height, "numbering", reason))

    def _reject(self, number: int | None, reason: str, source: str) -> None:
        self._disagreements.unproved(number, reason, source)
        if self._log.reject(number, reason, source):
            self._vitals.count("rejected")
            self._say(f"not proved: {reason}")

    def _record_incidents(self) -> None:
        for incident in self._nodes.incidents():
            node, number, reason = incident.source, incident.number, incident.reason
            self._disagreements.note(Disagreement(node, number, "chain", reason))
            if self._log.reject(incident.number, incident.reason, incident.source):
                self._say(f"not asked any more: {incident.reason}")

    def _count(self, event: Event) -> None:
        if isinstance(event, Rollback):
            self._vitals.count("reorganisations")
            self._vitals.head = event.number
            self._vitals.left(event.number)
            return
        self._vitals.head = event.last
        newest = event.blocks.select("block_number", "proof").tail(NEWEST_PROOFS)
        self._vitals.proved(newest.iter_rows())
        for proof, blocks in event.blocks["proof"].value_counts().iter_rows():
            self._vitals.count(f"blocks {proof}", blocks)

    def _tell(self, event: Event) -> None:
        if isinstance(event, Rollback):
            self._say(f"the chain changed: back to block {event.number}")
        else:
            self._facts.remember(event)
            self._disagreements.remember(event.disagreements)
            self._disagreements.forget(event.last - KEPT_BLOCKS)
            self._messages.remember(event.messages)
            self._messages.forget(event.last - KEPT_BLOCKS)
