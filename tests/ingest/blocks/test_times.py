"""Block times: whole seconds, whatever a chain counts in."""

from __future__ import annotations

import pytest

from ingest.blocks.times import seconds, unit_of
from ingest.blocks.verify import Rules, verified_batch
from ingest.model.errors import NodeMisbehaved
from tests.fixtures.made_blocks import MadeBlock, paid

NOON = 1_700_000_000


@pytest.mark.parametrize(
    ("unit", "time"),
    [
        ("seconds", NOON),
        ("milliseconds", NOON * 10**3 + 999),
        ("microseconds", NOON * 10**6 + 999_999),
        ("nanoseconds", NOON * 10**9 + 999_999_999),
    ],
)
def test_a_time_is_read_in_its_unit(unit: str, time: int) -> None:
    assert (unit_of(hex(time)), seconds(hex(time))) == (unit, NOON)
    batch = verified_batch(
        1,
        [MadeBlock(header={"timestamp": hex(time)}, receipts=[paid(0)]).answer()],
        None,
        Rules(),
        lambda *_: None,
    )

    # the header is hashed with the time as it came
    assert batch.blocks.select("timestamp", "proof").rows() == [(NOON, "header")]
    assert batch.transactions["timestamp"].to_list() == [NOON]


def test_the_first_block_and_clocks_that_began_at_zero_are_in_seconds() -> None:
    assert [seconds(hex(time)) for time in (0, 1, 86_400, 7_258_118_400)] == [0, 1, 86_400, 7_258_118_400]


@pytest.mark.parametrize("time", [7_258_118_401, 10**11, 10**14, 9 * 10**17, 2**63, 2**140, -1])
def test_a_time_that_is_no_moment_in_any_unit_is_one_clear_line(time: int) -> None:
    answer = MadeBlock(header={"timestamp": hex(abs(time))}, receipts=[paid(0)]).answer(timestamp=hex(time))

    with pytest.raises(NodeMisbehaved, match=f"its time {hex(time)} is no moment before 2200"):
        verified_batch(1, [answer], None, Rules("off"), lambda *_: None)
