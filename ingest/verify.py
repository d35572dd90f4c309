"""What becomes of a block that cannot be proved: `strict` stops before it, `warn` marks it, `off` does not
look.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from ingest.answers import Answer
from ingest.batch import Batch
from ingest.errors import NodeMisbehaved, ProofFailed
from ingest.frames import batch
from ingest.proof import Proof, prove

Verify = Literal["strict", "warn", "off"]
Reject = Callable[[int, str], None]
"""Told of every block that was not proved: its number and the reason."""


def verified_batch(
    chain_id: int,
    answers: Sequence[Answer],
    parent: bytes | None,
    verify: Verify,
    source: str,
    reject: Reject,
) -> Batch:
    """The longest run of `answers`, from the first on, that links and passes `verify`, as a batch without
    facts.

    `parent` is the hash of the block before them (None: unknown). Raises ProofFailed where `strict` stops at
    the first already, and NodeMisbehaved where the first is no child of `parent` (its chain changed
    meanwhile).
    """
    linked = _linked(answers, parent, source)
    proofs: list[Proof] = []
    for answer in linked:
        try:
            proofs.append(_proof(answer, verify, source, reject))
        except ProofFailed:
            if not proofs:
                raise
            break
    try:
        return batch(chain_id, linked[: len(proofs)], proofs)
    except (ValueError, OverflowError) as error:
        raise NodeMisbehaved(f"the node at {source} gave a block that is none: {error}") from error


def _linked(answers: Sequence[Answer], parent: bytes | None, source: str) -> list[Answer]:
    """The answers before the first that is not the child of the one before it."""
    linked: list[Answer] = []
    for answer in answers:
        if parent is not None and answer.block.parent != parent:
            break
        linked.append(answer)
        parent = answer.block.id
    if not linked:
        raise NodeMisbehaved(f"the chain of the node at {source} changed while it was read")
    return linked


def _proof(answer: Answer, verify: Verify, source: str, reject: Reject) -> Proof:
    if verify == "off":
        return "none"
    try:
        return prove(answer, source)
    except ProofFailed as error:
        reject(answer.block.height, str(error))
        if verify == "strict":
            raise
        return "none"
