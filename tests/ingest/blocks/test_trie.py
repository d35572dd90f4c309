"""The root of an ordered trie, held against the yellow paper's recursion written as plainly as it goes."""

from __future__ import annotations

import random

import pytest

from ingest.blocks import rlp
from ingest.blocks.trie import EMPTY_ROOT, keccak, ordered_root

Nibbles = tuple[int, ...]


def plain_root(values: list[bytes]) -> bytes:
    """Appendix D of the yellow paper: TRIE(J), over pairs of nibbles and value."""
    pairs = {nibbles(rlp.encode(rlp.number(at))): value for at, value in enumerate(values)}
    return keccak(rlp.encode(plain_node(pairs, 0))) if pairs else EMPTY_ROOT


def plain_node(pairs: dict[Nibbles, bytes], depth: int) -> rlp.Item:
    """c(J, i): a leaf, an extension over what all keys share, or a branch."""
    if len(pairs) == 1:
        ((key, value),) = pairs.items()
        return [compact(key[depth:], True), value]
    shared = depth
    while len({key[: shared + 1] for key in pairs}) == 1:
        shared += 1
    if shared > depth:
        return [compact(next(iter(pairs))[depth:shared], False), plain_reference(pairs, shared)]
    below = [{key: value for key, value in pairs.items() if key[depth] == nibble} for nibble in range(16)]
    return [*(plain_reference(child, depth + 1) if child else b"" for child in below), b""]


def plain_reference(pairs: dict[Nibbles, bytes], depth: int) -> rlp.Item:
    node = plain_node(pairs, depth)
    return node if len(rlp.encode(node)) < 32 else keccak(rlp.encode(node))


def nibbles(key: bytes) -> Nibbles:
    return tuple(int(digit, 16) for digit in key.hex())


def compact(path: Nibbles, is_leaf: bool) -> bytes:
    """HP(x, t), appendix C."""
    flag = 2 * is_leaf + len(path) % 2
    digits = (flag, *path) if len(path) % 2 else (flag, 0, *path)
    return bytes.fromhex("".join(f"{digit:x}" for digit in digits))


@pytest.mark.parametrize("count", [0, 1, 2, 15, 16, 17, 127, 128, 129, 255, 256, 257, 1024, 1025, 1300])
@pytest.mark.parametrize("longest", [0, 1, 3, 33, 400])
def test_a_root_is_that_of_the_plain_recursion(count: int, longest: int) -> None:
    chance = random.Random(f"{count} {longest}")
    values = [chance.randbytes(chance.randint(0, longest)) for _ in range(count)]

    assert ordered_root(values) == plain_root(values)


def test_the_order_of_values_is_part_of_the_root() -> None:
    alice, bob = b"alice pays bob", b"bob pays alice"

    assert ordered_root([alice, bob]) != ordered_root([bob, alice])
