"""Ann looks at the flow of an alert: she picks, adds and takes back; a hand-made request changes nothing."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.flow import flow
from dashboard.screens import money
from dashboard.screens.money import MOST_STEPS, Look, ask, belongs
from dashboard.store import open_writer
from tests.dashboard.alerts import ALICE, BOB, CHAIN, MALLORY, VAULT, Filing, drain, judged, paid
from tests.dashboard.screen import opened, said

SEEN = f"flow_of_{CHAIN}:drain-1"


def wish(what: object, *ends: object) -> dict[str, object]:
    return {"what": what, "ends": list(ends)}


def test_what_is_picked_are_the_payments_of_a_wallet_or_between_two() -> None:
    alert, drawn = drain(1), flow(drain(1))
    for picked, rows in (
        ((), 3),
        ((MALLORY,), 3),
        ((ALICE,), 1),
        ((ALICE, MALLORY), 1),
        ((MALLORY, ALICE), 0),
    ):
        assert sum(belongs(row, picked, drawn) for row in alert.evidence) == rows
    assert money.told(3, alert) == "rows of the chain that anyone can look up"
    assert money.told(1, alert).startswith("1 of 3: what is picked")


def test_a_wallet_that_stands_for_many_picks_the_payments_of_all() -> None:
    victims = [f"0x{number:040x}" for number in range(1, 40)]
    rows = (*(paid(one, MALLORY, 2, 1) for one in victims), paid(MALLORY, VAULT, 78, 1))
    drawn = flow(drain(1, evidence=rows, roles=()))
    first = drawn.names[victims[7]]
    assert sum(belongs(row, (first, MALLORY), drawn) for row in rows) == len(victims)


def test_steps_are_added_once_and_taken_back_in_turn() -> None:
    look = Look()
    for step in (wish("in", ALICE), wish("out", ALICE), wish("in", ALICE), wish("pick", BOB)):
        ask(look, step)
    assert look.added == [(ALICE, "out"), (ALICE, "in")]
    assert look.picked == (BOB,)
    ask(look, wish("undo"))
    ask(look, wish("pick"))
    assert look.added == [(ALICE, "out")]
    assert not look.picked
    for number in range(99):
        ask(look, wish("in", f"0x{number:040x}"))
    assert len(look.added) == MOST_STEPS


@pytest.mark.parametrize(
    "odd",
    [None, 7, "in", [], {}, wish("in"), wish("in", 7), wish("in", "<b>"), wish("in", ALICE, BOB),
     wish("drop", ALICE), wish("pick", ALICE, BOB, ALICE), {"what": "in", "ends": ALICE},
     {"what": ["in"], "ends": [ALICE]}],
)  # fmt: skip
def test_what_no_button_asks_for_changes_nothing(odd: object) -> None:
    look = Look(added=[(BOB, "in")], picked=(BOB,))
    ask(look, odd)
    assert (look.added, look.picked) == ([(BOB, "in")], (BOB,))


def page(look: Look) -> AppTest:
    app = opened()
    app.session_state[SEEN] = look
    app.query_params["alert"] = f"{CHAIN}:drain-1"
    app.session_state["address_bar"] = {"alert": [f"{CHAIN}:drain-1"]}
    return app.run()


def test_what_is_added_is_drawn_or_said_to_be_unknown(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERTOW_STORE", sqlite_url)
    monkeypatch.delenv("DASHBOARD_LAKE", raising=False)
    Filing(open_writer(sqlite_url)).file(drain(1), blocks=(judged(2),))
    assert "1 of 3: what is picked" in said(page(Look(picked=(ALICE, MALLORY))))
    drawn = said(page(Look(added=[(VAULT, "out")])))
    assert "No further payment that left 0x0f0f0f…0f0f0f is known" in drawn
    monkeypatch.setenv("DASHBOARD_LAKE", "/nowhere")
    assert "lake" in said(page(Look(added=[(VAULT, "out")])))
