"""What lists of addresses said: as columns of a piece, by number, the same wherever batches are cut."""

from __future__ import annotations

from typing import Any

import pytest

from detectors.engine.state import advance
from detectors.kernels.rows.listings import EVER, KINDS, STILL
from detectors.parts.contract import Seen
from ingest.model.errors import BadInput
from tests.detectors.seen.looking import SHORT, pieces
from tests.detectors.seen.views import begun, seen
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.market import ETHER, lived

ALICE, BOB, MALLORY, TRUDY = (address(name) for name in ("alice", "bob", "mallory", "trudy"))


def told(view: Seen) -> list[tuple[Any, ...]]:
    """Block, who, kind, listed, since, until."""
    lists = view.lists
    names = ("block", "address", "kind", "listed", "since", "until")
    return [
        (block, view.address(who), KINDS[kind], *rest)
        for block, who, kind, *rest in zip(*(lists[name].tolist() for name in names), strict=True)
    ]


def town() -> ChainBuilder:
    chain = ChainBuilder().block().native(ALICE, BOB, ETHER)
    chain.block().lists(MALLORY, since=1_600_000_000).lists(BOB, "exchange").native(BOB, MALLORY, 5)
    chain.block()
    return chain.block().lists(MALLORY, listed=False).lists(TRUDY, "mixer", until=1_700_000_100)


EXPECTED = [
    (2, MALLORY, "sanctions", True, 1_600_000_000, STILL),
    (2, BOB, "exchange", True, EVER, STILL),
    (4, MALLORY, "sanctions", False, EVER, STILL),
    (4, TRUDY, "mixer", True, EVER, 1_700_000_100),
]


def test_lists_are_told_with_the_block_with_which_they_came() -> None:
    view = seen(town().batch(), None, "net")
    assert told(view) == EXPECTED
    assert not view.lists["address"].flags.writeable


def test_a_kind_of_list_that_a_later_version_wrote_is_refused_in_one_line() -> None:
    chain = ChainBuilder().block().lists(MALLORY, "casino")
    with pytest.raises(BadInput, match=r"^list \S+ is of kind 'casino', which this version does not know"):
        seen(chain.batch(), None, "net")


def test_who_is_listed_has_a_number_before_the_rows_of_the_block() -> None:
    view = seen(town().batch(), None, "net")
    assert [view.address(n) for n in range(1, 5)] == [ALICE, BOB, MALLORY, TRUDY]


def test_each_piece_has_its_own_and_names_do_not_depend_on_the_cut() -> None:
    batch = town().batch()
    whole = begun("net")
    seen(batch, whole, "net")
    for ends in ([1], [1, 2, 3], [2]):
        state, found = begun("net"), list[tuple[Any, ...]]()
        for piece in pieces(batch, *ends):
            found += told(seen(piece, state, "net"))
        assert found == EXPECTED
        assert state.memory.digest() == whole.memory.digest()


def test_of_one_block_only_its_own_lists_are_seen() -> None:
    state = begun("net")
    look = advance(state, town().batch(), [], SHORT)
    assert [told(look.of_block(block).by("test", ())) for block in range(1, 5)] == [
        [], EXPECTED[:2], [], EXPECTED[2:],
    ]  # fmt: skip


def test_a_block_without_lists_has_none() -> None:
    assert told(seen(lived(1, 3).chain.fork(1).batch(), None, "net")) == []
