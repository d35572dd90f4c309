"""What is asked of a piece again is worked out once, for whoever asks, and says what it would have said."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.parts.contract import Seen
from detectors.parts.lines import some
from detectors.parts.people import People
from tests.detectors.seen.views import begun, seen
from tests.fixtures.frames import ChainBuilder, address

ALICE, BOB, CAROL = (address(name) for name in ("alice", "bob", "carol"))


def piece() -> Seen:
    """Alice pays bob, later carol; in a third block nothing is heard of bob."""
    chain = ChainBuilder(first_block=1).block().native(ALICE, BOB, 5).block().native(BOB, ALICE, 3)
    return seen(chain.block().native(ALICE, CAROL, 7).batch(), begun("net"), "net")


def number(view: Seen, who: bytes) -> int:
    return view.number_of(who, 3)


def test_rows_of_an_account_are_read_once_until_something_new_is_heard_of_it() -> None:
    view = piece()
    rows, bob, alice = view.history("rows"), number(view, BOB), number(view, ALICE)
    assert rows.rows(bob, 2) is view.history("rows").rows(bob, 3)
    assert rows.rows(bob, 1) is not rows.rows(bob, 2)
    assert [len(rows.rows(alice, block)["row"]) for block in (1, 2, 3, 1)] == [1, 2, 3, 1]


def test_of_several_accounts_it_is_said_at_once_who_had_a_row_by_a_block() -> None:
    """Carol is first heard of in block 3; alice's payment to her is none of bob's rows."""
    view = piece()
    who = np.array([number(view, BOB), number(view, CAROL), number(view, CAROL)])
    assert view.history("rows").has(who, np.array([1, 2, 3])).tolist() == [True, False, True]
    assert view.history("rows").has(who[:0], who[:0]).tolist() == []


def test_who_asks_of_several_as_of_a_block_of_another_piece_is_refused() -> None:
    view = piece()
    with pytest.raises(ValueError, match="as of block 4, which is not of this piece"):
        view.history("rows").has(np.array([1, 1]), np.array([3, 4]))


def test_lines_that_are_wanted_of_what_was_read_are_those_lines_of_each_column() -> None:
    view = piece()
    rows = view.history("rows").rows(number(view, ALICE), 3)
    for which in (rows["source"] == number(view, ALICE), np.array([2, 0]), slice(None, None, -1)):
        plain = {name: column[which].tolist() for name, column in rows.items()}
        kept = some(rows, which)
        assert {name: kept[name].tolist() for name in rows} == plain
        assert {name: column.tolist() for name, column in some(dict(rows), which).items()} == plain


def test_fewer_rows_are_not_the_same_rows() -> None:
    view = piece()
    rows, alice = view.history("rows"), number(view, ALICE)
    newest = rows.rows(alice, 3, 1)
    assert [len(rows.rows(alice, 3, most)["row"]) for most in (1, 2, 200)] == [1, 2, 3]
    assert newest["row"].tolist() == rows.rows(alice, 3)["row"].tolist()[:1]


def test_what_was_read_is_read_only() -> None:
    view = piece()
    for name, column in view.history("rows").rows(number(view, BOB), 2).items():
        with pytest.raises(ValueError, match="read-only"):
            column[...] = 0
        assert not column.flags.writeable, name


def test_two_who_ask_about_somebody_share_what_is_known_of_him() -> None:
    view = piece()
    bob, alice = number(view, BOB), number(view, ALICE)
    one, other, later = People(view, 2), People(view, 2), People(view, 3)
    assert one.account(bob) is other.account(bob) is later.account(bob)
    assert one.account(alice) is not later.account(alice)
    assert [People(view, block).funder(bob) for block in (1, 2, 3)] == [alice] * 3
    assert People(view, 1).funder(alice) == 0


def test_what_is_worked_out_once_is_not_asked_again_in_the_piece_but_in_the_next() -> None:
    asked = list[int]()

    def work() -> int:
        asked.append(1)
        return len(asked)

    view, next_one = piece(), piece()
    assert [view.once("answer", work), view.once("answer", work), view.once("other", work)] == [1, 1, 2]
    assert next_one.once("answer", work) == 3


def test_a_block_that_is_asked_about_alone_has_answers_of_its_own() -> None:
    state = begun("net")
    chain = ChainBuilder(first_block=1).block().native(ALICE, BOB, 5).block().native(BOB, ALICE, 3)
    view = seen(chain.batch(), state, "net")
    look = view._look  # type: ignore[attr-defined]
    alone = look.of_block(2).by("test", ("net",))
    assert view.once("rows", lambda: view.rows["block"].tolist()) == [1, 2]
    assert alone.once("rows", lambda: alone.rows["block"].tolist()) == [2]
    with pytest.raises(ValueError, match="block 1, which is not of this piece"):
        alone.history("rows").rows(0, 1)


def test_more_answers_than_are_kept_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detectors.engine.answers.MOST", 4)
    view = piece()
    people = [(who, block) for who in (ALICE, BOB, CAROL) for block in (1, 2, 3)] * 2
    few = [People(view, block).rows(number(view, who))["row"].tolist() for who, block in people]
    monkeypatch.undo()
    again = piece()
    many = [People(again, block).rows(number(again, who))["row"].tolist() for who, block in people]
    assert few == many
    assert np.unique([len(rows) for rows in many]).tolist() == [0, 1, 2, 3]
