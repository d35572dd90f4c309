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
HASH_BYTES = 32
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


class OrderedTrie:
    """The same trie with its nodes kept, to prove single values by."""

    def __init__(self, values: Sequence[bytes]) -> None:
        self._values = values
        self._top = _shape(len(values)) if values else None
        self._nodes: dict[int, bytes] = {}

    def root(self) -> bytes:
        return EMPTY_ROOT if self._top is None else keccak(self._node(self._top))

    def proof(self, at: int) -> list[bytes]:
        """The nodes from the root to value `at`, as `eth_getProof` gives them: one that is shorter than a
        hash stands inside of the one above it only. Raises IndexError where there is no such value.
        """
        if self._top is None or not 0 <= at < len(self._values):
            raise IndexError(f"there is no value {at} among {len(self._values)}")
        nodes, shape, path = list[bytes](), self._top, key_of(at)
        while True:
            node = self._node(shape)
            if not nodes or len(node) >= HASH_BYTES:
                nodes.append(node)
            if isinstance(shape, _Leaf):
                return nodes
            shape, path = _next(shape, path)

    def _node(self, shape: _Shape) -> bytes:
        made = self._nodes.get(id(shape))
        if made is None:
            self._nodes[id(shape)] = made = self._made(shape)
        return made

    def _made(self, shape: _Shape) -> bytes:
        if isinstance(shape, _Branch):
            children = [_EMPTY if child is None else self._reference(child) for child in shape.children]
            return rlp.wrap(b"".join((*children, _EMPTY)))
        if isinstance(shape, _Leaf):
            return rlp.wrap(shape.path + rlp.string(self._values[shape.at]))
        return rlp.wrap(shape.path + self._reference(shape.below))

    def _reference(self, shape: _Shape) -> bytes:
        node = self._node(shape)
        return node if len(node) < HASH_BYTES else b"\xa0" + keccak(node)


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
    return node if len(node) < HASH_BYTES else b"\xa0" + keccak(node)


def _shape(count: int) -> _Shape:
    return _below(sorted((key_of(at), at) for at in range(count)), 0)


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


def _next(shape: _Extension | _Branch, path: Nibbles) -> tuple[_Shape, Nibbles]:
    """What lies below on the way, and what is left of it."""
    if isinstance(shape, _Extension):
        shared, _ = uncompact(_plain(shape.path))
        return shape.below, path[len(shared) :]
    child = shape.children[path[0]]
    assert child is not None
    return child, path[1:]


def key_of(at: int) -> Nibbles:
    """The key of value `at`: rlp(position)."""
    return _nibbles(rlp.encode(rlp.number(at)))


def uncompact(path: bytes) -> tuple[Nibbles, bool]:
    """The nibbles of a compact form, and whether they end at a leaf. Raises ValueError where it is none."""
    nibbles = _nibbles(path)
    flag = nibbles[0] if nibbles else 4
    if flag > 3 or (not flag % 2 and nibbles[1]):
        raise ValueError("a path of a trie begins with none of its flags")
    return nibbles[1:] if flag % 2 else nibbles[2:], flag >= 2


def _plain(path: bytes) -> bytes:
    item = rlp.decode(path)
    assert isinstance(item, bytes)
    return item


def _compact(nibbles: Nibbles, leaf: bool) -> bytes:
    """Hex-prefix encoding (yellow paper, appendix C)."""
    flag = 2 if leaf else 0
    padded = (flag + 1, *nibbles) if len(nibbles) % 2 else (flag, 0, *nibbles)
    return bytes(high << 4 | low for high, low in zip(padded[::2], padded[1::2], strict=True))
