"""What is forecast follows from the blocks alone, is exact where the rule says it, and beats carrying on."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random

import pytest

from detectors.runs.forecasts.advice import Advice, advised
from detectors.runs.forecasts.blob_rule import PRAGUE
from detectors.runs.forecasts.blocks import BlockFees
from detectors.runs.forecasts.forecast import forecast
from detectors.runs.forecasts.gas_rule import GasRule
from detectors.runs.forecasts.values import WINDOW, Point
from tests.bench.forecasts.demand import HELD_OUT, REGIMES, played
from tests.bench.forecasts.judging import CHAIN, judged

BLOCKS = played("bursts", 5, 1_200)


def test_the_next_block_is_exact_and_later_ones_have_widening_intervals() -> None:
    found = forecast(CHAIN, BLOCKS[:1_000])

    assert found.base_fee[0].exact and found.base_fee[0].middle == BLOCKS[1_000].base_fee
    assert found.blob_base_fee[0].exact
    assert found.blob_base_fee[0].middle == PRAGUE.fee(BLOCKS[1_000].excess_blob_gas or 0)
    for points in (found.base_fee, found.blob_base_fee, found.congestion):
        assert all(list(point.quantiles) == sorted(point.quantiles) for point in points)
    widths = {point.blocks: point.quantiles[-1] / point.quantiles[0] for point in found.base_fee}
    assert 1 == widths[1] < widths[2] < widths[10] < widths[50]
    assert all(0 <= share <= 1 for point in found.congestion for share in point.quantiles)


def test_no_fee_is_forecast_beyond_what_the_rule_allows() -> None:
    found = forecast(CHAIN, BLOCKS[:1_000])
    now = found.base_fee[0].middle
    for point in found.base_fee:
        assert now * 0.875 ** (point.blocks - 1) * 0.999 <= point.quantiles[0]
        assert point.quantiles[-1] <= now * 1.125 ** (point.blocks - 1) * 1.001


def test_the_same_blocks_give_the_same_forecast_and_older_ones_change_nothing() -> None:
    long = played("quiet", 5, WINDOW + 50)
    assert forecast(CHAIN, long) == forecast(CHAIN, long[-WINDOW:])
    assert forecast(CHAIN, BLOCKS) == forecast(CHAIN, list(BLOCKS))


def test_what_lies_before_a_gap_does_not_count() -> None:
    found = forecast(CHAIN, [*BLOCKS[:600], *BLOCKS[601:1_000]])
    assert found.seen == 399
    assert found == forecast(CHAIN, BLOCKS[601:1_000])


def test_the_usual_time_between_blocks_is_known_from_few() -> None:
    assert [forecast(CHAIN, BLOCKS[:count]).spacing_s for count in (1, 2, 300, 600)] == [12] * 4


def test_few_blocks_allow_the_next_block_only() -> None:
    found = forecast(CHAIN, BLOCKS[:20])
    assert [point.blocks for point in found.base_fee] == [1]
    assert found.congestion == []
    alone = forecast(CHAIN, BLOCKS[:1])
    assert alone.base_fee == [] or not alone.base_fee[0].exact


def test_without_a_rule_no_block_is_exact_and_all_are_forecast() -> None:
    odd = [replace(block, base_fee=10**9 + (block.number * 7919) % 10**6) for block in BLOCKS[:600]]
    found = forecast(CHAIN, odd)
    assert [point.blocks for point in found.base_fee[:3]] == [1, 2, 3]
    assert not any(point.exact for point in found.base_fee)
    assert found.base_fee[0].middle == pytest.approx(10**9, rel=0.01)
    assert advised(found.base_fee, 50) is not None


def test_a_chain_without_fees_or_blobs_has_no_forecast_of_them() -> None:
    plain = [BlockFees(number, 12 * number, 5_000 * (number % 7), 30_000) for number in range(300)]
    found = forecast(CHAIN, plain)
    assert (found.base_fee, found.blob_base_fee) == ([], [])
    assert found.congestion
    assert advised(found.base_fee, 50) is None


@pytest.mark.parametrize(
    "newest", [replace(BLOCKS[599], base_fee=None), replace(BLOCKS[599], gas_limit=None)]
)
def test_a_newest_block_without_a_price_leaves_fees_unknown_and_the_rest_forecast(newest: BlockFees) -> None:
    found = forecast(CHAIN, [*BLOCKS[:599], newest])
    assert (found.base_fee, found.gas.pairs) == ([], 0)
    assert found.blob_base_fee
    assert advised(found.base_fee, 50) is None


def test_hostile_headers_are_numbers_like_others() -> None:
    big = 2**63 - 1
    blocks = [BlockFees(number, 0, big, 1, big, big, big) for number in range(300)]
    found = forecast(CHAIN, blocks)
    assert (found.gas.rule, found.blob.rule) == (None, None)
    zero = forecast(CHAIN, [BlockFees(number, 0, 0, 0, 0, 0, 0) for number in range(300)])
    assert zero.number == 299


@pytest.mark.parametrize("seed", range(8))
def test_whatever_headers_hold_quantiles_are_finite_numbers(seed: int) -> None:
    dice = Random(seed)

    def amount() -> int | None:
        return None if dice.random() < 0.003 else dice.choice([0, 1, 10**9, 2**63 - 1, dice.getrandbits(62)])

    rows = [[amount() for _ in range(4)] for _ in range(200)]
    blocks = [BlockFees(at, 12 * at, dice.getrandbits(62), *row) for at, row in enumerate(rows)]
    found = forecast(CHAIN, blocks)
    points = (*found.base_fee, *found.blob_base_fee, *found.congestion)
    assert all(math.isfinite(value) for point in points for value in point.quantiles)


def test_another_elasticity_is_used_where_the_blocks_show_it() -> None:
    rule, blocks = GasRule(6, 50), [BLOCKS[0]]
    for block in BLOCKS[1:400]:
        blocks.append(replace(block, base_fee=rule.next_fee(blocks[-1])))
    found = forecast(CHAIN, blocks)
    assert found.gas.rule == rule
    assert found.base_fee[0].middle == rule.next_fee(blocks[-1])


def point(blocks: int, middle: float, cheaper: float | None) -> Point:
    return Point(blocks, (middle,) * 5, cheaper)


def test_who_can_wait_is_told_to_where_it_is_worth_it_and_likely() -> None:
    now, later, last = point(1, 100.0, None), point(5, 90.0, 0.7), point(50, 60.0, 0.9)

    near, far = advised([now, later, last], 10), advised([now, later, last], 50)
    assert near is not None and far is not None
    assert (near.blocks, near.chance, near.point) == (5, 0.7, later)
    assert (far.blocks, far.chance, far.point) == (50, 0.9, last)
    assert [near.saved, far.saved] == pytest.approx([0.1, 0.4])
    assert advised([now, point(5, 99.0, 0.9)], 10) == Advice(1, 1.0, 0.0, now)
    assert advised([now, point(5, 80.0, 0.5)], 10) == Advice(1, 1.0, 0.0, now)
    assert advised([later], 10) is None


def test_on_a_regime_that_was_held_out_errors_are_below_those_of_the_last_value() -> None:
    """A short form of `python -m tests.bench.forecasts`."""
    assert set(HELD_OUT) < set(REGIMES)
    found = judged("mint rush", 9, 40, 25)

    assert found.exact[0] == found.exact[1] == 80
    assert found.errors["base fee", 2].ratio("last") < 1
    assert found.errors["congestion", 2].ratio("last") < 1
    within = sum(errors.within_90 for (what, _), errors in found.errors.items() if what == "base fee")
    assert within >= 0.75 * 160
