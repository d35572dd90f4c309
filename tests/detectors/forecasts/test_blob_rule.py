"""The blob base fee is exact by EIP-4844, with each fork's targets, and the fork is found in the blocks."""

from __future__ import annotations

import math

import pytest

from detectors.runs.forecasts.blob_rule import (
    BPO1,
    BPO2,
    CANCUN,
    GAS_PER_BLOB,
    GNOSIS,
    OSAKA,
    PRAGUE,
    BlobRule,
    fake_exponential,
    fitted,
    scheduled,
)
from detectors.runs.forecasts.blocks import BlockFees

CHAIN = 424_242


def carrying(rule: BlobRule, blobs: list[int], base_fee: int = 10**9, excess: int = 0) -> list[BlockFees]:
    blocks = [BlockFees(0, 0, 0, 1, base_fee, blobs[0] * GAS_PER_BLOB, excess)]
    for number, count in enumerate(blobs[1:], 1):
        excess = rule.next_excess(blocks[-1])
        blocks.append(BlockFees(number, 12 * number, 0, 1, base_fee, count * GAS_PER_BLOB, excess))
    return blocks


@pytest.mark.parametrize(
    ("factor", "numerator", "denominator", "value"),
    # From the definition: factor * e^(numerator / denominator), rounded down term by term.
    [(1, 0, 1, 1), (38_493, 0, 1_000, 38_493), (0, 1_234, 2_345, 0), (1, 2, 1, 6), (1, 50, 2_225, 1)],
)  # fmt: skip
def test_the_series_is_summed_in_whole_numbers(
    factor: int, numerator: int, denominator: int, value: int
) -> None:
    assert fake_exponential(factor, numerator, denominator) == value


@pytest.mark.parametrize("rule", [CANCUN, PRAGUE, BPO1, BPO2])
def test_a_fee_is_e_to_the_power_of_excess_by_fraction(rule: BlobRule) -> None:
    assert rule.fee(0) == 1
    assert rule.fee(20 * rule.fraction) == pytest.approx(math.exp(20), rel=1e-6)


@pytest.mark.parametrize("rule", [CANCUN, PRAGUE, BPO1, BPO2])
def test_full_blocks_raise_the_fee_by_about_an_eighth(rule: BlobRule) -> None:
    """EIP-7691 and EIP-7892 chose fractions by what a full block is worth: 1.125, since Prague 1.082."""
    up = math.exp((rule.most - rule.target) * GAS_PER_BLOB / rule.fraction)
    assert up == pytest.approx(1.125 if rule == CANCUN else 1.082, abs=0.001)


def test_what_is_below_the_target_leaves_no_excess_and_what_is_above_is_carried_on() -> None:
    # By hand: 2 below the target of 3: nothing; 6 of 3: three blobs' gas; then 4: four.
    assert [block.excess_blob_gas for block in carrying(CANCUN, [2, 6, 4, 0])] == [
        0, 0, 3 * GAS_PER_BLOB, 4 * GAS_PER_BLOB,
    ]  # fmt: skip


def test_since_osaka_the_excess_grows_while_blobs_are_cheap_beside_gas() -> None:
    """EIP-7918: at 100 gwei a blob's fee of one wei is below the reserve, so used * (max - target) / max is
    added: 6 blobs * 3 / 9.
    """
    cheap = BlockFees(1, 0, 0, 1, 100 * 10**9, 6 * GAS_PER_BLOB, 6 * GAS_PER_BLOB)
    assert OSAKA.next_excess(cheap) == 8 * GAS_PER_BLOB
    assert PRAGUE.next_excess(cheap) == 6 * GAS_PER_BLOB


@pytest.mark.parametrize("rule", [CANCUN, PRAGUE, BPO1, BPO2, GNOSIS])
def test_the_fork_of_a_chain_without_a_known_schedule_is_found_by_its_blocks(rule: BlobRule) -> None:
    blobs = [rule.most, rule.most, 0, rule.most, rule.target, rule.most] * 3
    blocks = carrying(rule, blobs, base_fee=1, excess=rule.target * GAS_PER_BLOB * 40)
    found = fitted(CHAIN, blocks, 0)

    assert found.rule is not None
    assert (found.rule.target, found.rule.fraction) == (rule.target, rule.fraction)
    assert rule.name in found.told()


def test_mainnets_schedule_is_held_against_its_blocks() -> None:
    assert scheduled(1, 1_710_338_134) is None
    starts = [1_710_338_135, 1_746_612_311, 1_764_798_551, 1_765_290_071, 1_767_747_671]
    assert [scheduled(1, start) for start in starts] == [CANCUN, PRAGUE, OSAKA, BPO1, BPO2]
    since = 1_750_000_000
    blocks = [
        BlockFees(b.number, since + b.timestamp, 0, 1, b.base_fee, b.blob_gas_used, b.excess_blob_gas)
        for b in carrying(CANCUN, [6, 6, 6, 6, 6])
    ]
    assert fitted(1, blocks, since + 60).rule == CANCUN  # in Prague's time, but it does not go by it


def test_where_no_fork_fits_or_nothing_is_known_it_is_said() -> None:
    odd = [BlockFees(number, 0, 0, 1, 1, 0, number * 7) for number in range(5)]
    assert fitted(CHAIN, odd, 0).rule is None
    assert "no fork that is known here" in fitted(CHAIN, odd, 0).told()
    assert fitted(CHAIN, [BlockFees(1, 0, 0)], 0).told() == "no two blocks in a row tell of blobs"
    doubt = fitted(CHAIN, carrying(CANCUN, [0, 0, 0]), 0)
    assert not doubt.sure
    assert "other forks fit as well" in doubt.told()


def test_an_excess_that_no_chain_has_takes_no_time() -> None:
    assert CANCUN.fee(2**64 - 1) == CANCUN.fee(600 * CANCUN.fraction)
