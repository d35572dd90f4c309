"""The bloom filter over a receipt's logs, as a number of 2,048 bits (yellow paper, 4.3.1)."""

from __future__ import annotations

from ingest.trie import keccak

BLOOM_BYTES = 256


def bits_of(word: bytes) -> int:
    """The bits of one address or topic: three, each chosen by 11 bits of the word's hash. A bloom is the bits
    of all of them.
    """
    places = int.from_bytes(keccak(word)[:6], "big")
    return 1 << (places >> 32 & 2047) | 1 << (places >> 16 & 2047) | 1 << (places & 2047)
