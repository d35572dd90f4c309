"""Which revision stood at a block, whatever came, left and came again; and where a stretch ends."""

from __future__ import annotations

import json

import pytest

from dashboard.outside.anchoring.stretches import (
    Revision,
    checked_size,
    end_of,
    final_record,
    standing_at,
)
from ingest.model.errors import BadInput
from tests.dashboard.alerts import drain


def told(*says: tuple[int, str] | int) -> list[Revision]:
    """Revisions by the block that brought each; negative: a retraction of what stood since that block."""
    found = []
    for number, each in enumerate(says, 1):
        block, run = each if isinstance(each, tuple) else (each, "a")
        found.append(Revision(number, run, abs(block), block < 0, f"{number}"))
    return found


@pytest.mark.parametrize(
    ("says", "block", "stood"),
    [
        ((), 50, None),
        ((10, 20, 60), 50, 2),
        ((10, 20, 60), 60, 3),
        ((60,), 50, None),
        ((10, 20, 10), 50, 3),  # a rollback to block 15 puts the first one back
        ((10, 20, 10, 18), 50, 4),
        ((10, 60, 10, 55), 50, 3),
        ((10, -10), 50, 2),
        ((10, -10, 12), 50, 3),
        ((10, -10, 60), 50, 2),  # it stands again, but only after the stretch
        ((10, 40, (30, "b")), 50, 3),  # what another run said does not count any more
        ((10, 40, (60, "b")), 50, None),
        ((10, 10), 50, 2),
    ],
)
def test_what_stood_at_a_block_follows_from_the_order_of_filing(
    says: tuple[int | tuple[int, str], ...], block: int, stood: int | None
) -> None:
    found = standing_at(told(*says), block)
    assert (found and found.number) == stood


@pytest.mark.parametrize(
    ("first", "since", "last"),
    [(0, 0, 49), (50, 0, 99), (70, 0, 99), (50, 130, 149), (50, 49, 99), (50, 50, 99)],
)
def test_a_stretch_ends_with_an_epoch_and_not_below_the_head_of_a_run_that_took_over(
    first: int, since: int, last: int
) -> None:
    assert end_of(first, 50, since) == last


@pytest.mark.parametrize("blocks", [1, 49, 51, 75])
def test_a_length_at_whose_end_not_all_is_filed_is_refused(blocks: int) -> None:
    with pytest.raises(BadInput, match="give a multiple of 50"):
        checked_size(blocks)


def test_a_record_is_anchored_as_it_was_filed_but_for_its_status() -> None:
    filed = json.loads(drain(5).to_json()) | {"a_key_of_a_later_version": 1}
    anchored = json.loads(final_record(json.dumps(filed)))
    assert anchored == filed | {"status": "final"}
    gone = drain(5, status="retracted", retraction_reason="superseded by run b")
    assert final_record(gone.to_json()) == gone.to_json()
