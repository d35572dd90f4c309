"""What stories draw: parts come to their sum, and few attacks come to nothing."""

from __future__ import annotations

from random import Random

import pytest

from ingest.localchain.story_parts.random_draws import FAILS, comes_to_nothing, often, split


@pytest.mark.parametrize("unevenness", [0, 0.4, 0.9])
def test_parts_come_to_the_sum_whatever_their_number(unevenness: float) -> None:
    for parts in (1, 2, 7, 40):
        cut = split(Random(parts), 10**20 + 7, parts, unevenness)

        assert sum(cut) == 10**20 + 7
        assert len(cut) == parts and min(cut) > 0


def test_equal_parts_are_equal_to_the_last_unit_but_one() -> None:
    assert split(Random(1), 100, 3, unevenness=0) == [34, 33, 33]


def test_one_attack_in_seven_comes_to_nothing() -> None:
    rng = Random(1)
    share = sum(comes_to_nothing(rng) for _ in range(10_000)) / 10_000

    assert share == pytest.approx(FAILS, abs=0.02)  # six standard deviations


def test_what_happens_two_and_a_quarter_times_happens_twice_or_three_times() -> None:
    rng = Random(1)
    times = [often(rng, 2.25) for _ in range(10_000)]

    assert set(times) == {2, 3}
    assert sum(times) / len(times) == pytest.approx(2.25, abs=0.03)  # six standard deviations
