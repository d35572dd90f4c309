"""The loop of `undertow anchor`: plan a stretch once it is final, write it down, bring it onto the chain.

Exactly once: a stretch is planned once, in the store, before anything is sent; the sender gives all that it
sends for it one nonce; and the contract takes a stretch only where the last one ended. What the contract says
is the truth: after a kill or a reorganisation of its chain the loop goes on from there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dashboard.outside.anchoring.contract import AnchorContract, Standing, anchoring, deployment, reason
from dashboard.outside.anchoring.planning import Plan, Planner, stretch_of
from dashboard.outside.anchoring.stretches import end_of
from dashboard.store.anchors import Anchoring, Anchors, StretchRow
from ingest.model.errors import BadInput, NodeMisbehaved, StoreUnreachable, UndertowError, Unreachable
from ingest.nodes.sending.sender import CannotPay, Outcome, Sender, Wanted
from ingest.nodes.sending.speaking import Refused, Speaker

POLL_S = 1.0
IN_FLIGHT = 16
"""Stretches that are mined and not settled yet, at most: a backlog goes on no faster than it becomes sure."""

Say = Callable[[str], None]


def deployed(sender: Sender, anchors: Anchors, plan: Plan, say: Say) -> str | None:
    """The address of a contract that this key makes for the chain, once it is in a block; made where it was
    not asked for yet. None while it waits.
    """
    purpose = f"contract of chain {plan.watched}"
    found = sender.standing(purpose)
    if found is not None and found.created is not None:
        return found.created
    if found is None:
        first = plan.begin
        if first is None:
            judged = anchors.judged(plan.watched)
            if judged is None:
                return None
            first = max(0, judged.final)
        first -= first % plan.size
        sender.send(Wanted(purpose, None, deployment(plan.watched, first)))
        say(f"anchor: a contract for chain {plan.watched}, from block {first} on, is on its way")
    return None


class Anchorer:
    """One chain into one contract."""

    def __init__(
        self, anchors: Anchors, sender: Sender, contract: AnchorContract, plan: Plan, say: Say
    ) -> None:
        """Raises BadInput where the contract keeps another chain, or another owner may write there."""
        contract.check(plan.watched)
        owner = contract.owner()
        if owner != sender.address:
            raise BadInput(
                f"the contract {contract.address} is owned by {owner}, and the key is that of "
                f"{sender.address}: give the owner's --key-file"
            )
        self._anchors = anchors
        self._sender = sender
        self._contract = contract
        self._plan = plan
        self._planner = Planner(anchors, plan)
        self._say = say
        self.trouble = ""

    def step(self) -> bool:
        """Sees to what was sent, and does the next thing. Whether there may be more to do at once."""
        self.trouble = ""
        outcomes = {outcome.purpose: outcome for outcome in self._sender.look()}
        for outcome in outcomes.values():
            self._note(outcome)
        standing = self._contract.at_one_block()
        following = standing.following
        self._compare(standing)
        self._note_settled(following, outcomes)
        busy = any(each.stage == "waiting" for each in outcomes.values())
        flying = sum(each.stage == "mined" for each in outcomes.values())
        row = self._planner.at(following)
        if row is None or busy or flying >= IN_FLIGHT:
            return False
        return self._send(row)

    def _note(self, outcome: Outcome) -> None:
        first = _first_of(outcome.purpose, self._plan.watched)
        if first is None or outcome.stage == "displaced":
            return
        state = {"waiting": "waiting", "failed": "waiting"}.get(outcome.stage, outcome.stage)
        self._anchors.stands(self._plan.watched, first, state, outcome.hash, outcome.block)
        if outcome.stage == "settled":
            self._say(f"anchor: chain {self._plan.watched}: the stretch from block {first} is anchored")
        if outcome.stage == "failed":
            self.trouble = f"transaction {outcome.hash} was refused by the contract"

    def _note_settled(self, following: int, open_ones: Mapping[str, Outcome]) -> None:
        """What was settled in the moment before a kill is no longer open, and yet not noted."""
        for row in self._anchors.unsettled(self._plan.watched):
            if row.last < following and purpose_of(row) not in open_ones:
                found = self._sender.standing(purpose_of(row))
                told = (row.transaction, row.mined_block) if found is None else (found.hash, found.block)
                self._anchors.stands(row.chain_id, row.first, "settled", *told)

    def _compare(self, standing: Standing) -> None:
        """Raises BadInput where the contract holds something else than what this store planned."""
        if standing.newest is None:
            return
        row = self._anchors.ending(self._plan.watched, standing.following - 1)
        if row is None:
            self._catch_up(standing)
        elif stretch_of(row) != standing.newest:
            raise BadInput(
                f"blocks {row.first} to {row.last} of chain {row.chain_id} are anchored with another root or "
                "by another run than this store planned: the key anchors from two stores, or one was edited"
            )

    def _catch_up(self, standing: Standing) -> None:
        """A store that lacks what the contract holds (a new one, or one from a backup) works it out again."""
        for number in range(standing.count):
            held = self._contract.stretch_at(number, standing.block)
            if self._planner.work_out_again(held):
                self._say(f"anchor: chain {self._plan.watched}: stretch {number} was worked out again")

    def _send(self, row: StretchRow) -> bool:
        data = anchoring(self._plan.watched, stretch_of(row))
        try:
            self._sender.send(Wanted(purpose_of(row), self._contract.address, data))
        except Refused as error:
            self.trouble = f"blocks {row.first} to {row.last} are refused: {reason(error)}"
            return False
        self._say(
            f"anchor: chain {row.chain_id}: blocks {row.first} to {row.last}, {row.leaves} revisions, "
            f"root {row.root}, are on their way"
        )
        return True


def purpose_of(row: StretchRow) -> str:
    return f"stretch of chain {row.chain_id} from block {row.first}"


def _first_of(purpose: str, chain_id: int) -> int | None:
    before = f"stretch of chain {chain_id} from block "
    return int(purpose.removeprefix(before)) if purpose.startswith(before) else None


@dataclass(slots=True)
class Daemon:
    """Goes on through outages of store and node, and tells the store how it gets on."""

    anchors: Anchors
    sender: Sender
    node: Speaker
    plan: Plan
    address: str | None
    say: Say
    poll_s: float = POLL_S
    check: Callable[[], None] = lambda: None
    """Raises where another process has taken over."""

    def run(self, stop: threading.Event, once: bool = False) -> None:
        """Until `stop`, or, `once`, until all that is final is settled."""
        anchorer: Anchorer | None = None
        said = ""
        while not stop.is_set():
            more, trouble = False, ""
            try:
                self.check()
                anchorer = anchorer or self._begun()
                if anchorer is not None:
                    more, trouble = anchorer.step(), anchorer.trouble
                    self._tell(trouble)
                    if once and not more and self._is_done():
                        return
            except (Unreachable, NodeMisbehaved, CannotPay, Refused) as error:
                trouble = str(error)
                self._tell_of(error)
            if trouble and trouble != said:
                self.say(f"anchor: waiting: {trouble}")
            said = trouble
            if not more:
                stop.wait(self.poll_s)

    def _begun(self) -> Anchorer | None:
        if self.address is None:
            self.sender.look()
            self.address = deployed(self.sender, self.anchors, self.plan, self.say)
            if self.address is None:
                return None
            self.say(f"anchor: chain {self.plan.watched} is anchored in {self.address}: keep --contract")
        return Anchorer(
            self.anchors, self.sender, AnchorContract(self.node, self.address), self.plan, self.say
        )

    def _is_done(self) -> bool:
        judged, row = self.anchors.judged(self.plan.watched), self.anchors.last(self.plan.watched)
        return (
            not self.sender.waits()
            and judged is not None
            and row is not None
            and row.state == "settled"
            and end_of(row.last + 1, self.plan.size, judged.since) > judged.final
        )

    def _tell(self, trouble: str) -> None:
        if self.address is not None:
            told = (self.plan.watched, self.address, self.sender.chain_id, int(time.time()), trouble)
            self.anchors.tell(Anchoring(*told))

    def _tell_of(self, error: Exception) -> None:
        if isinstance(error, StoreUnreachable):
            return
        try:
            self._tell(str(error))
        except UndertowError:
            return
