"""Upgrade: whoever may exchange the code behind a proxy can do with what it holds as he likes."""

from __future__ import annotations

from dashboard.outside.inspecting.lab import STAKE, Lab
from dashboard.outside.inspecting.outcome import Outcome, amount, found, missed
from dashboard.outside.inspecting.stage import deploy
from dashboard.outside.inspecting.subject import ADMIN, IMPLEMENTATION
from ingest.localchain.chain.actions import ZERO
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.wallet import Address, call_data

KIND = "upgrade"
_SIPHON = Own("treasury", "Siphon")
_EMPTY = "empty(address[],address,uint256)"


def upgrading(lab: Lab) -> Outcome:
    """Found where the code becomes another, which then pays out what the proxy holds; first tried as a
    stranger, who may also initialise it, then as each who may be its owner.
    """
    count, fork, stage, at = lab.count(KIND), lab.fork, lab.stage, lab.subject.address
    if lab.subject.implementation is None and not fork.slot(at, ADMIN):
        return missed(KIND, count, "it is no proxy of EIP-1967")
    for caller in dict.fromkeys([stage.attacker, *lab.subject.owners, *_of_admin(lab)]):
        for opening in (None, "initialize()", "initialize(address)"):
            for to, form in _forms(lab):
                if not count.more():
                    return missed(KIND, count)
                with fork.undone():
                    said = _try(lab, caller, opening, to, form)
                    if said:
                        who = "a stranger" if caller == stage.attacker else "its owner"
                        return found(KIND, f"{who} {said}", count, fork)
    return missed(KIND, count)


def _of_admin(lab: Lab) -> list[Address]:
    """Who owns the contract that administers a transparent proxy."""
    admin = lab.fork.slot(lab.subject.address, ADMIN)
    if not admin:
        return []
    owner = lab.fork.view(f"0x{admin:040x}", "owner()")
    return [f"0x{admin:040x}", *([f"0x{owner:040x}"] if owner else [])]


def _forms(lab: Lab) -> list[tuple[Address, str]]:
    at = lab.subject.address
    forms = [(at, "upgradeTo(address)"), (at, "upgradeToAndCall(address,bytes)")]
    if admin := lab.fork.slot(at, ADMIN):
        forms += [(f"0x{admin:040x}", "upgrade(address,address)")]
    return forms


def _try(lab: Lab, caller: Address, opening: str | None, to: Address, form: str) -> str:
    fork, at = lab.fork, lab.subject.address
    fork.give(caller)
    fork.give(at, STAKE)
    before = fork.slot(at, IMPLEMENTATION)
    if opening is not None:
        arguments = (caller,) if "address" in opening else ()
        if caller != lab.stage.attacker or not fork.send(caller, at, call_data(opening, *arguments)).ok:
            return ""
    siphon = deploy(fork, caller, _SIPHON)
    given = {"upgradeTo(address)": (siphon,), "upgrade(address,address)": (at, siphon)}.get(
        form, (siphon, b"")
    )
    if not fork.send(caller, to, call_data(form, *given)).ok or fork.slot(at, IMPLEMENTATION) == before:
        return ""
    held = fork.noted(at, None)
    fork.send(caller, at, call_data(_EMPTY, [ZERO], lab.stage.friend, 100))
    taken = held - fork.noted(at, None)
    after = f"after {opening} " if opening else ""
    return (
        f"{after}exchanges its code by {form.split('(')[0]}, and took {amount(taken)} of {amount(held)} coins"
    )
