"""The bloom filter over a receipt's logs, as a number of 2,048 bits (yellow paper, 4.3.1)."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.blocks.answers import ReceiptAnswer, unhex
from ingest.blocks.trie import keccak

BLOOM_BYTES = 256


def bits_of(word: bytes) -> int:
    """The bits of one address or topic: three, each chosen by 11 bits of the word's hash. A bloom is the bits
    of all of them.
    """
    places = int.from_bytes(keccak(word)[:6], "big")
    return 1 << (places >> 32 & 2047) | 1 << (places >> 16 & 2047) | 1 << (places & 2047)


def blooms_of(receipts: Sequence[ReceiptAnswer]) -> list[int]:
    """The bloom of each receipt, as its logs make it. Raises ValueError for what is no hex."""
    bits = _Bits()
    return [_bloom(receipt, bits) for receipt in receipts]


class _Bits(dict[str, int]):
    """The bits of addresses and topics: the same few come again and again."""

    def __missing__(self, text: str) -> int:
        self[text] = bits = bits_of(unhex(text))
        return bits


def _bloom(receipt: ReceiptAnswer, bits: _Bits) -> int:
    bloom = 0
    for log in receipt.logs:
        bloom |= bits[log.address]
        for topic in log.topics:
            bloom |= bits[topic]
    return bloom
