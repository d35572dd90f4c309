"""The queue as work: cases in it, taken and closed one or many at a time, and views that a person keeps."""

from __future__ import annotations

import pytest

from dashboard.screens import routes, saved, sign_in, triage
from dashboard.store import (
    Actor,
    AlertKey,
    Change,
    Desk,
    Filters,
    NotAllowed,
    Reader,
    SavedFilter,
    open_desk,
    open_reader,
)
from dashboard.store import open_writer as opening
from dashboard.store.overview import Span, worst
from ingest.model.errors import BadInput
from tests.dashboard.alerts import CHAIN, Filing, drain, judged, poisoning
from tests.dashboard.people import ANDREW, ANN, HOSTILE, VERA
from tests.dashboard.screen import opened, said

FIRST, SECOND = AlertKey(CHAIN, "drain-1"), AlertKey(CHAIN, "drain-2")
TAKEN = Change(status="open", assignee="ann")


@pytest.fixture
def filing(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Filing:
    monkeypatch.setenv("UNDERTOW_STORE", sqlite_url)
    filing = Filing(opening(sqlite_url))
    filing.file(drain(1), drain(2), poisoning(3), blocks=(judged(4),))
    return filing


@pytest.fixture
def desk(filing: Filing, sqlite_url: str) -> Desk:
    return open_desk(sqlite_url)


@pytest.fixture
def reader(filing: Filing, sqlite_url: str) -> Reader:
    return open_reader(sqlite_url)


def asked(act: str, *seen: tuple[AlertKey, int], reason: str = "") -> dict[str, object]:
    """What the browser sends."""
    return {"act": act, "reason": reason, "seen": [[str(key), revision] for key, revision in seen]}


def test_two_alerts_are_taken_and_dismissed_at_once(desk: Desk, reader: Reader) -> None:
    assert triage.act(asked("take", (FIRST, 0), (SECOND, 0)), desk, ANN) is None
    assert {reader.cases.case(key).assignee for key in (FIRST, SECOND)} == {"ann"}
    wish = asked("dismissed", (FIRST, 1), (SECOND, 1), reason="test-activity")
    assert triage.act(wish, desk, ANN) is None
    assert reader.cases.counts() == {"closed": 2}
    drawn = {line["key"]: line for line in triage.lines(reader, reader.page(Filters(), 1, 9))}
    assert drawn[str(FIRST)] | {"case": "dismissed", "closed": True, "revision": 2} == drawn[str(FIRST)]
    assert drawn[f"{CHAIN}:poison-3"]["case"] == ""


def test_what_somebody_else_changed_is_left_alone_and_said(desk: Desk, reader: Reader) -> None:
    desk.change(ANN, FIRST, 0, TAKEN)
    told = triage.act(asked("take", (FIRST, 0), (SECOND, 0)), desk, ANDREW)
    assert str(told).startswith("1 changed. ann changed this case meanwhile: it is now open, taken by ann.")
    assert [reader.cases.case(key).assignee for key in (FIRST, SECOND)] == ["ann", "andrew"]
    many = triage.act(asked("take", (FIRST, 0), (SECOND, 0)), desk, Actor("bea", "analyst"))
    assert many == "2 were changed by andrew, ann meanwhile and left alone."


@pytest.mark.parametrize(
    "wish",
    [None, 7, {}, asked("take"), asked("open", (FIRST, 0)), asked("confirmed", (FIRST, 0), reason="x"),
     asked("dismissed", (FIRST, 0), reason="loss-verified"), {"act": "confirmed", "seen": [[str(FIRST), 0]]},
     {"act": "take", "seen": [[str(FIRST), -1]]}, {"act": "take", "seen": [[str(FIRST), True]]},
     {"act": "take", "seen": ["x", 3]}, {"act": "take", "seen": [[HOSTILE["NUL"], 0]]},
     {"act": "take", "seen": [[f"{CHAIN}:nothing", 0]]}, {"act": ["take"], "seen": [[str(FIRST), 0]]}],
)  # fmt: skip
def test_a_request_made_by_hand_is_refused_in_one_line(desk: Desk, reader: Reader, wish: object) -> None:
    with pytest.raises(BadInput) as refused:
        triage.act(wish, desk, ANN)
    assert "\n" not in str(refused.value)
    assert reader.cases.counts() == {}


def test_a_viewer_changes_nothing_also_by_a_request_made_by_hand(desk: Desk, reader: Reader) -> None:
    with pytest.raises(NotAllowed):
        triage.act(asked("take", (FIRST, 0)), desk, VERA)
    assert reader.cases.counts() == {}


def test_the_queue_is_filtered_by_what_became_of_alerts(desk: Desk) -> None:
    desk.change(ANN, FIRST, 0, TAKEN)
    desk.change(ANN, SECOND, 0, Change(disposition="confirmed", reason="loss-verified"))
    for status in ("new", "open", "closed"):
        assert "<b>1</b>alert<" in said(opened("queue", case=status))
    assert "<b>3</b>alerts" in said(opened("queue", case="<script>"))
    desk.change(ANN, FIRST, 1, Change(status="new", assignee=""))
    assert "<b>2</b>alerts" in said(opened("queue", case="new"))


def test_what_somebody_took_or_closed_wants_nobody_first(desk: Desk, reader: Reader) -> None:
    everything = Span(0, 2**40)
    assert [row.id for row in worst(reader, everything, 3)] == ["drain-2", "drain-1", "poison-3"]
    desk.change(ANN, SECOND, 0, TAKEN)
    desk.change(ANN, FIRST, 0, Change(disposition="duplicate", reason="same-actor"))
    assert [row.id for row in worst(reader, everything, 3)] == ["poison-3"]
    desk.change(ANN, SECOND, 1, Change(status="new", assignee=""))
    assert [row.id for row in worst(reader, everything, 3)] == ["drain-2", "poison-3"]


def test_a_view_is_kept_under_a_name_and_removed_again(
    monkeypatch: pytest.MonkeyPatch, desk: Desk, reader: Reader
) -> None:
    monkeypatch.setattr(sign_in, "LOCAL", ANN)
    app = opened("queue", severity="high", case="new")
    next(box for box in app.text_input if box.label == "Name of what is shown now").set_value("![mine](x)")
    next(button for button in app.button if button.label == "Save").click().run()
    kept = reader.cases.filters(ANN)
    assert [(each.name, each.query) for each in kept] == [("![mine](x)", "severity=high&case=new")]
    assert reader.cases.filters(ANDREW) == []
    next(button for button in app.button if button.label == "Remove").click().run()
    assert not app.exception
    assert reader.cases.filters(ANN) == []


def test_a_kept_view_leads_to_all_of_its_values_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamlit.session_state", {routes._PAGES: {"queue": None}})
    kept = SavedFilter(1, "mine", "severity=high&severity=low&alert=1%3Ax&page=9", 1)
    assert routes.href(saved._link(kept)) == "/queue?severity=high&severity=low"
    for query in ("", "%", "\0", "=&=", "x" * 9_000):
        assert routes.href(saved._link(SavedFilter(1, "mine", query, 1))) == "/queue?"


def test_a_viewer_has_no_list_and_no_reasons(monkeypatch: pytest.MonkeyPatch, filing: Filing) -> None:
    monkeypatch.setattr(sign_in, "LOCAL", VERA)
    app = opened("queue")
    assert not app.text_input or all(box.label != "Name of what is shown now" for box in app.text_input)
    assert "T: take" not in said(app)
