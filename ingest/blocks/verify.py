"""What becomes of a block that cannot be proved: `strict` stops before it, `warn` marks it, `off` does not
look.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from ingest.blocks.answers import Answer
from ingest.blocks.frames import batch
from ingest.blocks.proof import Proof, prove
from ingest.model.batch import Batch
from ingest.model.errors import NodeMisbehaved, ProofFailed
from ingest.model.redact import shown

Verify = Literal["strict", "warn", "off"]
Reject = Callable[[int, str, str], None]
"""Told of every block that was not proved: its number, the reason, and the node that gave it (redacted)."""


def verified_batch(
    chain_id: int,
    answers: Sequence[Answer],
    parent: bytes | None,
    verify: Verify,
    reject: Reject,
    whole_headers: bool = False,
) -> Batch:
    """The longest run of `answers`, from the first on, that links and passes `verify`, as a batch without
    facts.

    `parent` is the hash of the block before them (None: unknown). With `whole_headers` a header that lacks
    fields fails: they were given before, and leaving one out would hide a lie. Raises ProofFailed where
    `strict` stops at the first already, and NodeMisbehaved where the first is no child of `parent` (its chain
    changed meanwhile), or holds what no block can.
    """
    linked = _linked(answers, parent)
    proofs: list[Proof] = []
    for answer in linked:
        try:
            proofs.append(_proof(answer, verify, reject, whole_headers))
        except ProofFailed:
            if not proofs:
                raise
            break
    source, linked = answers[0].source, linked[: len(proofs)]
    for answer in linked:
        _check_counts(answer)
    try:
        return batch(chain_id, linked, proofs)
    except (ValueError, OverflowError, TypeError) as error:
        told = shown(str(error).split("\n", 1)[0])
        raise NodeMisbehaved(f"the node at {source} gave a block that is none: {told}") from error


def _linked(answers: Sequence[Answer], parent: bytes | None) -> list[Answer]:
    """The answers before the first that is not the child of the one before it."""
    linked: list[Answer] = []
    for answer in answers:
        if parent is not None and answer.block.parent != parent:
            break
        linked.append(answer)
        parent = answer.block.id
    if not linked:
        raise NodeMisbehaved(
            f"the chain of the node at {answers[0].source if answers else '?'} changed while it was read"
        )
    return linked


def _proof(answer: Answer, verify: Verify, reject: Reject, whole_headers: bool) -> Proof:
    if verify == "off":
        return "none"
    number = answer.block.height
    try:
        proof = prove(answer, answer.source)
        if proof == "receipts-root" and whole_headers:
            told = f"block {number} from {answer.source} cannot be proved: its header lacks what others had"
            raise ProofFailed(told, number, answer.source)
    except ProofFailed as error:
        reject(number, str(error), answer.source)
        if verify == "strict":
            raise
        return "none"
    return proof


def _check_counts(answer: Answer) -> None:
    """Raises NodeMisbehaved where transactions cannot be told their receipts, whatever may go unproved."""
    sent, receipts = len(answer.block.transactions), len(answer.receipts)
    if sent != receipts:
        raise NodeMisbehaved(
            f"the node at {answer.source} gave block {answer.block.height} with {sent} transactions "
            f"and {receipts} receipts"
        )
