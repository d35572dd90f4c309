"""What becomes of a block that cannot be proved: `strict` stops before it, `warn` marks it, `off` does not
look.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from ingest.blocks.answers import Answer
from ingest.blocks.apart import Unpaired, lacks_receipt, told_apart
from ingest.blocks.frames import batch_apart
from ingest.blocks.proof import Proof, failed, prove_apart
from ingest.model.batch import Batch
from ingest.model.errors import NodeMisbehaved, ProofFailed
from ingest.model.redact import shown

Verify = Literal["strict", "warn", "off"]
Reject = Callable[[int, str, str], None]
"""Told of every block that was not proved: its number, the reason, and the node that gave it (redacted)."""

WAY_OUT = "--verify warn reads such blocks all the same, and marks them"
"""What a person can do about a block that stops `strict`."""


@dataclass(frozen=True, slots=True)
class Proved:
    """An answer whose receipts are told apart, and how far it is proved."""

    answer: Answer
    proof: Proof


def verified_batch(
    chain_id: int,
    answers: Sequence[Answer],
    parent: bytes | None,
    verify: Verify,
    reject: Reject,
    whole_headers: bool = False,
) -> Batch:
    """The longest run of `answers`, from the first on, that links and passes `verify`, as a batch without
    facts. See `linked`, `proved` and `framed` for what is raised.
    """
    consecutive = linked(answers, parent)
    believed = proved(chain_id, consecutive, verify, reject, whole_headers)
    return framed(chain_id, believed)


def linked(answers: Sequence[Answer], parent: bytes | None) -> list[Answer]:
    """The answers before the first that is not the child of the one before it.

    `parent` is the hash of the block before them (None: unknown). Raises NodeMisbehaved where the first is no
    child of it: the chain changed meanwhile.
    """
    consecutive: list[Answer] = []
    for answer in answers:
        if parent is not None and answer.block.parent != parent:
            break
        consecutive.append(answer)
        parent = answer.block.id
    if not consecutive:
        raise NodeMisbehaved(
            f"the chain of the node at {answers[0].source if answers else '?'} changed while it was read"
        )
    return consecutive


def proved(
    chain_id: int, answers: Sequence[Answer], verify: Verify, reject: Reject, whole_headers: bool = False
) -> list[Proved]:
    """The answers before the first that does not pass `verify`.

    With `whole_headers` a header that lacks fields fails: they were given before, and leaving one out would
    hide a lie. Raises ProofFailed where `strict` stops at the first already, and NodeMisbehaved where
    transactions cannot be told their receipts, whatever may go unproved.
    """
    believed: list[Proved] = []
    for answer in answers:
        try:
            believed.append(_proved(chain_id, answer, verify, reject, whole_headers))
        except ProofFailed:
            if not believed:
                raise
            break
    return believed


def framed(chain_id: int, believed: Sequence[Proved]) -> Batch:
    """The batch of what was proved. Raises NodeMisbehaved where an answer holds what no block can."""
    try:
        return batch_apart(chain_id, [one.answer for one in believed], [one.proof for one in believed])
    except (ValueError, OverflowError, TypeError) as error:
        source, told = believed[0].answer.source, shown(str(error).split("\n", 1)[0])
        raise NodeMisbehaved(f"the node at {source} gave a block that is none: {told}") from error


def _proved(chain_id: int, answer: Answer, verify: Verify, reject: Reject, whole_headers: bool) -> Proved:
    number, source = answer.block.height, answer.source
    try:
        apart = told_apart(answer, chain_id)
    except Unpaired as error:
        if verify != "strict":
            raise NodeMisbehaved(f"the node at {source} gave block {number} with {error}") from error
        failure = failed(answer.block, source, f"it has {error}")
        reject(number, str(failure), source)
        raise failure from error
    if lacks_receipt(apart):
        reject(
            number,
            f"block {number} from {source} has a state sync without a receipt: its logs are missing",
            source,
        )
    return Proved(apart, "none" if verify == "off" else _proof(apart, verify, reject, whole_headers))


def _proof(answer: Answer, verify: Verify, reject: Reject, whole_headers: bool) -> Proof:
    number = answer.block.height
    try:
        proof = prove_apart(answer, answer.source)
        if proof == "receipts-root" and whole_headers:
            raise failed(answer.block, answer.source, "its header lacks what others had")
    except ProofFailed as error:
        reject(number, str(error), answer.source)
        if verify == "strict":
            raise
        return "none"
    return proof
