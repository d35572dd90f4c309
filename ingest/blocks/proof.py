"""Proves that a node's answer is what the chain holds: nodes drop and mix logs, and nothing else tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Literal

from ingest.blocks import rlp
from ingest.blocks.answers import Answer, HeaderAnswer, LogAnswer, ReceiptAnswer, unhex
from ingest.blocks.bloom import BLOOM_BYTES, blooms_of
from ingest.blocks.difference import bloom_difference, difference
from ingest.blocks.trie import keccak, ordered_root
from ingest.model.errors import ForksMixed, ProofFailed
from ingest.model.redact import shown

Proof = Literal["header", "receipts-root", "none"]

_ADDRESS_DIGITS, _TOPIC_DIGITS, _BYTE_DIGITS = 2 + 2 * 20, 2 + 2 * 32, 2 + 2


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
    """The blooms that a node gives are under the roots too: where all is proved with them, they need not be
    made again from the logs, which takes longer than all the rest.
    """
    block, receipts = answer.block, answer.receipts
    _check_transactions(answer, source)
    logs = [_logs(receipt.logs) for receipt in receipts]
    fields = header_fields(block)
    made = None if fields is None else keccak(rlp.encode(fields))
    given = [unhex(receipt.logs_bloom) for receipt in receipts if receipt.logs_bloom is not None]
    is_whole = made == block.id and len(given) == len(receipts)
    if is_whole and _root(receipts, given, logs) == unhex(block.receipts_root):
        return "header"
    return _prove_from_logs(answer, source, logs, made)


def _prove_from_logs(answer: Answer, source: str, logs: Sequence[str], made: bytes | None) -> Proof:
    """The same with blooms made from the logs: some nodes leave them out, and where the rest does not agree
    they tell what differs. `made` is what the header hashes to, None where it lacks fields.
    """
    block, blooms = answer.block, blooms_of(answer.receipts)
    root = _root(answer.receipts, [bloom.to_bytes(BLOOM_BYTES, "big") for bloom in blooms], logs)
    if root != unhex(block.receipts_root):
        told = f"its receipts hash to 0x{root.hex()}, its header says {block.receipts_root}"
        raise _failed(block, source, "; ".join([told, *difference(answer, blooms)]))
    is_whole = made == block.id
    if made is not None and not is_whole and not _lacks_a_field(block):
        told = f"its header does not hash to {block.hash} but to 0x{made.hex()}"
        raise _failed(block, source, "; ".join([told, *difference(answer, blooms)]))
    wrong = bloom_difference(answer, blooms)
    if wrong is not None:
        raise _failed(block, source, wrong)
    return "header" if is_whole else "receipts-root"


def receipts_root(receipts: list[ReceiptAnswer]) -> bytes:
    """The root over receipts, their blooms made from their logs."""
    blooms = [bloom.to_bytes(BLOOM_BYTES, "big") for bloom in blooms_of(receipts)]
    return _root(receipts, blooms, [_logs(receipt.logs) for receipt in receipts])


def _root(receipts: list[ReceiptAnswer], blooms: Sequence[bytes], logs: Sequence[str]) -> bytes:
    return ordered_root([_receipt(*one) for one in zip(receipts, blooms, logs, strict=True)])


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


def _receipt(receipt: ReceiptAnswer, bloom: bytes, logs: str) -> bytes:
    """A receipt as the trie holds it: typed ones behind their type (EIP-2718), a root before Byzantium."""
    outcome = _quantity(receipt.status) if receipt.status is not None else unhex(receipt.root or "0x")
    front = (outcome, _quantity(receipt.cumulative_gas_used), bloom)
    body = rlp.wrap(b"".join((*map(rlp.encode, front), rlp.unhex(logs))))
    kind = int(receipt.type, 16)
    return bytes((kind,)) + body if kind else body


def _logs(logs: list[LogAnswer]) -> str:
    """The logs as a receipt holds them: RLP, in hex as they came. Raises ValueError for words of wrong size.

    In one pass, as text: nothing of a block is there as often as its logs' words. The 0x before an address
    or a topic becomes the prefix of a string of 20 or 32 bytes.
    """
    encoded: list[str] = []
    for log in logs:
        address, topics, data = log.address, log.topics, log.data
        if len(address) != _ADDRESS_DIGITS:
            raise ValueError(f"a log's address has not 20 bytes: {address}")
        for topic in topics:
            if len(topic) != _TOPIC_DIGITS:
                raise ValueError(f"a topic has not 32 bytes: {topic}")
        front, middle, back = _prefixes(len(topics), data if len(data) == _BYTE_DIGITS else len(data))
        words = "".join(topics).replace("0x", "a0")
        encoded += (front, address[2:], middle, words, back, data[2:])
    return rlp.hex_list("".join(encoded))


@lru_cache(4096)
def _prefixes(topics: int, data: str | int) -> tuple[str, str, str]:
    """What stands before a log's address, its topics, and its data, given by how many digits it has: a single
    byte is given itself, for some have no prefix.
    """
    digits = data[2:] if isinstance(data, str) else "0" * (data - 2)
    words, encoded = "a0" + "00" * 32, rlp.hex_string(digits)
    listed = rlp.hex_list(words * topics)
    address = "94" + "00" * 20
    whole = rlp.hex_list(address + listed + encoded)
    front = whole[: len(whole) - len(address + listed + encoded)]
    return front + "94", listed[: len(listed) - len(words) * topics], encoded[: len(encoded) - len(digits)]


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
