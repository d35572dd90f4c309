"""What becomes of a block that cannot be proved: `strict` stops before it, `warn` marks it, `off` does not
look.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from ingest.blocks.answers import Answer, number
from ingest.blocks.apart import Unpaired, lacks_receipt, told_apart
from ingest.blocks.frames import batch_apart
from ingest.blocks.proof import Proof, failed, prove_apart
from ingest.blocks.spelling import Ambiguous, has_prefixes, tidied, with_sums
from ingest.blocks.transactions import (
    TransactionsProof,
    Whole,
    as_proved,
    check_senders,
    prove_transactions,
)
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
    """An answer whose receipts are told apart, and how far it and its transactions are proved. `envelopes`
    are the signed transactions under the root, where they are proved.
    """

    answer: Answer
    proof: Proof
    transactions_proof: TransactionsProof
    envelopes: Sequence[bytes] | None = None


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
        return _frames(chain_id, believed)
    except (ValueError, OverflowError, TypeError) as error:
        meant = [replace(one, answer=_meant(one.answer)) for one in believed]  # nothing proves a sender
        source, told = believed[0].answer.source, shown(str(error).split("\n", 1)[0])
        if meant == list(believed):
            raise NodeMisbehaved(f"the node at {source} gave a block that is none: {told}") from error
    return framed(chain_id, meant)


def _frames(chain_id: int, believed: Sequence[Proved]) -> Batch:
    return batch_apart(
        chain_id,
        [one.answer for one in believed],
        [one.proof for one in believed],
        [one.transactions_proof for one in believed],
        [one.envelopes for one in believed],
    )


def _proved(chain_id: int, answer: Answer, rules: Rules, reject: Reject) -> Proved:
    """The answer as far as `rules` prove it; `reject` hears of what is not, or not whole."""
    height, source = answer.block.height, answer.source
    try:
        read = _unproved(chain_id, answer) if rules.verify == "off" else _read(chain_id, answer, rules)
    except ProofFailed as error:
        reject(height, str(error), source)
        if rules.verify == "strict":
            raise
        read = _unproved(chain_id, answer)
    if lacks_receipt(read.answer):
        told = f"block {height} from {source} has a state sync without a receipt: its logs are missing"
        reject(height, told, source)
    return read


def _read(chain_id: int, answer: Answer, rules: Rules) -> Proved:
    """The answer proved, as it came or as it can only be meant. Raises ProofFailed."""
    try:
        return _held_to(chain_id, answer, rules)
    except ProofFailed as error:
        try:
            meant = _meant(answer)
        except Ambiguous as odd:
            raise failed(answer.block, answer.source, str(odd)) from error
        summed = _summed(meant)
        if meant == answer and summed is None:
            raise
    try:
        return _held_to(chain_id, meant, rules)
    except ProofFailed:
        if summed is None:
            raise
    return _held_to(chain_id, summed, rules)


def _summed(answer: Answer) -> Answer | None:
    """The answer with the gas of its receipts added up; None where that changes nothing."""
    try:
        return with_sums(answer)
    except ValueError:
        return None


def _meant(answer: Answer) -> Answer:
    """The answer as it can only be meant, or as it came where it means nothing. Raises Ambiguous."""
    try:
        return tidied(answer)
    except Ambiguous:
        raise
    except ValueError:
        return answer


def _unproved(chain_id: int, answer: Answer) -> Proved:
    """The answer on the node's word: nothing tells whether it was read as it was meant, so it is read with
    care. Raises NodeMisbehaved where it cannot be, whatever may go unproved.
    """
    try:
        read = answer if has_prefixes(answer) else _meant(answer)
        if any(number(receipt.cumulative_gas_used) is None for receipt in read.receipts):
            read = _summed(read) or read
        return Proved(told_apart(read, chain_id), "none", "none")
    except Unpaired as error:
        told = f"gave block {answer.block.height} with {error}"
    except (ValueError, OverflowError) as error:
        told = f"gave a block that is none: {error}"
    raise NodeMisbehaved(f"the node at {answer.source} {told}")


def _held_to(chain_id: int, answer: Answer, rules: Rules) -> Proved:
    block, source = answer.block, answer.source
    try:
        apart = told_apart(answer, chain_id)
    except Unpaired as error:
        raise failed(block, source, f"it has {error}") from error
    except (ValueError, OverflowError) as error:
        raise failed(block, source, f"it holds what is no hex or no number ({error})") from error
    proof = prove_apart(apart, source)
    if proof == "receipts-root" and rules.whole.headers:
        raise failed(block, source, "its header lacks what others had")
    rules.whole.headers = rules.whole.headers or proof == "header"
    transactions = prove_transactions(apart, source, rules.whole, chain_id)
    if transactions.proof == "none" and any(sent.value[:2] not in ("", "0x") for sent in transactions.sent):
        raise failed(block, source, "a value is written without 0x: it may be decimal or hex")
    if rules.senders:
        check_senders(apart, source, transactions)
    envelopes = transactions.encodings if transactions.proof == "root" else None
    return Proved(as_proved(apart, transactions), proof, transactions.proof, envelopes)
