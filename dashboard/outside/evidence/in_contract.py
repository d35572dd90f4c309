"""Whether what a bundle shows as anchored stands in the contract: what a bundle by itself cannot show."""

from __future__ import annotations

from dataclasses import replace

from dashboard.outside.anchoring import merkle, proving
from dashboard.outside.anchoring.contract import AnchorContract, Stretch
from dashboard.outside.evidence.anchors import WHAT, shown
from dashboard.outside.evidence.bundle import Anchored
from dashboard.outside.evidence.claims import OF_THE_RECORD, STATUS, Claim
from dashboard.outside.evidence.proofs import Checked
from ingest.model.errors import BadInput


def compare(found: Checked, contract: AnchorContract, owner: str | None = None) -> None:
    """Adds to `found` what the contract says of the revision that is shown as anchored, and of the stretches
    after it. Raises as the contract's node does, and BadInput where no contract of ours answers.
    """
    if found.bundle is None or found.alert is None:
        return
    if found.bundle.anchored is None:
        note = "the bundle has no proof of any: it was made before, or not from a store that is anchored"
        found.claims.append(Claim(WHAT, "stated", note))
        return
    watched = contract.watched()
    if watched != found.alert.chain_id:
        told = f"the contract {contract.address} keeps chain {watched}"
        found.refuse("another-chain", "/anchored/proof/chain_id", told)
        return
    if owner is not None and contract.owner() != owner:
        told = f"the contract {contract.address} is owned by {contract.owner()}"
        found.refuse("another-owner", "/anchored", told)
        return
    _compare(found, found.bundle.anchored, contract)


def _compare(found: Checked, told: Anchored, contract: AnchorContract) -> None:
    proof = proving.parsed(told.proof)
    try:
        proving.check_held(proof, contract.holding(proof.stretch.first))
    except BadInput as error:
        found.refuse("not-anchored", "/anchored/proof/stretch", str(error))
        return
    shown_silent = _held(found, told, contract)
    if found.refusals:
        return
    silent, unknown = _since(shown_silent, proof.stretch.last, contract)
    note = f"as it stood at the end of blocks {proof.stretch.first} to {proof.stretch.last}, "
    note += f"in {contract.address}; "
    if unknown is not None:
        note += f"what was anchored from block {unknown} on this bundle does not show: make it anew"
    elif silent is not None:
        note += f"nothing else was anchored of it up to block {silent}"
    else:
        note += "that is the last stretch"
    _raise_standing(found, proof.record, note)


def _held(found: Checked, told: Anchored, contract: AnchorContract) -> set[int]:
    """The first blocks of later stretches that are shown to say nothing; refuses what the contract lacks."""
    firsts: set[int] = set()
    for at, plain in enumerate(told.later):
        proof = proving.parsed(plain)
        try:
            proving.check_held(proof, contract.holding(proof.stretch.first))
        except BadInput as error:
            found.refuse("not-anchored", f"/anchored/later/{at}/stretch", str(error))
        firsts.add(proof.stretch.first)
    return firsts


def _since(silent: set[int], last: int, contract: AnchorContract) -> tuple[int | None, int | None]:
    """The last block up to which stretches above block `last` say nothing of the alert, and the first one of
    which that is not shown.
    """
    known: int | None = None
    for stretch in contract.following(last):
        if stretch.first not in silent and not _is_empty(stretch):
            return known, stretch.first
        known = stretch.last
    return known, None


def _is_empty(stretch: Stretch) -> bool:
    """Whether nothing is said in it at all: its root says so."""
    return stretch.leaves == 0 and stretch.root == merkle.root([])


def _raise_standing(found: Checked, record: str | None, note: str) -> None:
    """What is in the record that is anchored stands on that, where it is what the alert says now."""
    assert found.alert is not None
    same = record == shown(found.alert)
    raised = set(OF_THE_RECORD) if same else set()
    if same and found.alert.status in ("final", "retracted"):
        raised.add(STATUS)
    found.claims = [
        replace(claim, standing="anchored", note=note if claim.what == WHAT else claim.note)
        if claim.what in {WHAT, *raised}
        else claim
        for claim in found.claims
    ]
    if not same:
        found.claims.append(
            Claim("the alert as it is now", "signed", "it changed since; that is not anchored")
        )
