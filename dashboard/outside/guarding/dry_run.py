"""What a guard would do, said once each: nothing is sent, and nothing is written to the store."""

from __future__ import annotations

import threading
from collections.abc import Callable

from dashboard.outside.guarding import choosing
from dashboard.outside.guarding.alerts import alert_in
from dashboard.outside.guarding.policy import Act, Policy
from dashboard.outside.guarding.wiring import check_in_force, check_policy
from dashboard.store.guard_plans import GuardReading
from ingest.model.errors import StoreUnreachable
from ingest.nodes.sending.speaking import Speaker

POLL_S = 0.5
Say = Callable[[str], None]
_WOULD: dict[Act, str] = {"propose": "would propose a pause", "pause": "would pause"}


def run_dry(
    reading: GuardReading,
    policy: Policy,
    node: Speaker | None,
    guardian: str | None,
    say: Say,
    stop: threading.Event,
    once: bool,
) -> None:
    """Until `stop`, or `once`. With a node, chain, contract, roles and time are held against the policy."""
    if node is not None:
        check_policy(node, policy, guardian)
    said: set[str] = set()
    say(f"guard: a dry run for {len(policy.vaults)} vaults on chain {policy.chain}: nothing is sent")
    while not stop.is_set():
        for line in _lines(reading, policy):
            if line not in said:
                say(line)
            said.add(line)
        if once:
            return
        stop.wait(POLL_S)


def _lines(reading: GuardReading, policy: Policy) -> list[str]:
    try:
        judged = reading.judged(policy.chain)
        if judged is None or judged.timestamp is None:
            return [f"guard: the store holds no block of chain {policy.chain} that could be gone by"]
        check_in_force(policy, judged.timestamp)
        named = reading.naming(policy.chain, policy.vaults, judged.timestamp - policy.max_age)
    except StoreUnreachable as error:
        return [f"guard: waiting: {error}"]
    lines = []
    for each in named:
        alert = alert_in(each.record, policy.chain, each.alert_id)
        found = choosing.verdict(policy, alert, judged)
        what = _WOULD[policy.act] if found.answer == "act" else "would do nothing"
        lines.append(f"guard: {each.vault}: {what} for alert {alert.id} ({alert.category}): {found.why}")
    return lines
