"""Whether nodes of an ordered Merkle-Patricia trie lead from its root to a value at a place (yellow paper,
appendix D; the form of `eth_getProof`).
"""

from __future__ import annotations

from collections.abc import Sequence

from ingest.blocks import rlp
from ingest.blocks.trie import HASH_BYTES, Nibbles, keccak, key_of, uncompact

_BRANCH, _PAIR = 17, 2


class NotProved(ValueError):
    """Nodes that do not lead from a root to a value; the text says at which of them."""


def proved_value(root: bytes, at: int, nodes: Sequence[bytes]) -> bytes:
    """The value at place `at` of the trie with this root. Raises NotProved where the nodes do not lead there,
    or where there are more of them than lead there.
    """
    path, wanted = key_of(at), root
    for number, node in enumerate(nodes):
        if keccak(node) != wanted:
            raise NotProved(f"node {number} hashes to 0x{keccak(node).hex()}, not to 0x{wanted.hex()}")
        try:
            found, path = _followed(_items(node), path)
        except ValueError as error:
            raise NotProved(f"node {number} does not lead to place {at}: {error}") from error
        if isinstance(found, _Value):
            if number + 1 != len(nodes):
                raise NotProved(f"{len(nodes) - number - 1} nodes stand behind the leaf")
            return bytes(found)
        wanted = found
    raise NotProved(f"{len(nodes)} nodes end before the leaf")


class _Value(bytes):
    """What a leaf holds; plain bytes are the hash of the next node."""


def _followed(node: Sequence[rlp.Item], path: Nibbles) -> tuple[bytes, Nibbles]:
    """Where a node leads to, through nodes that stand inside of it, and what is left of the path then."""
    while True:
        if len(node) == _BRANCH:
            if not path:
                raise ValueError("the path ends at a branch, which no key of these tries does")
            child, path = node[path[0]], path[1:]
        else:
            child, path = _passed(node, path)
        if isinstance(child, _Value):
            return child, path
        if isinstance(child, bytes):
            if len(child) != HASH_BYTES:
                raise ValueError("nothing is there")
            return child, path
        node = _node(child)


def _passed(node: Sequence[rlp.Item], path: Nibbles) -> tuple[rlp.Item, Nibbles]:
    """What a leaf or an extension holds, where its path is the way; a leaf's must be all of it."""
    own, child = node
    if not isinstance(own, bytes):
        raise ValueError("a path is a list")
    nibbles, is_leaf = uncompact(own)
    if path[: len(nibbles)] != nibbles or (is_leaf and len(path) != len(nibbles)):
        raise ValueError("it is on the way to another place")
    if not is_leaf:
        return child, path[len(nibbles) :]
    if not isinstance(child, bytes):
        raise ValueError("a leaf holds a list")
    return _Value(child), ()


def _items(node: bytes) -> Sequence[rlp.Item]:
    item = rlp.decode(node)
    if isinstance(item, bytes) or rlp.encode(item) != node:
        raise ValueError("it is no list in canonical RLP")
    return _node(item)


def _node(item: Sequence[rlp.Item]) -> Sequence[rlp.Item]:
    if len(item) not in (_BRANCH, _PAIR):
        raise ValueError(f"it has {len(item)} items")
    return item
