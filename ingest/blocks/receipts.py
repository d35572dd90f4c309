"""Receipts as the trie under a header's receipts root holds them, and that root."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from ingest.blocks import rlp
from ingest.blocks.answers import LogAnswer, ReceiptAnswer, given, number
from ingest.blocks.bloom import BLOOM_BYTES, blooms_of
from ingest.blocks.trie import ordered_root

DEPOSIT, CELO_FEES = 0x7E, 0x7B
"""Types whose receipts can be longer than four items: deposits of OP-stack chains, and transactions that pay
their fee in another currency on Celo (CIP-64).
"""

_ADDRESS_DIGITS, _TOPIC_DIGITS, _BYTE_DIGITS = 2 + 2 * 20, 2 + 2 * 32, 2 + 2


def receipts_root(receipts: Sequence[ReceiptAnswer]) -> bytes:
    """The root over receipts, their blooms made from their logs. Raises ValueError for what is no hex."""
    blooms = [bloom.to_bytes(BLOOM_BYTES, "big") for bloom in blooms_of(receipts)]
    return root_of(receipts, blooms, [encoded_logs(receipt.logs) for receipt in receipts])


def root_of(receipts: Sequence[ReceiptAnswer], blooms: Sequence[bytes], logs: Sequence[str]) -> bytes:
    """The same with blooms that are known, and logs that are encoded."""
    return ordered_root([_receipt(*one) for one in zip(receipts, blooms, logs, strict=True)])


def extras_of(receipt: ReceiptAnswer) -> bytes | None:
    """What a receipt is hashed with behind its logs, encoded one after the other; None where nothing."""
    added = _added(_kind(receipt), receipt)
    return b"".join(map(rlp.encode, added)) if added else None


def encoded_logs(logs: list[LogAnswer]) -> str:
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


def _receipt(receipt: ReceiptAnswer, bloom: bytes, logs: str) -> bytes:
    """A receipt as the trie holds it: typed ones behind their type (EIP-2718)."""
    kind = _kind(receipt)
    front = (_outcome(receipt), rlp.quantity(receipt.cumulative_gas_used), bloom)
    items = (*map(rlp.encode, front), rlp.unhex(logs), *map(rlp.encode, _added(kind, receipt)))
    body = rlp.wrap(b"".join(items))
    return bytes((kind,)) + body if kind else body


def _kind(receipt: ReceiptAnswer) -> int:
    return int(number(receipt.type) or "0x0", 16)


def _outcome(receipt: ReceiptAnswer) -> bytes:
    """The state root where one is given, which some nodes do beside a status; else the status (EIP-658)."""
    root = receipt.state_root
    return rlp.quantity(receipt.outcome or "0x0") if root is None else root


def _added(kind: int, receipt: ReceiptAnswer) -> tuple[bytes, ...]:
    """What stands behind the logs, as OP-stack chains (since Canyon) and Celo hash their receipts.

    Between Regolith and Canyon a deposit has a nonce that its receipt is not hashed with: only the version
    says that it is. What is added to a receipt of another type is not in its hash, and nobody reads it.
    """
    version, fee = given(receipt.deposit_receipt_version), number(receipt.base_fee)
    if kind == DEPOSIT and version is not None:
        return rlp.quantity(number(receipt.deposit_nonce) or "0x0"), rlp.quantity(version)
    if kind == CELO_FEES and fee is not None:
        return (rlp.quantity(fee),)
    return ()


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
