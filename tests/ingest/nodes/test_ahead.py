"""Blocks are asked for ahead: each comes once, in order, whatever the node leaves out or refuses."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.blocks.answers import Answer
from ingest.machine.processes import wait_until
from ingest.model.errors import NodeUnreachable
from ingest.nodes.ahead import Ahead
from tests.fixtures.fake_chain import FakeChain, node_of

CHAIN = FakeChain().produce_blocks(29)


@dataclass
class Node:
    """Gives at most `most` blocks at once, and refuses requests that begin at a block in `refuses` once."""

    most: int = 10
    refuses: set[int] = field(default_factory=set)
    asked: list[tuple[int, int]] = field(default_factory=list)
    met: threading.Event = field(default_factory=threading.Event)

    def fetch(self, first: int, last: int) -> list[Answer]:
        self.asked.append((first, last))
        if len(self.asked) > 2:
            self.met.set()
        if first in self.refuses:
            self.refuses.remove(first)
            raise NodeUnreachable("busy")
        return node_of(CHAIN).fetch(first, min(last, first + self.most - 1))


def heights(answers: list[Answer]) -> list[int]:
    return [answer.block.height for answer in answers]


def test_the_next_blocks_are_under_way_before_anybody_takes_them() -> None:
    node = Node()
    with Ahead(node.fetch, 5) as ahead:
        assert heights(ahead.take(0, 29)) == list(range(5))
        assert node.met.wait(10)
        assert sorted(node.asked) == [(0, 4), (5, 9), (10, 14)]


def test_a_node_that_gives_fewer_blocks_than_asked_for_is_asked_for_what_comes_after_them() -> None:
    node = Node(most=3)
    with Ahead(node.fetch, 5) as ahead:
        assert heights(ahead.take(0, 29)) == list(range(3))
        assert heights(ahead.take(3, 29)) == list(range(3, 6))
        assert node.met.wait(10)
    assert node.asked[:2] == [(0, 4), (3, 7)]


@given(most=st.integers(1, 12), last=st.integers(0, 29))
def test_every_block_comes_once_and_in_order(most: int, last: int) -> None:
    node, at, taken = Node(most), 0, list[int]()
    with Ahead(node.fetch, 10) as ahead:
        while at <= last:
            taken += heights(ahead.take(at, last))
            at = taken[-1] + 1
    assert taken == list(range(last + 1))
    assert len(node.asked) == len(set(node.asked))


def test_a_request_that_failed_ahead_fails_where_its_blocks_are_wanted_and_is_made_again() -> None:
    with Ahead(Node(refuses={10}).fetch, 10) as ahead:
        assert heights(ahead.take(0, 29)) == list(range(10))
        with pytest.raises(NodeUnreachable):
            ahead.take(10, 29)
        assert heights(ahead.take(10, 29)) == list(range(10, 20))


def test_blocks_are_asked_for_again_where_some_of_them_were_of_no_use() -> None:
    with Ahead(Node().fetch, 10) as ahead:
        ahead.take(0, 29)
        assert heights(ahead.take(5, 29)) == list(range(5, 15))
        assert heights(ahead.take(15, 29)) == list(range(15, 25))


def test_what_was_asked_for_ahead_is_not_taken_beyond_a_last_block_that_fell_meanwhile() -> None:
    with Ahead(Node().fetch, 10) as ahead:
        ahead.take(0, 29)
        assert heights(ahead.take(10, 14)) == list(range(10, 15))


def test_what_is_forgotten_is_asked_for_anew() -> None:
    node = Node()
    with Ahead(node.fetch, 10) as ahead:
        ahead.take(0, 19)
        wait_until(lambda: (10, 19) in node.asked, 10, "the request ahead")
        ahead.forget()
        assert heights(ahead.take(10, 19)) == list(range(10, 20))
    assert node.asked == [(0, 9), (10, 19), (10, 19)]


def test_with_no_requests_ahead_nothing_is_asked_for_that_is_not_taken() -> None:
    node = Node()
    with Ahead(node.fetch, 10, requests=0) as ahead:
        ahead.take(0, 29)
    assert node.asked == [(0, 9)]
