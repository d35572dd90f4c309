"""The root of an ordered Merkle-Patricia trie: how a header commits to its receipts, in their order."""

from __future__ import annotations

from collections.abc import Sequence

import sha3

from ingest.blocks import rlp

Nibbles = tuple[int, ...]
Leaf = tuple[Nibbles, bytes]


def keccak(data: bytes) -> bytes:
    return bytes(sha3.keccak_256(data).digest())


EMPTY_ROOT = keccak(rlp.encode(b""))


def ordered_root(values: Sequence[bytes]) -> bytes:
    """Root of the trie that maps rlp(position) to each value (yellow paper, appendix D)."""
    if not values:
        return EMPTY_ROOT
    leaves = sorted((_nibbles(rlp.encode(rlp.number(at))), value) for at, value in enumerate(values))
    return keccak(rlp.encode(_node(leaves, 0)))


def _node(leaves: list[Leaf], depth: int) -> rlp.Item:
    """The node over `leaves`, which agree on their first `depth` nibbles and are sorted."""
    first = leaves[0][0]
    if len(leaves) == 1:
        return [_compact(first[depth:], leaf=True), leaves[0][1]]
    shared = _shared(first, leaves[-1][0], depth)
    if shared > depth:
        return [_compact(first[depth:shared], leaf=False), _reference(leaves, shared)]
    return _branch(leaves, depth)


def _branch(leaves: list[Leaf], depth: int) -> rlp.Item:
    """No rlp(position) begins another, so no branch holds a value of its own."""
    children: list[list[Leaf]] = [[] for _ in range(16)]
    for leaf in leaves:
        children[leaf[0][depth]].append(leaf)
    return [*(_reference(below, depth + 1) if below else b"" for below in children), b""]


def _reference(leaves: list[Leaf], depth: int) -> rlp.Item:
    """A node as its parent holds it: itself where it is shorter than a hash."""
    node = _node(leaves, depth)
    encoded = rlp.encode(node)
    return node if len(encoded) < 32 else keccak(encoded)


def _shared(first: Nibbles, last: Nibbles, depth: int) -> int:
    """How many nibbles two keys share; in a sorted list all keys between share them too."""
    while first[depth] == last[depth]:
        depth += 1
    return depth


def _nibbles(key: bytes) -> Nibbles:
    return tuple(half for byte in key for half in (byte >> 4, byte & 15))


def _compact(nibbles: Nibbles, leaf: bool) -> bytes:
    """Hex-prefix encoding (yellow paper, appendix C)."""
    flag = 2 if leaf else 0
    padded = (flag + 1, *nibbles) if len(nibbles) % 2 else (flag, 0, *nibbles)
    return bytes(high << 4 | low for high, low in zip(padded[::2], padded[1::2], strict=True))
