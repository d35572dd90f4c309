"""What ingest counts of itself while it follows a chain."""

from __future__ import annotations

import pytest

from ingest.live.wiring import node_health
from ingest.model.errors import NodeUnreachable
from ingest.model.health import NEWEST_PROOFS, Vitals
from tests.fixtures.fake_chain import FakeChain, node_of
from tests.fixtures.list_log import ListLog
from tests.ingest.live.following import catches_up, follower

pytestmark = pytest.mark.usefixtures("impatient")


def test_blocks_are_counted_by_their_proof_and_parts_are_timed() -> None:
    chain, log = FakeChain().produce_blocks(7), ListLog()
    one = follower(log, node_of(chain))
    catches_up(one)
    vitals = one._vitals
    blocks = [times for name, times in vitals.counts().items() if name.startswith("blocks ")]
    assert sum(blocks) == len(log.chain)
    assert vitals.head == chain.head
    assert {part for part, row in vitals.latency().items() if sum(row)} == {"fetch", "prove", "publish"}


def test_a_reorganisation_is_counted_once_and_the_head_moves_with_it() -> None:
    chain, log = FakeChain().produce_blocks(7), ListLog()
    one = follower(log, node_of(chain))
    catches_up(one)
    chain.produce_fork(3, 5)
    catches_up(one)
    assert one._vitals.counts()["reorganisations"] == 1
    assert one._vitals.head == chain.head
    assert [number for number, _ in one._vitals.proofs()] == list(range(chain.head + 1))


def test_of_the_newest_blocks_each_has_its_proof_and_those_that_left_have_none() -> None:
    vitals = Vitals()
    vitals.proved((number, "header") for number in range(1, NEWEST_PROOFS + 10))
    assert vitals.proofs()[0] == (10, "header")
    assert len(vitals.proofs()) == NEWEST_PROOFS
    vitals.left(20)
    vitals.proved([(21, "none")])
    assert vitals.proofs()[-2:] == [(20, "header"), (21, "none")]


def test_a_node_is_told_of_without_its_key_and_with_its_last_error() -> None:
    node = node_of(FakeChain().produce_blocks(1))
    node.head()
    node.health.failed(NodeUnreachable("x" * 9_999))
    (told,) = node_health([node])
    assert (told.source, told.failures) == (node.source, 1)
    assert told.answers >= 1
    assert told.latency_ms is not None
    assert told.last_error == "x" * 500
