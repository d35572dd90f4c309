"""Ethereum's serialisation (RLP), written plainly: what headers and receipts are hashed over."""

from __future__ import annotations

from collections.abc import Sequence

Item = bytes | Sequence["Item"]


def encode(item: Item) -> bytes:
    """RLP of bytes, or of a list of items (yellow paper, appendix B)."""
    if isinstance(item, bytes):
        return item if len(item) == 1 and item[0] < 0x80 else _prefix(len(item), 0x80) + item
    return wrap(b"".join(map(encode, item)))


def wrap(payload: bytes) -> bytes:
    """A list whose items are encoded already."""
    return _prefix(len(payload), 0xC0) + payload


def number(value: int) -> bytes:
    """A number as RLP holds it: big-endian without leading zeros, zero as nothing."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _prefix(length: int, base: int) -> bytes:
    if length < 56:
        return bytes((base + length,))
    size = number(length)
    return bytes((base + 55 + len(size),)) + size
