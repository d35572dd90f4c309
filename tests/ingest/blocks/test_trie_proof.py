"""Proofs of single values of an ordered trie: each leads to its value, and to nothing else."""

from __future__ import annotations

import random

import pytest

from ingest.blocks.trie import OrderedTrie, keccak, ordered_root
from ingest.blocks.trie_proof import NotProved, proved_value

FEW, MANY = [b"one"], [bytes([at % 251]) * (at % 90 + 1) for at in range(300)]
"""Short values too: a node of less than 32 bytes stands inside of the one above it."""


@pytest.mark.parametrize("count", [1, 2, 15, 16, 17, 127, 128, 129, 256, 300])
def test_every_place_of_a_trie_leads_to_its_value(count: int) -> None:
    values = MANY[:count]
    trie = OrderedTrie(values)

    assert trie.root() == ordered_root(values)
    assert [proved_value(trie.root(), at, trie.proof(at)) for at in range(count)] == values


def test_a_proof_is_as_long_as_the_way_and_begins_at_the_root() -> None:
    trie = OrderedTrie(MANY)

    assert [keccak(trie.proof(at)[0]) for at in (0, 130, 299)] == [trie.root()] * 3
    assert max(len(trie.proof(at)) for at in range(300)) <= 7, "a key has six nibbles at most here"


def test_there_is_no_proof_of_a_place_that_holds_nothing() -> None:
    for trie, at in ((OrderedTrie([]), 0), (OrderedTrie(FEW), 1), (OrderedTrie(FEW), -1)):
        with pytest.raises(IndexError, match="there is no value"):
            trie.proof(at)


def test_a_proof_does_not_do_for_another_place() -> None:
    trie = OrderedTrie(MANY)

    for at, other in ((0, 1), (5, 130), (130, 5), (299, 298)):
        with pytest.raises(NotProved, match=r"on the way to another place|nothing is there|hashes to"):
            proved_value(trie.root(), other, trie.proof(at))


def test_no_byte_of_a_proof_can_be_another() -> None:
    trie, draw = OrderedTrie(MANY), random.Random(5)
    for _ in range(300):
        at = draw.randrange(300)
        nodes = trie.proof(at)
        which = draw.randrange(len(nodes))
        place = draw.randrange(len(nodes[which]))
        changed = bytearray(nodes[which])
        changed[place] ^= draw.randrange(1, 256)
        with pytest.raises(NotProved, match=f"node {which} hashes to"):
            proved_value(trie.root(), at, [*nodes[:which], bytes(changed), *nodes[which + 1 :]])


def test_a_proof_that_is_cut_off_turned_around_or_too_long_is_none() -> None:
    trie = OrderedTrie(MANY)
    nodes = trie.proof(130)

    for cut in range(len(nodes)):
        with pytest.raises(NotProved, match="end before the leaf"):
            proved_value(trie.root(), 130, nodes[:cut])
    with pytest.raises(NotProved, match="node 0 hashes to"):
        proved_value(trie.root(), 130, nodes[::-1])
    with pytest.raises(NotProved, match="1 nodes stand behind the leaf"):
        proved_value(trie.root(), 130, [*nodes, nodes[-1]])


def test_what_hashes_rightly_and_is_no_node_is_refused() -> None:
    for node, why in (
        (b"\x83abc", "no list"),
        (b"\xc1\x80", "has 1 items"),
        (b"\xc4\x82\x20\x00\x81", "cut off"),
        (b"\xc2\x40\x01", "none of its flags"),
        (b"\xc3\x20\xc1\x01", "another place"),
    ):
        with pytest.raises(NotProved, match=why):
            proved_value(keccak(node), 0, [node])
