"""Ethereum's serialisation (RLP), written plainly: what headers and receipts are hashed over."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

Item = bytes | Sequence["Item"]


def encode(item: Item) -> bytes:
    """RLP of bytes, or of a list of items (yellow paper, appendix B)."""
    return string(item) if isinstance(item, bytes) else wrap(b"".join(map(encode, item)))


def string(item: bytes) -> bytes:
    """RLP of bytes."""
    return item if len(item) == 1 and item[0] < 0x80 else _prefix(len(item), 0x80) + item


def wrap(payload: bytes) -> bytes:
    """A list whose items are encoded already."""
    return _prefix(len(payload), 0xC0) + payload


def number(value: int) -> bytes:
    """A number as RLP holds it: big-endian without leading zeros, zero as nothing."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def hex_string(digits: str) -> str:
    """RLP of bytes given as hex digits, as hex digits. Raises ValueError where a digit is missing.

    Nodes answer in hex: joining it as text, and reading it once, is several times as fast as `encode`. What
    is no hex comes to light there: see `unhex`.
    """
    size, odd = divmod(len(digits), 2)
    if odd:
        raise ValueError(f"{len(digits)} hex digits are no whole bytes")
    return digits if size == 1 and digits < "80" else _hex_prefix(size, 0x80) + digits


def hex_list(payload: str) -> str:
    """A list whose items are encoded already, all of it hex digits."""
    return _hex_prefix(len(payload) // 2, 0xC0) + payload


def unhex(digits: str) -> bytes:
    """The bytes that were encoded as hex. Raises ValueError for what is no hex, blanks too."""
    encoded = bytes.fromhex(digits)
    if 2 * len(encoded) != len(digits):
        raise ValueError("there are blanks among hex digits")
    return encoded


@lru_cache(4096)
def _hex_prefix(length: int, base: int) -> str:
    return _prefix(length, base).hex()


@lru_cache(4096)
def _prefix(length: int, base: int) -> bytes:
    if length < 56:
        return bytes((base + length,))
    size = number(length)
    return bytes((base + 55 + len(size),)) + size
