"""Models change at fixed blocks of a run: soon in a young one, rarely later, and never two at a time."""

from __future__ import annotations

from itertools import pairwise

import pytest

from detectors.models.schedule import Schedule, Step
from ingest.model.errors import BadInput


def all_steps(anchor: int, last: int) -> list[Step]:
    return list(Schedule().steps(anchor, anchor, last))


def test_a_young_run_learns_soon_and_an_old_one_every_thousand_blocks() -> None:
    frozen = [(step.frozen, step.effective) for step in all_steps(10, 3_000)]
    young = [(60, 85), (110, 135), (210, 235), (410, 435), (710, 735)]
    assert frozen == [*young, (1_000, 1_100), (2_000, 2_100), (3_000, 3_100)]


@pytest.mark.parametrize("anchor", [0, 274, 275, 276, 999, 25_000_000])
def test_one_model_is_in_effect_before_the_next_is_frozen(anchor: int) -> None:
    assert all(a.effective < b.frozen for a, b in pairwise(all_steps(anchor, anchor + 5_000)))


@pytest.mark.parametrize("size", [1, 7, 25, 50, 1_000])
def test_where_a_log_is_read_in_pieces_the_same_blocks_are_met(size: int) -> None:
    anchor, last = 3, 4_300
    whole = Schedule().cuts(anchor, anchor, last)
    pieces = [
        block
        for first in range(anchor, last + 1, size)
        for block in Schedule().cuts(anchor, first, min(first + size - 1, last))
    ]
    assert pieces == whole
    assert [step for block in whole for step in Schedule().steps(anchor, block, block)]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"first": ()}, "at least one first"),
        ({"first": (0,)}, "whole numbers from 1"),
        ({"every": 2.5}, "whole numbers from 1"),
        ({"first": (50, 60)}, "further apart than first_wait"),
        ({"every": 100, "wait": 100}, "wait is shorter than every"),
    ],
)
def test_a_schedule_that_no_run_can_keep_is_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        Schedule(**wrong)  # type: ignore[arg-type]
