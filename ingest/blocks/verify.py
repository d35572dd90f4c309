"""What becomes of a block that cannot be proved: `strict` stops before it, `warn` marks it, `off` does not
look.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ingest.blocks.answers import Answer
from ingest.blocks.apart import Unpaired, lacks_receipt, told_apart
from ingest.blocks.frames import batch_apart
from ingest.blocks.proof import Proof, failed, prove_apart
from ingest.blocks.transactions import TransactionsProof, Whole, check_senders, prove_transactions
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
    """An answer whose receipts are told apart, and how far it and its transactions are proved."""

    answer: Answer
    proof: Proof
    transactions_proof: TransactionsProof


@dataclass(frozen=True, slots=True)
class Rules:
    """What is asked of blocks. `whole` is what was given so far, and is added to.

    With `senders` each transaction's hash and sender are held against its signature as well.
    """

    verify: Verify = "strict"
    senders: bool = False
    whole: Whole = field(default_factory=Whole)


def verified_batch(
    chain_id: int, answers: Sequence[Answer], parent: bytes | None, rules: Rules, reject: Reject
) -> Batch:
    """The longest run of `answers`, from the first on, that links and passes `rules`, as a batch without
    facts. See `linked`, `proved` and `framed` for what is raised.
    """
    consecutive = linked(answers, parent)
    believed = proved(chain_id, consecutive, rules, reject)
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


def proved(chain_id: int, answers: Sequence[Answer], rules: Rules, reject: Reject) -> list[Proved]:
    """The answers before the first that does not pass `rules`.

    What was given whole before and lacks something now fails. Raises ProofFailed where `strict` stops at the
    first already, and NodeMisbehaved where transactions cannot be told their receipts, whatever may go
    unproved.
    """
    believed: list[Proved] = []
    for answer in answers:
        try:
            believed.append(_proved(chain_id, answer, rules, reject))
        except ProofFailed:
            if not believed:
                raise
            break
    return believed


def framed(chain_id: int, believed: Sequence[Proved]) -> Batch:
    """The batch of what was proved. Raises NodeMisbehaved where an answer holds what no block can."""
    try:
        return batch_apart(
            chain_id,
            [one.answer for one in believed],
            [one.proof for one in believed],
            [one.transactions_proof for one in believed],
        )
    except (ValueError, OverflowError, TypeError) as error:
        source, told = believed[0].answer.source, shown(str(error).split("\n", 1)[0])
        raise NodeMisbehaved(f"the node at {source} gave a block that is none: {told}") from error


def _proved(chain_id: int, answer: Answer, rules: Rules, reject: Reject) -> Proved:
    number, source = answer.block.height, answer.source
    try:
        apart = told_apart(answer, chain_id)
    except Unpaired as error:
        if rules.verify != "strict":
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
    if rules.verify == "off":
        return Proved(apart, "none", "none")
    try:
        return _held_to(chain_id, apart, rules)
    except ProofFailed as error:
        reject(number, str(error), source)
        if rules.verify == "strict":
            raise
        return Proved(apart, "none", "none")


def _held_to(chain_id: int, answer: Answer, rules: Rules) -> Proved:
    proof = prove_apart(answer, answer.source)
    if proof == "receipts-root" and rules.whole.headers:
        raise failed(answer.block, answer.source, "its header lacks what others had")
    transactions_proof = prove_transactions(answer, answer.source, rules.whole, chain_id)
    if rules.senders:
        check_senders(answer, answer.source)
    return Proved(answer, proof, transactions_proof)
