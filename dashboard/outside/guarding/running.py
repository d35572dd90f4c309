"""The loop of `undertow guard`: plan for each alert that the policy takes, write it down, bring it there.

Once or not at all: a plan is in the store before anything is sent; the sender gives all that it sends for it
one nonce; and the guard takes each proposal once. What the guard says is the truth: after a kill or a
reorganisation the loop goes on from there. Each change of a plan is said, and a row of the audit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from dashboard.outside.guarding import choosing
from dashboard.outside.guarding.alerts import alert_in
from dashboard.outside.guarding.contracts import GuardContract, key_of, pausing, proposing, reason_of, why
from dashboard.outside.guarding.policy import Policy
from dashboard.outside.guarding.wiring import check_in_force
from dashboard.store.guard_plans import OPEN, GuardPlans, Judged, Kind, Plan
from detectors.alerts.alert import Alert
from ingest.model.errors import NodeMisbehaved, Unreachable
from ingest.nodes.sending.sender import CannotPay, Outcome, Sender, Wanted
from ingest.nodes.sending.speaking import Refused, Speaker

POLL_S = 0.5
Say = Callable[[str], None]
_AGAIN = ("dropped", "resumed")
"""Ends after which an alert that stands again is acted on anew."""


@dataclass(slots=True)
class Guardian:
    """One policy with one key. `step` looks once."""

    plans: GuardPlans
    sender: Sender
    node: Speaker
    guard: GuardContract
    policy: Policy
    say: Say
    depth: int = 12
    trouble: str = field(default="", init=False)

    def step(self) -> None:
        """Sees to what was sent; plans what is to be done of what was filed; sends what is planned."""
        self.trouble = ""
        outcomes = {outcome.purpose: outcome for outcome in self.sender.look()}
        for plan in self._mine(*OPEN):
            self._follow(plan, outcomes.get(purpose_of(plan)))
        judged = self.plans.judged(self.policy.chain)
        if judged is None or judged.timestamp is None:
            self.trouble = "no block of the chain is filed that could be gone by"
            return
        self._plan_resuming()
        check_in_force(self.policy, self.node.block_time(), self.guard.bounds().expires)
        self._plan_pausing(judged)
        for plan in self._mine("planned"):
            self._send(plan, judged)

    def is_idle(self) -> bool:
        """Whether nothing is planned or under way."""
        return not self.sender.waits() and not self._mine("planned", "sent")

    # What was sent.

    def _follow(self, plan: Plan, outcome: Outcome | None) -> None:
        """To where a plan stands on the chain now."""
        if plan.state == "proposed":
            self._follow_proposal(plan)
            return
        found = outcome or self.sender.standing(purpose_of(plan))
        if found is None and plan.state == "planned":
            return
        if found is None and self._is_unknown(plan):
            self._move(plan, state="planned", why="neither journal nor chain knows of it")
            return
        plan = self._move(plan, state="sent", **_placed(found))
        if found is not None and found.stage == "failed":
            self._move(plan, state="refused", why="its transaction was refused by the guard")
        elif found is not None and found.stage == "displaced":
            self._move(plan, state="planned", why="its nonce was used by something else")
        elif found is not None and found.stage == "settled" and self._is_unknown(plan):
            self._move(plan, state="refused", why="its transaction did nothing at the guard")
        elif found is None or found.stage == "settled":
            self._follow_proposal(plan)

    def _is_unknown(self, plan: Plan) -> bool:
        return self.guard.proposal(plan.key).state == "unknown"

    def _follow_proposal(self, plan: Plan) -> None:
        """By what the guard said so many blocks ago that it stays."""
        deep = hex(max(0, self.node.head() - self.depth + 1))
        held = self.guard.proposal(plan.key, deep)
        if held.state == "done":
            self._move(plan, state="done", why="")
            self._note_resumed(plan)
        elif held.state == "withdrawn":
            self._move(plan, state="withdrawn", why="the guard's owner withdrew it")
        elif held.state == "proposed":
            last = held.at + self.guard.bounds().proposal_seconds
            late = self.node.block_time() > last and self.guard.proposal(plan.key).state == "proposed"
            if late:
                self._move(plan, state="lapsed", why="nobody confirmed it in time")
            elif plan.state != "proposed":
                self._move(plan, state="proposed", why="")

    def _note_resumed(self, plan: Plan) -> None:
        if plan.kind != "resume":
            return
        for each in self._mine("done"):
            if each.kind == "pause" and (each.alert_id, each.vault) == (plan.alert_id, plan.vault):
                self._move(each, state="resumed")

    # What is to be done.

    def _plan_pausing(self, judged: Judged) -> None:
        since = (judged.timestamp or 0) - self.policy.max_age
        for named in self.plans.naming(self.policy.chain, self.policy.vaults, since):
            alert = alert_in(named.record, self.policy.chain, named.alert_id)
            found = choosing.verdict(self.policy, alert, judged)
            if found.answer == "act" and (time := self._time_of(named.vault, alert)) is not None:
                self._plan("pause", named.vault, alert, time, found.why)

    def _time_of(self, vault: str, alert: Alert) -> int | None:
        """Which time it would be that the vault is paused for this alert; None where it is not to be."""
        before = self._plans_of(vault, alert.id, "pause")
        if before and before[-1].state not in _AGAIN:
            return None
        return None if self._is_under_way(vault) or self.guard.is_paused(vault) else len(before)

    def _is_under_way(self, vault: str) -> bool:
        return any((each.vault, each.kind) == (vault, "pause") for each in self._mine(*OPEN))

    def _plan_resuming(self) -> None:
        """For each pause whose alert is none any more."""
        for paused in self._mine("sent", "proposed", "done"):
            alert = self._alert_of(paused) if paused.kind == "pause" else None
            over = None if alert is None else choosing.ended(alert)
            if alert is not None and over is not None:
                self._resume(paused, alert, over)

    def _resume(self, paused: Plan, alert: Alert, over: str) -> None:
        """Once a pause, while the vault is paused by it."""
        if self.guard.proposal(paused.key).state != "done":
            if paused.state == "proposed" and paused.why != over:
                self._move(paused, why=over)
                self.say(f"guard: pause {paused.vault}: do not confirm {paused.key}: {over}")
            return
        if not self.guard.is_paused(paused.vault):
            if paused.state == "done":
                self._move(paused, state="resumed")
            return
        times = len(self._plans_of(paused.vault, paused.alert_id, "pause")) - 1
        reason = reason_of(self.policy.chain, paused.alert_id, times)
        asked = self._plans_of(paused.vault, paused.alert_id, "resume")
        if all(each.reason != reason for each in asked):
            self._plan("resume", paused.vault, alert, times, over)

    def _plans_of(self, vault: str, alert_id: str, kind: Kind) -> list[Plan]:
        about, wanted = self.plans.about(self.policy.chain, alert_id), (self.guard.address, vault, kind)
        return [each for each in about if (each.contract, each.vault, each.kind) == wanted]

    def _mine(self, *states: str) -> list[Plan]:
        """Plans for this guard: those of one before it are its own."""
        found = self.plans.plans(self.policy.chain, *states)
        return [each for each in found if each.contract == self.guard.address]

    def _plan(self, kind: Kind, vault: str, alert: Alert, time: int, because: str) -> None:
        reason = reason_of(self.policy.chain, alert.id, time)
        alone = kind == "pause" and self.policy.act == "pause" and self.guard.bounds().alone
        if kind == "pause" and self.policy.act == "pause" and not alone:
            self.say("guard: the guard wants two keys: a pause is proposed, and a second key confirms it")
        fresh = Plan(
            number=0, chain_id=self.policy.chain, contract=self.guard.address, vault=vault, kind=kind,
            how="pause" if alone else "propose", alert_id=alert.id, reason=reason,
            key=key_of(kind, vault, reason), planned_at=0,
        )  # fmt: skip
        about: dict[str, object] = {
            "because": because, "category": alert.category, "block": alert.block_number, "run": alert.run,
        }  # fmt: skip
        self.plans.plan(fresh, about)
        self.say(
            f"guard: {kind} {vault}: planned for alert {alert.id} ({alert.category}, {because}), "
            f"key {fresh.key}"
        )

    # What is planned.

    def _send(self, plan: Plan, judged: Judged) -> None:
        """At most once: what the guard or the sender knows already is only followed."""
        if not self._is_unknown(plan):
            self._move(plan, state="sent")
            return
        against = self._against(plan, judged)
        if against is not None:
            self._move(plan, state="dropped", why=against)
            return
        if plan.kind == "pause" and self.guard.recent_pauses() >= self.policy.pauses_a_day:
            most = self.policy.pauses_a_day
            self.trouble = f"the policy allows {most} in 24 hours, and these pauses are used up"
            return
        data = pausing(plan.vault, plan.reason)
        if plan.how != "pause":
            data = proposing("resume" if plan.kind == "resume" else "pause", plan.vault, plan.reason)
        try:
            self.sender.send(Wanted(purpose_of(plan), plan.contract, data))
        except Refused as error:
            self.trouble = f"{plan.kind} {plan.vault}: {why(error)}"
            return
        found = self.sender.standing(purpose_of(plan))
        self._move(plan, state="sent", transaction="" if found is None else found.hash, why="")

    def _against(self, plan: Plan, judged: Judged) -> str | None:
        """Why a plan is not to be sent any more."""
        alert, is_paused = self._alert_of(plan), self.guard.is_paused(plan.vault)
        if alert is None:
            return "its alert is gone from the store"
        if plan.kind == "resume":
            return None if is_paused else "the pause has ended by itself"
        found = choosing.verdict(self.policy, alert, judged)
        if found.answer == "no":
            return found.why
        return "the vault is paused already" if is_paused else None

    def _alert_of(self, plan: Plan) -> Alert | None:
        record = self.plans.record(plan.chain_id, plan.alert_id)
        return None if record is None else alert_in(record, plan.chain_id, plan.alert_id)

    def _move(self, plan: Plan, **changes: object) -> Plan:
        moved = self.plans.move(plan, **changes)
        if moved.state != plan.state:
            note = f": {moved.why}" if moved.why else ""
            self.say(f"guard: {plan.kind} {plan.vault}: {told(moved)}{note}")
        return moved


def told(plan: Plan) -> str:
    """Where a plan stands, for a person."""
    words = {
        "sent": f"sent, {plan.how} ({plan.transaction or 'by who was killed'})",
        "proposed": f"proposed, and waits for a second key: undertow guard confirm {plan.key}",
        "done": "done",
        "resumed": "its pause is over",
    }
    return words.get(plan.state, plan.state)


def _placed(found: Outcome | None) -> dict[str, object]:
    return {} if found is None else {"transaction": found.hash, "mined_block": found.block}


def purpose_of(plan: Plan) -> str:
    return f"{plan.kind} {plan.key}"


def run(guardian: Guardian, stop: threading.Event, once: bool = False, poll_s: float = POLL_S) -> None:
    """Until `stop`, or, `once`, until nothing is planned or under way. Outages of store and node are waited
    for.
    """
    said = ""
    while not stop.is_set():
        silent = False
        try:
            guardian.step()
            trouble = guardian.trouble
        except (Unreachable, NodeMisbehaved, CannotPay, Refused) as error:
            trouble, silent = str(error), True
        if trouble and trouble != said:
            guardian.say(f"guard: waiting: {trouble}")
        said = trouble
        if once and (silent or guardian.is_idle() or (trouble and not guardian.sender.waits())):
            return
        stop.wait(poll_s)
