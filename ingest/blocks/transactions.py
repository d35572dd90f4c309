"""Proves a block's transactions: what a node says of value, payee, input and nonce is under the header's
transactions root, where it says all that the root is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import msgspec

from ingest.blocks.answers import Answer, ReceiptAnswer, TransactionAnswer, number, unhex
from ingest.blocks.proof import failed
from ingest.blocks.senders import sender_difference
from ingest.blocks.signed import Incomplete, UnknownType, encoded
from ingest.blocks.transaction_variants import variants
from ingest.blocks.trie import EMPTY_ROOT, ordered_root

TransactionsProof = Literal["root", "none"]

ADDS_FIELDS = frozenset({42220, 44787, 62320, 5000, 5001, 5003})
"""Celo and Mantle, with their test networks: they encode known types with fields of their own. On any other
chain such a field is nobody's way past the proof.
"""


@dataclass(slots=True)
class Whole:
    """What was given whole before. From then on it may not be left out: that would hide a lie.

    `headers` is true once a header came whole; `transactions` holds nodes with the types of transactions that
    each gave whole: some leave fields of some types out.
    """

    headers: bool = False
    transactions: set[tuple[str, int]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Encoded:
    """The transactions under a root, with the types of their receipts. `encodings` are what the root is made
    from, where it could be; proved where it is that of the header. `is_other`: they are not as they came.
    """

    sent: Sequence[TransactionAnswer] = ()
    encodings: list[bytes] | None = None
    proof: TransactionsProof = "none"
    lacks_fields: bool = False
    is_other: bool = False


def prove_transactions(answer: Answer, source: str, whole: Whole, chain_id: int) -> Encoded:
    """How far the transactions of `answer`, whose receipts are proved and told apart, are proved.

    `none` where a type is of another chain, or the node leaves out what the encoding needs. Nobody needs to
    prove that there are none: their receipts' root did. Raises ProofFailed where they are not those of the
    root, or lack what the same node gave before.
    """
    block, sent = answer.block, _sent(answer)
    root = None if block.transactions_root is None else unhex(block.transactions_root)
    if root is None and any(node == source for node, _ in whole.transactions):
        raise failed(block, source, "its header lacks the transactions root, which this node gave of others")
    if not sent or root is None:
        return Encoded(sent, proof="root" if root == EMPTY_ROOT else "none")
    if chain_id in ADDS_FIELDS and any(transaction.is_foreign for transaction in sent):
        return Encoded(sent)
    try:
        typed = _typed(sent, answer.receipts)
        found = _encoded(typed, root)
    except (ValueError, OverflowError) as error:
        raise failed(block, source, f"a transaction holds what no transaction can ({error})") from error
    kinds = {(source, _kind(transaction.type)) for transaction in typed}
    if found.proof == "root":
        whole.transactions.update(kinds)
    elif found.encodings is not None:
        told = f"its transactions hash to 0x{ordered_root(found.encodings).hex()}, its header says "
        altered = f"{block.transactions_root}: the value, payee, input or nonce of one is altered"
        raise failed(block, source, told + altered)
    elif found.lacks_fields and kinds & whole.transactions:
        told = "a transaction lacks what this node gave of others, so that its root cannot be made"
        raise failed(block, source, told)
    return found


def check_senders(answer: Answer, source: str, found: Encoded) -> None:
    """Raises ProofFailed where a hash or a sender of what `prove_transactions` found is not as signed."""
    try:
        typed = found.sent if found.encodings is not None else _typed(_sent(answer), answer.receipts)
        different = sender_difference(typed, found.encodings)
    except (ValueError, OverflowError) as error:
        different = f"a transaction holds what no transaction can ({error})"
    if different is not None:
        raise failed(answer.block, source, different)


def _encoded(typed: Sequence[TransactionAnswer], root: bytes) -> Encoded:
    """The transactions as they came, or with what a node leaves out, whichever leads to the root."""
    try:
        found = Encoded(typed, [encoded(transaction) for transaction in typed])
    except UnknownType:
        return Encoded(typed)
    except Incomplete:
        found = Encoded(typed, lacks_fields=True)
    if found.encodings is not None and ordered_root(found.encodings) == root:
        return replace(found, proof="root")
    for other in variants(typed):
        try:
            encodings = [encoded(transaction) for transaction in other]
        except (Incomplete, UnknownType):
            continue
        if ordered_root(encodings) == root:
            return Encoded(other, encodings, "root", is_other=True)
    return found


def as_proved(answer: Answer, found: Encoded) -> Answer:
    """`answer` with what its transactions were proved to hold, where that is more than the node said."""
    if not found.is_other:
        return answer
    rows = answer.block.transactions[len(found.sent) :]
    block = msgspec.structs.replace(answer.block, transactions=[*found.sent, *rows])
    return replace(answer, block=block)


def _sent(answer: Answer) -> list[TransactionAnswer]:
    """The transactions under the root: a row that was made for a receipt of none is not."""
    return answer.block.transactions[:-1] if answer.apart else answer.block.transactions


def _typed(sent: Sequence[TransactionAnswer], receipts: Sequence[ReceiptAnswer]) -> list[TransactionAnswer]:
    """Transactions with the types that their receipts were proved with. Raises ValueError where one says
    another: under a type that is not known here it would escape the proof.
    """
    typed = []
    for transaction, receipt in zip(sent, receipts, strict=False):
        if transaction.type is None:
            transaction = msgspec.structs.replace(transaction, type=receipt.type)
        elif transaction.type != receipt.type and _kind(transaction.type) != _kind(receipt.type):
            told = f"{transaction.hash} is of type {transaction.type}, its receipt of {receipt.type}"
            raise ValueError(told)
        typed.append(transaction)
    return typed


def _kind(text: str | None) -> int:
    return int(number(text) or "0x0", 16)
