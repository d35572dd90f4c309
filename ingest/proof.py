"""Proves that a node's answer is what the chain holds: nodes drop and mix logs, and nothing else tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from ingest import rlp
from ingest.answers import Answer, HeaderAnswer, LogAnswer, ReceiptAnswer, unhex
from ingest.bloom import BLOOM_BYTES, bits_of
from ingest.difference import bloom_difference, difference
from ingest.errors import ForksMixed, ProofFailed
from ingest.redact import shown
from ingest.trie import keccak, ordered_root

Proof = Literal["header", "receipts-root", "none"]
Written = tuple[int, str]
"""The bloom of a receipt's logs, and the logs as the receipt holds them: RLP, in hex as they came."""


def prove(answer: Answer, source: str) -> Proof:
    """How far `answer` is proved: receipts against the header's root, header against its hash, blooms against
    the logs where they are given.

    `receipts-root` where the answer lacks header fields that the hash is over. `source` names the node,
    redacted.
    Raises ProofFailed, naming block, node and what differs, where the answer contradicts itself.
    """
    try:
        return _prove(answer, source)
    except (ValueError, OverflowError) as error:
        raise _failed(answer.block, source, f"it holds what is no hex or no number ({error})") from error


def _prove(answer: Answer, source: str) -> Proof:
    block, receipts = answer.block, answer.receipts
    _check_transactions(answer, source)
    written = _written(receipts)
    blooms, root = [bloom for bloom, _ in written], _root(receipts, written)
    if root != unhex(block.receipts_root):
        told = f"its receipts hash to 0x{root.hex()}, its header says {block.receipts_root}"
        raise _failed(block, source, "; ".join([told, *difference(answer, blooms)]))
    fields = header_fields(block)
    made = None if fields is None else keccak(rlp.encode(fields))
    is_whole = made == block.id
    if made is not None and not is_whole and not _lacks_a_field(block):
        told = f"its header does not hash to {block.hash} but to 0x{made.hex()}"
        raise _failed(block, source, "; ".join([told, *difference(answer, blooms)]))
    wrong = bloom_difference(answer, blooms)
    if wrong is not None:
        raise _failed(block, source, wrong)
    return "header" if is_whole else "receipts-root"


def receipts_root(receipts: list[ReceiptAnswer]) -> bytes:
    return _root(receipts, _written(receipts))


def _root(receipts: list[ReceiptAnswer], written: Sequence[Written]) -> bytes:
    return ordered_root([_receipt(*both) for both in zip(receipts, written, strict=True)])


def header_fields(header: HeaderAnswer) -> list[bytes] | None:
    """The fields that a header's hash is over, in order; None where one is missing that all headers have."""
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
        *(encoded(text) for text, encoded in _added_by_forks(header) if text is not None),
    ]


def _lacks_a_field(header: HeaderAnswer) -> bool:
    """Whether a field is left out that a fork added before another that is there."""
    given = [text is not None for text, _ in _added_by_forks(header)]
    return given != sorted(given, reverse=True)


def _added_by_forks(header: HeaderAnswer) -> tuple[tuple[str | None, Callable[[str], bytes]], ...]:
    """Fields at the end of a header, in the order in which forks added them."""
    return (
        (header.base_fee_per_gas, _quantity),  # London, EIP-1559
        (header.withdrawals_root, unhex),  # Shanghai, EIP-4895
        (header.blob_gas_used, _quantity),  # Cancun, EIP-4844
        (header.excess_blob_gas, _quantity),
        (header.parent_beacon_block_root, unhex),  # Cancun, EIP-4788
        (header.requests_hash, unhex),  # Prague, EIP-7685
    )


def _check_transactions(answer: Answer, source: str) -> None:
    """Receipts say by hash and position which transaction they belong to; the root does not cover that."""
    block = answer.block
    if len(answer.receipts) != len(block.transactions):
        difference = f"it has {len(block.transactions)} transactions and {len(answer.receipts)} receipts"
        raise _failed(block, source, difference)
    for at, (transaction, receipt) in enumerate(zip(block.transactions, answer.receipts, strict=True)):
        if receipt.block_hash != block.hash:
            raise _failed(
                block, source, f"receipt {at} is of block {receipt.block_hash}, not {block.hash}", ForksMixed
            )
        if receipt.transaction_hash != transaction.hash or int(receipt.transaction_index, 16) != at:
            raise _failed(block, source, f"receipt {at} is not of its transaction {transaction.hash}")


def _receipt(receipt: ReceiptAnswer, written: Written) -> bytes:
    """A receipt as the trie holds it: typed ones behind their type (EIP-2718), a root before Byzantium. The
    bloom is recomputed, not taken from the answer: some leave it out.
    """
    bloom, logs = written
    outcome = _quantity(receipt.status) if receipt.status is not None else unhex(receipt.root or "0x")
    front = (outcome, _quantity(receipt.cumulative_gas_used), bloom.to_bytes(BLOOM_BYTES, "big"))
    body = rlp.wrap(b"".join((*map(rlp.encode, front), rlp.unhex(logs))))
    kind = int(receipt.type, 16)
    return bytes((kind,)) + body if kind else body


class _Words(dict[str, tuple[int, str]]):
    """Bits and encoding of the addresses and topics of a block: the same few come again and again."""

    def __missing__(self, text: str) -> tuple[int, str]:
        self[text] = word = bits_of(unhex(text)), rlp.hex_string(text[2:])
        return word


def _written(receipts: list[ReceiptAnswer]) -> list[Written]:
    words = _Words()
    return [_logs(receipt.logs, words) for receipt in receipts]


def _logs(logs: list[LogAnswer], words: _Words) -> Written:
    """In one pass: nothing of a block is there as often as its logs' words."""
    bloom, encoded = 0, []
    for log in logs:
        bits, address = words[log.address]
        bloom |= bits
        topics = ""
        for text in log.topics:
            bits, topic = words[text]
            bloom |= bits
            topics += topic
        encoded.append(rlp.hex_list(address + rlp.hex_list(topics) + rlp.hex_string(log.data[2:])))
    return bloom, rlp.hex_list("".join(encoded))


def _quantity(text: str) -> bytes:
    return rlp.number(int(text, 16))


def _failed(
    block: HeaderAnswer, source: str, what: str, kind: type[ProofFailed] = ProofFailed
) -> ProofFailed:
    try:
        number: int | None = block.height
    except ValueError:
        number = None
    name = shown(block.number, 20) if number is None else number
    return kind(f"block {name} from {source} cannot be proved: {shown(what, 600)}", number, source)
