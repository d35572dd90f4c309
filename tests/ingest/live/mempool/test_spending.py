"""Who reads the pool asks before each look, and its blocks are what pays for it."""

from __future__ import annotations

from ingest.live.mempool.spending import Spending
from ingest.model.budget import Budget
from ingest.model.health import OptionalHealth, Vitals


def test_a_look_at_the_pool_is_paid_by_blocks_however_they_were_proved() -> None:
    """0.5 s are used, a block may cost 0.2 s: two do not pay for them, a third does."""
    vitals, used = Vitals(), 0.0
    spending = Spending(Budget(0.2, lambda: used), vitals)
    used = 0.5

    vitals.count("blocks header", 2)
    assert not spending.allows_a_look()
    vitals.count("blocks none")
    assert spending.allows_a_look()
    assert (vitals.budget_cpu_s, vitals.optional) == (0.2, [OptionalHealth("pending", "slowed", 1, 1)])


def test_a_block_pays_once() -> None:
    vitals, used = Vitals(), 0.0
    spending = Spending(Budget(1.0, lambda: used), vitals)
    vitals.count("blocks header")
    assert spending.allows_a_look()
    used = 1.5
    assert [spending.allows_a_look() for _ in range(5)] == [False] * 5
