"""`lists`: since when and until when somebody is listed, by several lists, and whom it touches."""

from __future__ import annotations

from typing import Any

from detectors.kernels.rows.listings import KINDS, STILL
from detectors.parts.contract import Seen
from tests.detectors.seen.looking import whole
from tests.detectors.seen.views import seen
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.market import ETHER

ALICE, BOB, MALLORY = address("alice"), address("bob"), address("mallory")
NOW = 1_700_000_000
READS = ("net", "lists")


def told(view: Seen, table: str) -> list[dict[str, Any]]:
    columns = whole(view.of("lists").get(table, {}))
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def touched(chain: ChainBuilder) -> list[tuple[int, bytes, str, bool]]:
    """Transaction, who, as what, whether it holds."""
    view = seen(chain.batch(), None, *READS)
    return [
        (each["transaction"], view.address(each["account"]), KINDS[each["kind"]], each["holds"])
        for each in told(view, "touched")
    ]


def test_who_is_paid_by_somebody_listed_is_touched_from_the_block_of_the_telling_on() -> None:
    chain = ChainBuilder().block().native(MALLORY, ALICE, ETHER)
    chain.block().native(MALLORY, ALICE, ETHER).lists(MALLORY)
    chain.block().native(ALICE, BOB, ETHER).native(BOB, MALLORY, ETHER)
    assert touched(chain) == [(1, MALLORY, "sanctions", True), (3, MALLORY, "sanctions", True)]


def test_a_list_told_with_a_block_without_transactions_is_not_lost() -> None:
    chain = ChainBuilder().block().lists(MALLORY)
    view = seen(chain.batch(), None, *READS)
    assert [change["on"] for change in told(view, "changes")] == [1]


def test_before_it_begins_and_after_it_ends_a_listing_does_not_hold() -> None:
    for since, until, holds in ((NOW + 1, None, False), (None, NOW, False), (NOW, NOW + 1, True)):
        chain = ChainBuilder().block().lists(MALLORY, since=since, until=until).native(MALLORY, BOB, 1)
        assert touched(chain) == [(0, MALLORY, "sanctions", holds)]


def test_who_is_withdrawn_is_touched_no_more() -> None:
    chain = ChainBuilder().block().lists(MALLORY).native(MALLORY, BOB, 1)
    chain.block().lists(MALLORY, listed=False).native(MALLORY, BOB, 1)
    assert touched(chain) == [(0, MALLORY, "sanctions", True)]


def test_of_two_lists_one_is_enough_and_together_they_hold_from_the_first_to_the_last_day() -> None:
    chain = ChainBuilder().block().lists(MALLORY, since=NOW, until=NOW + 50, source="ofac")
    chain.block().lists(MALLORY, since=NOW - 50, source="sanctions eu")
    chain.block().lists(MALLORY, listed=False, source="ofac")
    chain.block().lists(MALLORY, listed=False, source="sanctions eu")
    found = told(seen(chain.batch(), None, *READS), "changes")
    assert [(f["was"], f["on"], f["since"], f["until"]) for f in found] == [
        (0, 1, NOW, NOW + 50), (1, 1, NOW - 50, STILL), (1, 1, NOW - 50, STILL), (1, 0, 0, 0),
    ]  # fmt: skip


def test_kinds_stand_side_by_side() -> None:
    chain = ChainBuilder().block().lists(MALLORY).lists(MALLORY, "mixer").lists(BOB, "exchange")
    chain.native(BOB, MALLORY, 5)
    assert touched(chain) == [
        (0, BOB, "exchange", True), (0, MALLORY, "sanctions", True), (0, MALLORY, "mixer", True),
    ]  # fmt: skip
