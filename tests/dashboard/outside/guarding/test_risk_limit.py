"""The limit on withdrawals, asked of its bytecode: it follows the score inside its owner's bounds."""

from __future__ import annotations

from dataclasses import astuple, replace

import pytest

from tests.dashboard.outside.guarding.guarded import HOUR, OWNER, SAVER, SCALE, STRANGER, Guarded

pytestmark = pytest.mark.chain

_SCALE = "setScale((uint128,uint128,uint128,uint32,uint32,uint32,uint32,uint32))"


def writes(guarded: Guarded, score: int) -> str:
    guarded.later(SCALE.interval)
    return guarded.does(guarded.of(guarded.oracle), guarded.limit, "write(uint32)", score)


def limit(guarded: Guarded) -> int:
    with guarded.asked() as (_, found):
        return found.limit()


def test_the_limit_falls_with_the_score_and_never_below_its_least(guarded: Guarded) -> None:
    assert limit(guarded) == 100, "nobody has said anything"
    seen = []
    for score in (0, 250_000, 500_000, 1_000_000):
        assert writes(guarded, score) == "done"
        seen.append(limit(guarded))
    # of 1,000 down to 10: 1,000 - 990 x score
    assert seen == [1_000, 753, 505, 10]


def test_only_the_oracle_writes_and_only_the_owner_sets_bounds(guarded: Guarded) -> None:
    for who in (OWNER, STRANGER, guarded.of(guarded.guardian)):
        assert "not that of the limit's oracle" in guarded.does(who, guarded.limit, "write(uint32)", 1)
    for who in (STRANGER, guarded.of(guarded.oracle)):
        assert "not the owner's" in guarded.does(who, guarded.limit, _SCALE, astuple(SCALE))
        assert "not the owner's" in guarded.does(who, guarded.limit, "setOracle(address)", who)
        assert "not the owner's" in guarded.does(who, guarded.limit, "handOver(address)", who)
    wider = replace(SCALE, most=2_000)
    assert guarded.does(OWNER, guarded.limit, _SCALE, astuple(wider)) == "done"
    assert guarded.does(OWNER, guarded.limit, "setOracle(address)", SAVER) == "done"
    assert "not that of the limit's oracle" in writes(guarded, 1)
    assert guarded.does(SAVER, guarded.limit, "write(uint32)", 0) == "done"
    assert limit(guarded) == 2_000


def test_a_score_moves_so_far_and_so_often_and_no_more(guarded: Guarded) -> None:
    assert "further than it may" in writes(guarded, 500_001)
    assert writes(guarded, 500_000) == "done"
    again = guarded.does(guarded.of(guarded.oracle), guarded.limit, "write(uint32)", 500_000)
    assert "too soon" in again
    assert "further than it may" in writes(guarded, 399_999), "it falls slower than it rises"
    assert writes(guarded, 400_000) == "done"
    assert "no score is that high" in writes(guarded, 1_000_001)


def test_a_score_that_goes_stale_leaves_the_stated_default(guarded: Guarded) -> None:
    assert writes(guarded, 0) == "done" and limit(guarded) == 1_000
    guarded.later(SCALE.lifetime + 1)
    assert limit(guarded) == 100


@pytest.mark.parametrize(
    "wrong",
    [{"least": 0}, {"least": 101}, {"unknown": 1_001}, {"window": 0}, {"lifetime": 12}, {"rise": 0},
     {"fall": 0}],
    ids=str,
)  # fmt: skip
def test_no_owner_sets_bounds_that_shut_people_in(guarded: Guarded, wrong: dict[str, int]) -> None:
    told = astuple(replace(SCALE, **wrong))
    assert "no such scale" in guarded.does(OWNER, guarded.limit, _SCALE, told)


def test_the_vault_pays_what_the_limit_says_and_again_in_the_next_window(guarded: Guarded) -> None:
    vault, nobody = guarded.vault, "0x" + "00" * 20
    assert guarded.does(OWNER, guarded.token, "mint(address,uint256)", SAVER, 500) == "done"
    assert guarded.does(SAVER, guarded.token, "approve(address,uint256)", vault, 500) == "done"
    assert guarded.does(OWNER, vault, "protect(address,address)", nobody, guarded.limit) == "done"
    assert guarded.does(SAVER, vault, "deposit(uint256)", 500) == "done"
    guarded.later(HOUR - guarded.now % HOUR)  # the beginning of a window
    assert guarded.does(SAVER, vault, "withdraw(uint256)", 60) == "done"
    assert guarded.does(SAVER, vault, "withdraw(uint256)", 41) != "done"
    assert guarded.does(SAVER, vault, "withdraw(uint256)", 40) == "done"
    guarded.later(HOUR)
    assert guarded.does(SAVER, vault, "withdraw(uint256)", 100) == "done"
