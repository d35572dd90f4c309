"""People work on cases from the screens, without a browser: who may, and who was faster."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.screens import sign_in
from dashboard.screens.report.told import deed
from dashboard.store import (
    Actor,
    AlertKey,
    AuditRow,
    Change,
    Desk,
    Reader,
    open_desk,
    open_reader,
    open_writer,
)
from tests.dashboard.alerts import CHAIN, Filing, drain, judged
from tests.dashboard.people import ANDREW, ANN, HOSTILE, VERA
from tests.dashboard.screen import opened, said

DRAIN = AlertKey(CHAIN, "drain-1")
PAGE = {"alert": str(DRAIN)}


@pytest.fixture
def filing(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Filing:
    monkeypatch.setenv("UNDERTOW_STORE", sqlite_url)
    filing = Filing(open_writer(sqlite_url))
    filing.file(drain(1), blocks=(judged(2),))
    return filing


@pytest.fixture
def desk(filing: Filing, sqlite_url: str) -> Desk:
    return open_desk(sqlite_url)


@pytest.fixture
def reader(filing: Filing, sqlite_url: str) -> Reader:
    return open_reader(sqlite_url)


def works(monkeypatch: pytest.MonkeyPatch, who: Actor) -> None:
    """Who looks at the pages from now on."""
    monkeypatch.setattr(sign_in, "LOCAL", who)


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def labels(app: AppTest) -> set[str]:
    return {button.label for button in app.button}


def test_ann_takes_an_alert_comments_on_it_and_closes_it(
    monkeypatch: pytest.MonkeyPatch, reader: Reader
) -> None:
    works(monkeypatch, ANN)
    app = opened(**PAGE)
    assert "<small>Taken by</small><span>nobody</span>" in said(app)
    drawn = said(press(app, "Take"))
    assert "<small>Taken by</small><span>ann</span>" in drawn
    assert "status new → open · assignee – → ann" in drawn
    app.text_area[0].set_value("Bob called.\nHe did not sign.")
    drawn = said(press(app, "Add the comment"))
    assert "Bob called.\nHe did not sign.</div>" in drawn
    assert app.text_area[0].value == ""
    finding = next(box for box in app.selectbox if box.label == "Found to be, and why")
    finding.set_value("confirmed: victim-reported")
    drawn = said(press(app, "Close the case"))
    assert "<small>Found to be</small><span>confirmed (victim-reported)</span>" in drawn
    assert reader.cases.case(DRAIN).status == "closed"
    assert "<small>Found to be</small><span>not decided" in said(press(app, "Open again and take"))
    press(app, "Give back")
    assert (reader.cases.case(DRAIN).status, reader.cases.case(DRAIN).assignee) == ("new", None)
    reader.cases.checked()


def test_who_was_overtaken_sees_what_the_other_did_and_keeps_what_was_typed(
    monkeypatch: pytest.MonkeyPatch, desk: Desk, reader: Reader
) -> None:
    works(monkeypatch, ANDREW)
    app = opened(**PAGE)
    desk.change(ANN, DRAIN, 0, Change(disposition="confirmed", reason="loss-verified", assignee="ann"))
    finding = next(box for box in app.selectbox if box.label == "Found to be, and why")
    finding.set_value("dismissed: known-service")
    drawn = said(press(app, "Close the case"))
    assert (
        "ann changed this case meanwhile: it is now closed as confirmed (loss-verified), taken by ann."
        in drawn
    )
    assert reader.cases.case(DRAIN).disposition == "confirmed"
    assert next(box.value for box in app.selectbox if box.label == finding.label) == finding.value
    # Having seen it, andrew may decide again, and nobody is in the way of what he says.
    drawn = said(press(app, "Close the case"))
    assert "meanwhile" not in drawn
    assert "<span>dismissed (known-service)</span>" in drawn
    app.text_area[0].set_value("I think it is a service.")
    press(app, "Add the comment")
    assert [each.text for each in reader.cases.comments(DRAIN)] == ["I think it is a service."]


def test_vera_sees_the_case_and_no_controls(monkeypatch: pytest.MonkeyPatch, desk: Desk) -> None:
    desk.change(ANN, DRAIN, 0, Change(status="open", assignee="ann"))
    desk.comment(ANN, DRAIN, "Looks bad.")
    works(monkeypatch, VERA)
    app = opened(**PAGE)
    assert "<span>ann</span>" in said(app)
    assert "Looks bad." in said(app)
    assert not labels(app) & {"Take", "Give back", "Close the case", "Add the comment"}
    assert not app.text_area


def test_a_role_that_was_taken_away_meanwhile_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, reader: Reader
) -> None:
    works(monkeypatch, ANN)
    app = opened(**PAGE)
    works(monkeypatch, Actor("ann", "viewer"))
    drawn = said(press(app, "Take"))
    assert "only a person of role analyst or above may change a case" in drawn
    assert reader.cases.case(DRAIN).revision == 0


def test_nothing_is_closed_or_said_without_words(monkeypatch: pytest.MonkeyPatch, reader: Reader) -> None:
    works(monkeypatch, ANN)
    app = opened(**PAGE)
    assert "Choose what it was found to be" in said(press(app, "Close the case"))
    assert "the comment is empty: write something" in said(press(app, "Add the comment"))
    assert reader.cases.history(DRAIN) == []


def test_hostile_names_and_comments_are_text(monkeypatch: pytest.MonkeyPatch, desk: Desk) -> None:
    for words in HOSTILE.values():
        desk.comment(ANN, DRAIN, words)
    desk.change(ANN, DRAIN, 0, Change(status="open", assignee=HOSTILE["script"]))
    works(monkeypatch, Actor("<b>mallory", "analyst"))
    app = opened(**PAGE)
    drawn = said(press(app, "Take"))
    assert "<script>" not in drawn
    assert "<b>mallory" not in drawn
    assert "\u202e" not in drawn
    assert "x" * 10_240 in drawn


@pytest.mark.parametrize("change", ["", "{", "[]", "null", '{"before":{},"after":7}', "[" * 5_000])
def test_a_row_of_history_that_cannot_be_read_is_its_action(change: str) -> None:
    assert deed(AuditRow(1, 1, "ann", "analyst", "change case", "case x", change, "")) == "change case"


def test_a_case_stays_when_its_alert_is_retracted(
    monkeypatch: pytest.MonkeyPatch, filing: Filing, desk: Desk
) -> None:
    desk.comment(ANN, DRAIN, "Keep this.")
    filing.file(drain(1, status="retracted", retraction_reason="its block left"))
    drawn = said(opened(**PAGE))
    assert "Retracted: its block left" in drawn
    assert "Keep this." in drawn
