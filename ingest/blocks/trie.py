"""The root of an ordered Merkle-Patricia trie: how a header commits to its receipts, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import sha3

from ingest.blocks import rlp

Nibbles = tuple[int, ...]

_CHILDREN = 16
_EMPTY = b"\x80"
_KEPT_SHAPES, _LARGEST_KEPT = 512, 1024
"""Shapes kept, and the largest of them in values: some 10 MB at mainnet's blocks."""


def keccak(data: bytes) -> bytes:
    return bytes(sha3.keccak_256(data).digest())


EMPTY_ROOT = keccak(rlp.encode(b""))


@dataclass(frozen=True, slots=True)
class _Leaf:
    """The rest of a key (RLP of its compact form), and which value is there."""

    path: bytes
    at: int


@dataclass(frozen=True, slots=True)
class _Extension:
    """Nibbles that all keys below share, in the same form."""

    path: bytes
    below: _Branch


@dataclass(frozen=True, slots=True)
class _Branch:
    """A child for each nibble. No rlp(position) begins another, so no branch holds a value of its own."""

    children: tuple[_Shape | None, ...]


_Shape = _Leaf | _Extension | _Branch
"""A trie over so many values, without them."""


def ordered_root(values: Sequence[bytes]) -> bytes:
    """Root of the trie that maps rlp(position) to each value (yellow paper, appendix D).

    Its keys depend on nothing but how many values there are, so the shape is worked out once for each count.
    """
    count = len(values)
    if not count:
        return EMPTY_ROOT
    return keccak(_node(_kept_shape(count) if count <= _LARGEST_KEPT else _shape(count), values))


def _node(shape: _Shape, values: Sequence[bytes]) -> bytes:
    """The RLP of a node."""
    if isinstance(shape, _Branch):
        children = [_EMPTY if child is None else _reference(child, values) for child in shape.children]
        return rlp.wrap(b"".join((*children, _EMPTY)))
    if isinstance(shape, _Leaf):
        return rlp.wrap(shape.path + rlp.string(values[shape.at]))
    return rlp.wrap(shape.path + _reference(shape.below, values))


def _reference(shape: _Shape, values: Sequence[bytes]) -> bytes:
    """A node as its parent holds it: itself where it is shorter than a hash."""
    node = _node(shape, values)
    return node if len(node) < 32 else b"\xa0" + keccak(node)


def _shape(count: int) -> _Shape:
    return _below(sorted((_nibbles(rlp.encode(rlp.number(at))), at) for at in range(count)), 0)


_kept_shape = lru_cache(_KEPT_SHAPES)(_shape)


def _below(leaves: Sequence[tuple[Nibbles, int]], depth: int) -> _Shape:
    """The shape over `leaves`, which agree on their first `depth` nibbles and are sorted."""
    first, at = leaves[0]
    if len(leaves) == 1:
        return _Leaf(rlp.encode(_compact(first[depth:], leaf=True)), at)
    shared = _shared(first, leaves[-1][0], depth)
    if shared > depth:
        return _Extension(rlp.encode(_compact(first[depth:shared], leaf=False)), _branch(leaves, shared))
    return _branch(leaves, depth)


def _branch(leaves: Sequence[tuple[Nibbles, int]], depth: int) -> _Branch:
    children: list[list[tuple[Nibbles, int]]] = [[] for _ in range(_CHILDREN)]
    for leaf in leaves:
        children[leaf[0][depth]].append(leaf)
    return _Branch(tuple(_below(child, depth + 1) if child else None for child in children))


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
