"""The drill itself: a real theft is detected, proven and stopped; the figures are those of the chain."""

from __future__ import annotations

import pytest

from dashboard.outside.guarding.drill.course import Drill, Price, Row, cheapest, false_alarm, theft
from dashboard.outside.guarding.drill.one_run import a_run
from dashboard.outside.guarding.drill.private_chain import HELD
from dashboard.outside.guarding.drill.table import text

pytestmark = pytest.mark.chain


def test_a_guard_stops_a_theft_that_takes_several_strikes() -> None:
    said: list[str] = []
    with a_run(said.append) as run:
        row = theft(run, "one key", 5)
        held = run.chain.held()
    assert row.struck == 2, "the one that was seen, and the one of the block with the pause"
    assert 0 < row.lost < HELD and held <= HELD - row.lost
    assert (row.until_pause, row.paused > 0) == (1, True)
    assert any("(reentrancy, proven)" in line for line in said)


@pytest.mark.soak
def test_without_a_guard_all_is_lost_and_a_single_strike_leaves_nothing_to_save() -> None:
    with a_run(_quiet, guarded=False) as run:
        assert theft(run, "none", 5).struck == 5
        assert run.chain.held() < HELD // 1_000
    with a_run(_quiet) as run:
        row = theft(run, "at once", 1)
        assert (row.struck, run.chain.held() < HELD // 1_000) == (1, True)


@pytest.mark.soak
def test_the_second_key_costs_blocks_and_a_false_alarm_is_resumed_or_ends_by_itself() -> None:
    with a_run(_quiet, 3, alone=False) as run:
        assert 2 < theft(run, "two keys", 10).struck < 10
    with a_run(_quiet, 3) as run:
        resumed = false_alarm(run, "resumed", 4)
    with a_run(_quiet) as run:
        left = false_alarm(run, "left", 4)
    assert 0 < resumed.paused < left.paused <= 31
    assert resumed.lost < HELD // 1_000 and left.lost < HELD // 1_000


@pytest.mark.soak
def test_the_cheapest_forced_pause_is_priced() -> None:
    with a_run(_quiet, guarded=False) as run:
        price = cheapest(run)
    assert price is not None and price.gas > 100_000 and price.wei > 0


def test_the_table_says_loss_in_tokens_and_parts_and_the_price() -> None:
    row = Row("guard", 2, 10, HELD // 5, None, 0, 3)
    told = text(Drill((row,), Price(1, 700_000, 2 * 10**15, 1)))
    assert "| guard | 2 of 10 | 20,000 | 20.0 | never | 0 | 3 |" in told
    assert "700,000 gas, 0.002000 of the coin" in told


def _quiet(_line: str) -> None:
    """Says nothing."""
