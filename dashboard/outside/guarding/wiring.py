"""What the commands are given, held against the chain before anything is done: one line for what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dashboard.outside.guarding.contracts import GuardContract
from dashboard.outside.guarding.policy import Policy
from ingest.machine.tools import home
from ingest.model.errors import BadInput, NodeMisbehaved
from ingest.nodes.sending.journal import Journal
from ingest.nodes.sending.key_file import SigningKey
from ingest.nodes.sending.sender import GWEI, Fees, Sender
from ingest.nodes.sending.speaking import Speaker


def block_time(node: Speaker) -> int:
    """Of the newest block, seconds UTC: the clock of contracts and policies."""
    block = node.ask("eth_getBlockByNumber", "latest", False)
    try:
        return int(block["timestamp"], 16)
    except (KeyError, TypeError, ValueError):
        raise NodeMisbehaved(f"the node at {node.source} gave no time of its newest block") from None


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
    check_in_force(policy, block_time(node), bounds.expires)
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


def check_in_force(policy: Policy, now: int, of_guard: int) -> None:
    """Raises BadInput where the time of the policy, or of the guard itself, is over."""
    if now >= policy.expires:
        raise BadInput("the policy has expired: look whether it still holds, and give it a later `expires`")
    if now >= of_guard:
        raise BadInput("the guard itself has expired: its owner renews it through its time lock")


@contextmanager
def sender_on(
    node: Speaker, key: SigningKey, state: Path | None, depth: int, max_fee: int
) -> Iterator[Sender]:
    """Who sends, with its journal."""
    path = (state or home() / "guard") / f"sent-{node.chain_id()}-{key.address}.json"
    with Journal(path, node.chain_id(), key.address) as journal:
        yield Sender(node, key, journal, depth, Fees(most=max_fee * GWEI))
