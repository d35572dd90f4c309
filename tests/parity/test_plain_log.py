"""The plain reader of logs has teeth: it stops at what a log must not hold."""

from __future__ import annotations

import pytest

from ingest.log import records
from ingest.model.batch import Event, Rollback
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.plain_log import PlainLog

ALICE, BOB, USDC = (address(name) for name in ("alice", "bob", "usdc"))


def chain(blocks: int, amount: int = 1) -> ChainBuilder:
    """Alice pays bob in each block."""
    built = ChainBuilder()
    for _ in range(blocks):
        built.block().erc20(USDC, ALICE, BOB, amount)
    return built


def replay(*events: Event) -> PlainLog:
    log = PlainLog()
    for event in events:
        for value in records.encode(event):
            log.take(value)
    return log


WHOLE = chain(6).batch()
FIRST, HALF, REST = (
    WHOLE.first,
    WHOLE.slice(WHOLE.first, WHOLE.first + 2),
    WHOLE.slice(WHOLE.first + 3, WHOLE.last),
)
BACK = Rollback(WHOLE.chain_id, HALF.last - 1, bytes(HALF.blocks["block_hash"][-2]))


def test_a_chain_in_two_parts_is_that_chain() -> None:
    log = replay(HALF, REST)

    assert log.chain == list(WHOLE.blocks.select("block_number", "block_hash").iter_rows())
    assert len(log.logs) == 6


def test_a_rollback_takes_blocks_and_logs_back() -> None:
    log = replay(HALF, BACK)

    assert [number for number, _ in log.chain] == [FIRST, FIRST + 1]
    assert (len(log.logs), log.rollbacks) == (2, [1])


def test_a_chain_that_became_shorter_may_become_shorter_still() -> None:
    log = replay(HALF, BACK, Rollback(WHOLE.chain_id, FIRST, bytes(HALF.blocks["block_hash"][0])))

    assert ([number for number, _ in log.chain], log.rollbacks) == ([FIRST], [1, 1])


@pytest.mark.parametrize(
    ("events", "what"),
    [
        ((HALF, HALF), "came a second time"),
        ((HALF, WHOLE.slice(WHOLE.last, WHOLE.last)), "has no parent"),
        ((HALF, BACK, HALF.slice(HALF.last, HALF.last)), "came a second time"),
        ((HALF, BACK, BACK), "rolled back to the head"),
        ((HALF, Rollback(WHOLE.chain_id, BACK.number, bytes(32))), "which was never there"),
        ((HALF, Rollback(WHOLE.chain_id, HALF.last, HALF.last_hash)), "rolled back to the head"),
    ],
)
def test_it_stops_at(events: tuple[Event, ...], what: str) -> None:
    with pytest.raises(AssertionError, match=what):
        replay(*events)
