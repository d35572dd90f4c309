"""A range of history, read from a node in memory: every block once, whatever a request brings."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.blocks.verify import Rules
from ingest.lake.range_reader import BLOCKS_A_STEP, RangeReader
from ingest.nodes import Nodes, health
from tests.fixtures.fake_chain import FakeChain, FakeTransport, Json, node_of

CHAIN = FakeChain().produce_blocks(3 * BLOCKS_A_STEP)


def reads(transport: FakeTransport, first: int, last: int) -> list[tuple[int, bytes]]:
    reader = RangeReader(1, Nodes([node_of(transport)], 1), Rules(), lambda _line: None, traces=False)
    batch = reader.read(first, last, threading.Event())
    return batch.blocks.select("block_number", "block_hash").rows()


@settings(max_examples=20, deadline=None)
@given(most=st.integers(1, 12), first=st.integers(0, BLOCKS_A_STEP), count=st.integers(1, 2 * BLOCKS_A_STEP))
def test_every_block_of_a_range_comes_once_however_many_a_node_gives_at_a_time(
    most: int, first: int, count: int
) -> None:
    def gives(answers: list[Json]) -> list[Json]:
        """Null for what comes after the first `most` blocks and their receipts."""
        return [one if at < 2 * most else {**one, "result": None} for at, one in enumerate(answers)]

    wanted = [(at, hash_) for at, hash_ in CHAIN.hashes(first).items() if at < first + count]
    assert reads(FakeTransport(CHAIN, hook=gives), first, first + count - 1) == wanted


def test_a_node_that_fails_now_and_then_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRST_REST_S", "LONGEST_REST_S", "FIRST_PROBE_S"):
        monkeypatch.setattr(health, name, 0.0)
    monkeypatch.setattr("ingest.lake.range_reader._WAIT_S", 0.0)
    transport = FakeTransport(CHAIN)

    def empty(answers: list[Json]) -> list[Json]:
        """Every third exchange brings nothing."""
        return [{**one, "result": None} for one in answers] if transport.exchanges % 3 == 0 else answers

    transport.hook = empty
    assert reads(transport, 0, 250) == [(at, hash_) for at, hash_ in CHAIN.hashes().items() if at <= 250]
