"""The bloom filter over a receipt's logs, as a number of 2,048 bits (yellow paper, 4.3.1)."""

from __future__ import annotations

from collections.abc import Iterable

from ingest.answers import LogAnswer, unhex
from ingest.trie import keccak

BLOOM_BYTES = 256


def bloom_of(logs: Iterable[LogAnswer], words: dict[str, int]) -> int:
    """The bloom of these logs. `words` remembers the bits of addresses and topics that came before."""
    bloom = 0
    for log in logs:
        for text in (log.address, *log.topics):
            if text not in words:
                words[text] = _bits(unhex(text))
            bloom |= words[text]
    return bloom


def _bits(word: bytes) -> int:
    """Three bits, each chosen by 11 bits of the word's hash."""
    places = int.from_bytes(keccak(word)[:6], "big")
    return 1 << (places >> 32 & 2047) | 1 << (places >> 16 & 2047) | 1 << (places & 2047)
