"""A path leads to the root from its own leaf and place alone."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.outside.anchoring.merkle import DOMAIN, Leaf, in_order, path, root, root_from
from ingest.blocks.trie import keccak


def hashes(count: int) -> list[bytes]:
    return [keccak(bytes([number])) for number in range(count)]


def test_the_shape_is_that_of_certificate_transparency() -> None:
    a, b, c, d, e = hashes(5)

    def node(left: bytes, right: bytes) -> bytes:
        return keccak(b"\x01" + left + right)

    assert root([]) == keccak(b"\x02" + DOMAIN)
    assert root([a]) == a
    assert root([a, b, c]) == node(node(a, b), c)
    assert root([a, b, c, d, e]) == node(node(node(a, b), node(c, d)), e)


@pytest.mark.parametrize("count", range(1, 18))
def test_each_leaf_leads_to_the_root_from_its_own_place_and_from_no_other(count: int) -> None:
    leaves = hashes(count)
    for at, told in product(range(count), range(-1, count + 1)):
        found = root_from(leaves[at], told, count, path(leaves, at))
        assert (found == root(leaves)) == (at == told), (at, told)


@given(st.integers(1, 40), st.data())
def test_a_path_of_one_tree_is_none_of_a_tree_with_more_or_fewer_leaves(
    count: int, data: st.DataObject
) -> None:
    leaves, other = hashes(count), data.draw(st.integers(1, 40).filter(lambda n: n != count))
    at = data.draw(st.integers(0, min(count, other) - 1))
    assert root_from(leaves[at], at, other, path(leaves, at)) != root(hashes(other))


def test_a_leaf_says_which_chain_and_which_alert_it_is_of() -> None:
    one = Leaf.of(1, "ab", "{}")
    assert len({each.hash() for each in (one, Leaf.of(2, "ab", "{}"), Leaf.of(1, "a", "b{}"))}) == 3
    assert one.hash() != Leaf.of(1, "ab", "[]").hash()


def test_leaves_are_sorted_by_bytes_and_an_alert_comes_once() -> None:
    leaves = [Leaf.of(1, name, "{}") for name in ("b", "é", "a", "Z")]
    assert [leaf.alert_id for leaf in in_order(leaves)] == ["Z", "a", "b", "é"]
    with pytest.raises(ValueError, match="one revision"):
        in_order([leaves[0], leaves[0]])
