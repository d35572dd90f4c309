"""Proves that a node's answer is what the chain holds: nodes drop and mix logs, and nothing else tells."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Literal

from ingest.blocks.answers import Answer, HeaderAnswer, ReceiptAnswer, given, number, unhex
from ingest.blocks.apart import Unpaired, told_apart
from ingest.blocks.bloom import BLOOM_BYTES, blooms_of
from ingest.blocks.difference import bloom_difference, difference, likely_cause
from ingest.blocks.header_rules import SEALED_BY_VOTES, lacks_fields, leads_to_its_hash, plain_hash
from ingest.blocks.receipts import encoded_logs, root_of
from ingest.model.errors import ForksMixed, ProofFailed
from ingest.model.redact import shown

Proof = Literal["header", "receipts-root", "none"]


def prove(answer: Answer, source: str, chain_id: int | None = None) -> Proof:
    """How far `answer` is proved: receipts against the header's root, header against its hash, blooms against
    the logs where they are given.

    `receipts-root` where the answer lacks header fields that the hash is over, or the chain's hash is over
    something else. `source` names the node, redacted.
    Raises ProofFailed, naming block, node and what differs, where the answer contradicts itself.
    """
    try:
        return prove_apart(told_apart(answer, chain_id), source)
    except Unpaired as error:
        raise failed(answer.block, source, f"it has {error}") from error


def prove_apart(answer: Answer, source: str) -> Proof:
    """The same for an answer whose receipts are told apart."""
    try:
        return _prove(answer, source)
    except (ValueError, OverflowError) as error:
        raise failed(answer.block, source, f"it holds what is no hex or no number ({error})") from error


def _prove(answer: Answer, source: str) -> Proof:
    """The blooms that a node gives are under the roots too: where all is proved with them, they need not be
    made again from the logs, which takes longer than all the rest.
    """
    block, receipts = answer.block, under_root(answer)
    _check_transactions(answer, source)
    logs = [encoded_logs(receipt.logs) for receipt in receipts]
    blooms = [unhex(bloom) for receipt in receipts if (bloom := given(receipt.logs_bloom)) is not None]
    is_whole = len(blooms) == len(receipts) and plain_hash(block) == block.hash
    if is_whole and root_of(receipts, blooms, logs) == unhex(block.receipts_root):
        return "header"
    return _prove_from_logs(answer, source, logs)


def _prove_from_logs(answer: Answer, source: str, logs: Sequence[str]) -> Proof:
    """The same with blooms made from the logs: some nodes leave them out, and where the rest does not agree
    they tell what differs.
    """
    block, receipts = answer.block, under_root(answer)
    blooms = blooms_of(receipts)
    root = root_of(receipts, [bloom.to_bytes(BLOOM_BYTES, "big") for bloom in blooms], logs)
    if root != unhex(block.receipts_root):
        told = f"its receipts hash to 0x{root.hex()}, its header says {block.receipts_root}"
        why = difference(block, receipts, blooms) or [likely_cause(block, receipts)]
        raise failed(block, source, "; ".join([told, *why]))
    bloom = reduce(or_, blooms, 0).to_bytes(BLOOM_BYTES, "big")
    is_whole = leads_to_its_hash(block, bloom, gas_used(receipts))
    if not is_whole and not _may_hash_otherwise(block, receipts):
        told = f"its header does not hash to {block.hash} but to {plain_hash(block)}"
        why = difference(block, receipts, blooms) or ["this chain may hash headers by a rule of its own"]
        raise failed(block, source, "; ".join([told, *why]))
    wrong = bloom_difference(block, receipts, blooms)
    if wrong is not None:
        raise failed(block, source, wrong)
    return "header" if is_whole else "receipts-root"


def under_root(answer: Answer) -> list[ReceiptAnswer]:
    """The receipts that the header's root is over: all but Polygon's state sync."""
    return answer.receipts[:-1] if answer.apart == "state-sync" else answer.receipts


def gas_used(receipts: Sequence[ReceiptAnswer]) -> int:
    """What a block's receipts use in all."""
    return max((int(receipt.cumulative_gas_used, 16) for receipt in receipts), default=0)


def _may_hash_otherwise(block: HeaderAnswer, receipts: Sequence[ReceiptAnswer]) -> bool:
    """Whether a header is no lie though its hash cannot be made: fields are missing, or votes are in it."""
    kinds = {int(number(receipt.type) or "0x0", 16) for receipt in receipts}
    return lacks_fields(block, kinds) or (block.mix_hash or "").lower() == SEALED_BY_VOTES


def _check_transactions(answer: Answer, source: str) -> None:
    """Receipts say by hash and position which transaction they belong to; the root does not cover that."""
    block = answer.block
    pairs = zip(block.transactions, under_root(answer), strict=answer.apart != "state-sync")
    for at, (transaction, receipt) in enumerate(pairs):
        if receipt.block_hash is not None and not _same(receipt.block_hash, block.hash):
            told = f"receipt {at} is of block {receipt.block_hash}, not {block.hash}"
            raise failed(block, source, told, ForksMixed)
        is_elsewhere = receipt.transaction_index is not None and int(receipt.transaction_index, 16) != at
        is_other = receipt.transaction_hash is not None and not _same(
            receipt.transaction_hash, transaction.hash
        )
        if is_other or is_elsewhere:
            raise failed(block, source, f"receipt {at} is not of its transaction {transaction.hash}")


def _same(one: str, other: str) -> bool:
    """Whether two words are the same hex: some nodes write it with capitals."""
    return one == other or one.lower() == other.lower()


def failed(block: HeaderAnswer, source: str, what: str, kind: type[ProofFailed] = ProofFailed) -> ProofFailed:
    """The error that says that a block cannot be proved, and why."""
    try:
        number: int | None = block.height
    except ValueError:
        number = None
    name = shown(block.number, 20) if number is None else number
    return kind(f"block {name} from {source} cannot be proved: {shown(what, 600)}", number, source)
