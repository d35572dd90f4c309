"""What a second key does: look at what is proposed, and confirm it, once. It needs no store."""

from __future__ import annotations

import threading
from collections.abc import Callable

from dashboard.outside.guarding.contracts import GuardContract, Proposal, confirming, why
from dashboard.outside.guarding.wiring import is_sent, settled
from ingest.model.errors import BadInput
from ingest.nodes.sending.sender import Sender, Wanted
from ingest.nodes.sending.speaking import Refused, Speaker

Say = Callable[[str], None]


def waiting(node: Speaker, guard: GuardContract) -> list[tuple[str, Proposal]]:
    """The proposals that can still be confirmed, by key, oldest first."""
    now, bounds = node.block_time(), guard.bounds()
    found = [(key, guard.proposal(key)) for key in guard.all_keys()]
    return [
        (key, each) for key, each in found
        if each.state == "proposed" and now <= each.at + bounds.proposal_seconds
    ]  # fmt: skip


def check_confirmer(guard: GuardContract, key: str, confirmer: str, now: int) -> Proposal | None:
    """The proposal, None where it is done already. Raises BadInput where it cannot be confirmed, in words."""
    role, held, bounds = guard.role(confirmer), guard.proposal(key), guard.bounds()
    if role != "confirmer":
        raise BadInput(
            f"the key is that of {confirmer}, which has the role {role} at {guard.address}: a confirmer's is "
            "needed, and it is never the one that proposed"
        )
    if held.state == "unknown":
        raise BadInput(f"the guard knows no proposal {key}: `undertow guard confirm` alone lists them")
    if held.state == "withdrawn":
        raise BadInput(f"proposal {key} was withdrawn by the guard's owner")
    if held.state == "done":
        return None
    if now >= bounds.expires:
        raise BadInput("the guard itself has expired: its owner renews it through its time lock")
    if now > held.at + bounds.proposal_seconds:
        raise BadInput(f"proposal {key} has lapsed: it could be confirmed for {bounds.proposal_seconds} s")
    if held.kind == "resume" and now < held.at + bounds.resume_delay:
        left = held.at + bounds.resume_delay - now
        raise BadInput(f"resuming waits for the guard's time lock: {left} s of block time are left")
    return held


def confirm(
    node: Speaker, sender: Sender, guard: GuardContract, key: str, say: Say, stop: threading.Event
) -> None:
    """Confirms a proposal and waits until it is settled. Whoever is killed and starts again confirms nothing
    twice: it has one nonce, and the guard takes it once. Raises BadInput where the guard says no.
    """
    purpose = f"confirm {key}"
    if not is_sent(sender, purpose):
        held = check_confirmer(guard, key, sender.address, node.block_time())
        if held is None:
            say(f"guard: {key} was confirmed already")
            return
        try:
            sender.send(Wanted(purpose, guard.address, confirming(key)))
        except Refused as error:
            raise BadInput(f"the guard takes no confirmation of {key}: {why(error)}") from None
        say(f"guard: the confirmation of {key} ({held.kind} {held.vault}) is on its way")
    settled(sender, purpose, f"the confirmation of {key}", say, stop)
