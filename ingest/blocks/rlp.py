"""Ethereum's serialisation (RLP), written plainly: what headers and receipts are hashed over."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

Item = bytes | Sequence["Item"]

DEEPEST = 32
"""Lists inside of each other: receipts have four, nodes of a trie one more for each that stands inside."""


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


def quantity(text: str) -> bytes:
    """A number given as 0x-hex, as RLP holds it. Raises ValueError or OverflowError where it is none."""
    return number(int(text, 16))


def decode(data: bytes) -> Item:
    """The item that `data` encodes, lists as lists. Raises ValueError where it encodes none, or more, or has
    lists inside of each other deeper than anything of a chain.
    """
    item, end = _decode(data, 0, len(data), 0)
    if end != len(data):
        raise ValueError(f"{len(data) - end} bytes after the end of an RLP item")
    return item


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


def _decode(data: bytes, at: int, end: int, depth: int) -> tuple[Item, int]:
    """The item that begins at `at`, and where it ends: by `end`, or it is none."""
    start, stop, is_list = _payload(data, at, end)
    if not is_list:
        return data[start:stop], stop
    if depth == DEEPEST:
        raise ValueError(f"more than {DEEPEST} lists stand inside of each other in RLP")
    items: list[Item] = []
    while start < stop:
        item, start = _decode(data, start, stop, depth + 1)
        items.append(item)
    return items, stop


def _payload(data: bytes, at: int, end: int) -> tuple[int, int, bool]:
    """Where the payload of an item begins and ends, and whether it is a list."""
    if at >= end:
        raise ValueError("an RLP item is cut off")
    first = data[at]
    if first < 0x80:
        return at, at + 1, False
    base = 0xC0 if first >= 0xC0 else 0x80
    start, size = at + 1, first - base
    if size >= 56:
        digits = size - 55
        start, size = start + digits, int.from_bytes(data[start : start + digits], "big")
    if start + size > end:
        raise ValueError("an RLP item is cut off")
    return start, start + size, base == 0xC0


@lru_cache(4096)
def _prefix(length: int, base: int) -> bytes:
    if length < 56:
        return bytes((base + length,))
    size = number(length)
    return bytes((base + 55 + len(size),)) + size
