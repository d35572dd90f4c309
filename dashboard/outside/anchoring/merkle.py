"""A Merkle tree over the revisions of a stretch, sorted by alert, so that absence can be shown as well.

The shape is that of RFC 9162 (Certificate Transparency, 2.1), hashed with keccak-256. What a leaf, a node and
an empty tree are hashed over begins with a byte and a name of its own, so that none can stand for another:

    leaf    0x00 ‖ DOMAIN ‖ chain id (8 bytes) ‖ length of the alert's id (2) ‖ id ‖ keccak(canonical JSON)
    node    0x01 ‖ left ‖ right
    empty   0x02 ‖ DOMAIN
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.blocks.trie import keccak

DOMAIN = b"undertow alert revision 1\n"
_LEAF, _NODE, _EMPTY = b"\x00", b"\x01", b"\x02"
MOST_PATH = 64
"""Hashes of a path: a tree of 2^64 leaves has no more."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One revision: of which alert of which chain, and the keccak-256 of its canonical JSON."""

    chain_id: int
    alert_id: str
    record_hash: bytes

    @classmethod
    def of(cls, chain_id: int, alert_id: str, record: str) -> Leaf:
        return cls(chain_id, alert_id, keccak(record.encode("ascii")))

    @property
    def key(self) -> bytes:
        """What leaves are sorted by."""
        return self.alert_id.encode()

    def hash(self) -> bytes:
        name = self.key
        chain, length = self.chain_id.to_bytes(8, "big"), len(name).to_bytes(2, "big")
        return keccak(_LEAF + DOMAIN + chain + length + name + self.record_hash)


def in_order(leaves: Sequence[Leaf]) -> list[Leaf]:
    """Sorted as a tree holds them. Raises ValueError where an alert comes twice."""
    ordered = sorted(leaves, key=lambda leaf: leaf.key)
    if len({leaf.key for leaf in ordered}) != len(ordered):
        raise ValueError("an alert has one revision in a stretch")
    return ordered


def root(hashes: Sequence[bytes]) -> bytes:
    """The root over leaf hashes, in the order of the tree."""
    if not hashes:
        return keccak(_EMPTY + DOMAIN)
    if len(hashes) == 1:
        return hashes[0]
    split = _split(len(hashes))
    return _node(root(hashes[:split]), root(hashes[split:]))


def path(hashes: Sequence[bytes], at: int) -> list[bytes]:
    """The hashes beside the way from leaf `at` up to the root."""
    if len(hashes) == 1:
        return []
    split = _split(len(hashes))
    if at < split:
        return [*path(hashes[:split], at), root(hashes[split:])]
    return [*path(hashes[split:], at - split), root(hashes[:split])]


def root_from(leaf: bytes, at: int, count: int, beside: Sequence[bytes]) -> bytes | None:
    """The root that a leaf at place `at` of `count` leads to; None where the path is of no such place."""
    if not 0 <= at < count or len(beside) > MOST_PATH:
        return None
    steps = _turns(at, count)
    if len(steps) != len(beside):
        return None
    for is_right, other in zip(steps, beside, strict=True):
        leaf = _node(other, leaf) if is_right else _node(leaf, other)
    return leaf


def _turns(at: int, count: int) -> list[bool]:
    """From the leaf up: whether the way comes from the right of a node."""
    turns: list[bool] = []
    while count > 1:
        split = _split(count)
        is_right = at >= split
        turns.append(is_right)
        at, count = (at - split, count - split) if is_right else (at, split)
    return turns[::-1]


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def _node(left: bytes, right: bytes) -> bytes:
    return keccak(_NODE + left + right)
