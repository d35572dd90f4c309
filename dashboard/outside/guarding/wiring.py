"""What the commands are given, held against the chain before anything is done: one line for what is wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from dashboard.outside.guarding.contracts import GuardContract
from dashboard.outside.guarding.policy import Policy
from ingest.machine.tools import home
from ingest.model.errors import BadInput
from ingest.nodes.sending.key_file import SigningKey
from ingest.nodes.sending.sender import Outcome, Sender, sender_with_journal
from ingest.nodes.sending.speaking import Speaker

POLL_S = 0.5
Say = Callable[[str], None]


def check_chain(node: Speaker, chain: int) -> None:
    """Raises BadInput for a node of another chain."""
    served = node.chain_id()
    if served != chain:
        raise BadInput(
            f"the node at {node.source} is of chain {served}, and the policy is for chain {chain}: give a "
            "node of that chain, or another policy"
        )


def check_policy(node: Speaker, policy: Policy, guardian: str | None) -> GuardContract:
    """The guard of a policy. Raises BadInput where chain, contract, vaults, roles or time do not fit; without
    a guardian's address his role is not asked.
    """
    check_chain(node, policy.chain)
    guard = GuardContract(node, policy.contract)
    bounds = guard.bounds()
    check_in_force(policy, node.block_time(), bounds.expires)
    for vault in policy.vaults:
        if not guard.guards(vault):
            raise BadInput(f"the guard {guard.address} does not guard {vault}: mend `vaults`, or the guard")
    for approver in policy.approvers:
        if (role := guard.role(approver)) != "confirmer":
            raise BadInput(f"{approver} of `approvers` has the role {role} at {guard.address}, not confirmer")
    if guardian is not None and (role := guard.role(guardian)) != "guardian":
        raise BadInput(
            f"the key is that of {guardian}, which has the role {role} at {guard.address}: give a guardian's "
            "--key-file, or have its owner give it that role"
        )
    return guard


def check_in_force(policy: Policy, now: int, of_guard: int | None = None) -> None:
    """Raises BadInput where the time of the policy, or that of the guard itself (None: unknown), is over."""
    if now >= policy.expires:
        raise BadInput("the policy has expired: look whether it still holds, and give it a later `expires`")
    if of_guard is not None and now >= of_guard:
        raise BadInput("the guard itself has expired: its owner renews it through its time lock")


def sender_on(
    node: Speaker, key: SigningKey, state: Path | None, depth: int, max_fee: int
) -> AbstractContextManager[Sender]:
    """Who sends, with its journal."""
    return sender_with_journal(node, key, state or home() / "guard", depth, max_fee)


def is_sent(sender: Sender, purpose: str) -> bool:
    """Whether a transaction of a purpose did what it should, or still may: one that failed never will."""
    found = sender.standing(purpose)
    return found is not None and found.stage != "failed"


def settled(sender: Sender, purpose: str, what: str, say: Say, stop: threading.Event) -> Outcome | None:
    """What became of a purpose, once that is settled; None where `stop` came before. Says each stage. Raises
    BadInput where it failed or was displaced.
    """
    said = ""
    while not stop.is_set():
        seen = next((each for each in sender.look() if each.purpose == purpose), None)
        found = seen or sender.standing(purpose)
        if found is None or found.stage == "displaced":
            raise BadInput(f"{what} was displaced by another transaction of this key")
        if found.stage == "failed":
            raise BadInput(f"{what} was refused by the chain: transaction {found.hash}")
        if found.stage != said:
            say(f"guard: {what} is {found.stage} ({found.hash})")
        said = found.stage
        if found.stage == "settled":
            return found
        stop.wait(POLL_S)
    return None
