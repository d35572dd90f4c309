"""Proves that a node's answer is what the chain holds: nodes drop and mix logs, and nothing else tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ingest import rlp
from ingest.answers import Answer, HeaderAnswer, LogAnswer, ReceiptAnswer, unhex
from ingest.errors import ProofFailed
from ingest.trie import keccak, ordered_root

Proof = Literal["header", "receipts-root", "none"]

_BLOOM_BYTES = 256


def prove(answer: Answer, source: str) -> Proof:
    """How far `answer` is proved: receipts against the header's root, header against its hash.

    `receipts-root` where the answer lacks header fields that the hash is over. `source` names the node,
    redacted.
    Raises ProofFailed, naming block, node and what differs, where the answer contradicts itself.
    """
    block = answer.block
    _check_transactions(answer, source)
    root = receipts_root(answer.receipts)
    if root != unhex(block.receipts_root):
        raise _failed(
            block, source, f"its receipts hash to 0x{root.hex()}, its header says {block.receipts_root}"
        )
    fields = header_fields(block)
    if fields is None:
        return "receipts-root"
    if keccak(rlp.encode(fields)) != block.id:
        raise _failed(block, source, f"its header does not hash to {block.hash}")
    return "header"


def receipts_root(receipts: list[ReceiptAnswer]) -> bytes:
    bits: dict[str, int] = {}
    return ordered_root([_receipt(receipt, bits) for receipt in receipts])


def header_fields(header: HeaderAnswer) -> list[bytes] | None:
    """The fields that a header's hash is over, in order; None where one that all headers have is missing."""
    always = (header.sha3_uncles, header.logs_bloom, header.extra_data, header.mix_hash, header.nonce)
    if header.difficulty is None or any(field is None for field in always):
        return None
    uncles, bloom, extra, mix, nonce = (unhex(field) for field in always if field is not None)
    roots = (header.state_root, header.transactions_root, header.receipts_root)
    counted = (header.difficulty, header.number, header.gas_limit, header.gas_used, header.timestamp)
    return [
        *(header.parent, uncles, unhex(header.miner)),
        *map(unhex, roots),
        bloom,
        *map(_quantity, counted),
        *(extra, mix, nonce),
        *_later_fields(header),
    ]


def _later_fields(header: HeaderAnswer) -> Iterator[bytes]:
    """Fields that forks added at the end (EIP-1559, 4895, 4844, 4788, 7685)."""
    if header.base_fee_per_gas is not None:
        yield _quantity(header.base_fee_per_gas)
    if header.withdrawals_root is not None:
        yield unhex(header.withdrawals_root)
    if header.blob_gas_used is not None:
        yield _quantity(header.blob_gas_used)
    if header.excess_blob_gas is not None:
        yield _quantity(header.excess_blob_gas)
    if header.parent_beacon_block_root is not None:
        yield unhex(header.parent_beacon_block_root)
    if header.requests_hash is not None:
        yield unhex(header.requests_hash)


def _check_transactions(answer: Answer, source: str) -> None:
    """Receipts say by hash and position which transaction they belong to; the root does not cover that."""
    block = answer.block
    if len(answer.receipts) != len(block.transactions):
        difference = f"it has {len(block.transactions)} transactions and {len(answer.receipts)} receipts"
        raise _failed(block, source, difference)
    for at, (transaction, receipt) in enumerate(zip(block.transactions, answer.receipts, strict=True)):
        if receipt.block_hash != block.hash:
            raise _failed(block, source, f"receipt {at} is of block {receipt.block_hash}, not {block.hash}")
        if receipt.transaction_hash != transaction.hash or int(receipt.transaction_index, 16) != at:
            raise _failed(block, source, f"receipt {at} is not of its transaction {transaction.hash}")


def _receipt(receipt: ReceiptAnswer, bits: dict[str, int]) -> bytes:
    """A receipt as the trie holds it: typed ones behind their type (EIP-2718), a root before Byzantium."""
    outcome = _quantity(receipt.status) if receipt.status is not None else unhex(receipt.root or "0x")
    logs: list[rlp.Item] = [_log(log) for log in receipt.logs]
    body = rlp.encode([outcome, _quantity(receipt.cumulative_gas_used), _bloom(receipt.logs, bits), logs])
    kind = int(receipt.type, 16)
    return bytes((kind,)) + body if kind else body


def _log(log: LogAnswer) -> rlp.Item:
    return [unhex(log.address), [unhex(topic) for topic in log.topics], unhex(log.data)]


def _bloom(logs: list[LogAnswer], bits: dict[str, int]) -> bytes:
    """Recomputed, not taken from the answer: some leave it out. `bits` remembers the words of this block."""
    bloom = 0
    for log in logs:
        for text in (log.address, *log.topics):
            if text not in bits:
                bits[text] = _bloom_bits(unhex(text))
            bloom |= bits[text]
    return bloom.to_bytes(_BLOOM_BYTES, "big")


def _bloom_bits(word: bytes) -> int:
    """Three bits of 2048, each chosen by 11 bits of the word's hash (yellow paper, 4.3.1)."""
    digest = keccak(word)
    places = (int.from_bytes(digest[at : at + 2], "big") & 2047 for at in (0, 2, 4))
    return sum({1 << place for place in places})


def _quantity(text: str) -> bytes:
    return rlp.number(int(text, 16))


def _failed(block: HeaderAnswer, source: str, difference: str) -> ProofFailed:
    return ProofFailed(f"block {block.height} from {source} cannot be proved: {difference}")
