"""The next base fee is exact, and a chain's own parameters are found in its blocks, never assumed."""

from __future__ import annotations

from itertools import pairwise

import pytest

from detectors.runs.forecasts.blocks import BlockFees
from detectors.runs.forecasts.frames import fees_of
from detectors.runs.forecasts.gas_rule import ETHEREUM, GasRule, fitted
from ingest.blocks.verify import Rules, verified_batch
from tests.fixtures.mainnet import recorded_block

LIMIT = 30_000_000


def chain(rule: GasRule, used: list[int], first_fee: int = 10**9) -> list[BlockFees]:
    """A block a use of gas, each with the fee that the rule gives it."""
    blocks = [BlockFees(0, 0, used[0], LIMIT, first_fee)]
    for number, gas in enumerate(used[1:], 1):
        blocks.append(BlockFees(number, 12 * number, gas, LIMIT, rule.next_fee(blocks[-1])))
    return blocks


@pytest.mark.parametrize(
    ("used", "fee"),
    [
        # By hand: target 15,000,000; a full block adds an eighth, an empty one takes an eighth.
        (LIMIT, 1_125_000_000),
        (0, 875_000_000),
        (15_000_000, 1_000_000_000),
        # 1 gas above the target: 10^9 * 1 // 15,000,000 // 8 = 8
        (15_000_001, 1_000_000_008),
        (14_999_999, 999_999_992),
    ],
)
def test_a_block_changes_the_fee_by_what_it_used_beyond_or_below_the_target(used: int, fee: int) -> None:
    assert ETHEREUM.next_fee(BlockFees(1, 0, used, LIMIT, 10**9)) == fee


def test_above_the_target_a_fee_rises_by_a_wei_at_least() -> None:
    assert ETHEREUM.next_fee(BlockFees(1, 0, LIMIT, LIMIT, 7)) == 8
    assert ETHEREUM.next_fee(BlockFees(1, 0, LIMIT, LIMIT, 0)) == 1
    assert ETHEREUM.next_fee(BlockFees(1, 0, 0, LIMIT, 7)) == 7


def test_recorded_blocks_of_mainnet_have_the_fee_that_the_one_before_leads_to() -> None:
    answers = [recorded_block(f"mainnet/{number}.json.gz") for number in range(17_686_110, 17_686_121)]
    blocks = fees_of(verified_batch(1, answers, None, Rules("warn"), lambda *_: None).blocks)

    assert [ETHEREUM.next_fee(block) for block in blocks[:-1]] == [block.base_fee for block in blocks[1:]]
    found = fitted(blocks)
    assert (found.rule, found.sure, found.pairs) == (ETHEREUM, True, 10)


@pytest.mark.parametrize("rule", [ETHEREUM, GasRule(6, 50), GasRule(6, 250), GasRule(3, 77)])
def test_a_chain_with_other_parameters_is_found_by_its_blocks_and_said(rule: GasRule) -> None:
    used = [(7_919 * number * number) % LIMIT for number in range(40)]
    blocks = chain(rule, used)
    found = fitted(blocks[:-1])

    assert found.next_fee == blocks[-1].base_fee
    assert found.sure
    assert f"elasticity {rule.elasticity}, denominator {rule.denominator}" in found.told()
    assert ("parameters of its own" in found.told()) == (rule == GasRule(3, 77))


def test_where_no_rule_fits_it_is_said_and_nothing_is_called_exact() -> None:
    blocks = [BlockFees(number, 0, LIMIT, LIMIT, 10**9 + (number % 2) * 500) for number in range(20)]
    found = fitted(blocks)

    assert (found.rule, found.next_fee, found.sure) == (None, None, False)
    assert "follows no rule of EIP-1559's kind in 19 pairs" in found.told()
    assert fitted([BlockFees(1, 0, 5, LIMIT)]).told() == "no two blocks in a row have a base fee"


def test_a_fee_that_stands_still_follows_no_rule() -> None:
    assert fitted([BlockFees(number, 0, 21_000, LIMIT, 10**9) for number in range(20)]).rule is None


def test_two_blocks_are_enough_to_know_the_next_fee_where_no_other_rule_says_otherwise() -> None:
    found = fitted(chain(ETHEREUM, [20_000_000, 9_000_000]))
    assert (found.rule, found.pairs) == (ETHEREUM, 1)
    assert found.told().count("1 pair of blocks shows") == 1


def test_after_an_upgrade_the_newest_blocks_count() -> None:
    before, rule = chain(GasRule(6, 50), [(7_919 * number) % LIMIT for number in range(60)]), GasRule(6, 250)
    blocks = list(before)
    for number in range(60, 80):
        blocks.append(BlockFees(number, 0, (104_729 * number) % LIMIT, LIMIT, rule.next_fee(blocks[-1])))

    found = fitted(blocks)
    assert (found.rule, found.pairs, found.sure) == (rule, 16, True)
    assert found.next_fee == rule.next_fee(blocks[-1])


def test_blocks_that_fit_several_parameters_leave_doubt() -> None:
    """Empty blocks go down by one part in so many, whatever the elasticity is; a full one then tells."""
    blocks = chain(GasRule(4, 8), [0] * 10 + [LIMIT])

    found = fitted(blocks)
    assert not found.sure
    assert "not certain" in found.told()
    after = BlockFees(11, 0, 0, LIMIT, GasRule(4, 8).next_fee(blocks[-1]))
    assert fitted([*blocks, after]).rule == GasRule(4, 8)


def test_no_fee_moves_further_than_the_bounds_of_its_rule() -> None:
    blocks = chain(GasRule(6, 50), [0, LIMIT] * 10)
    steps = [(after.base_fee or 0) / (before.base_fee or 1) for before, after in pairwise(blocks)]
    assert max(steps) <= GasRule(6, 50).most_up + 1e-8
    assert min(steps) >= GasRule(6, 50).most_down - 1e-8
