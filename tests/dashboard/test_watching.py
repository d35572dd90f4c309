"""Addresses are watched from their page and marked in the queue, without a browser."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.screens import sign_in, triage
from dashboard.store import Filters, Reader, open_desk, open_reader, open_writer
from tests.dashboard.alerts import BOB, CHAIN, MALLORY, Filing, drain, judged
from tests.dashboard.people import ANN, HOSTILE, VERA
from tests.dashboard.screen import opened, said


@pytest.fixture
def reader(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Reader:
    monkeypatch.setenv("UNDERTOW_STORE", sqlite_url)
    monkeypatch.delenv("DASHBOARD_LAKE", raising=False)
    filing = Filing(open_writer(sqlite_url))
    filing.file(drain(1), drain(2, subject_id=BOB), blocks=(judged(3),))
    return open_reader(sqlite_url)


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def test_ann_watches_mallory_and_ends_it_again(monkeypatch: pytest.MonkeyPatch, reader: Reader) -> None:
    monkeypatch.setattr(sign_in, "LOCAL", ANN)
    app = opened("wallet", address=MALLORY)
    next(box for box in app.text_input if box.label == "Why it is watched").set_value("drains <b>wallets")
    drawn = said(press(app, "Watch it"))
    assert "by ann. drains &lt;b&gt;wallets" in drawn
    lines = triage.lines(reader, reader.page(Filters(), 1, 9))
    assert [(line["subject_full"], line["watched"]) for line in lines] == [(BOB, False), (MALLORY, True)]
    assert "Watched addresses" in said(opened("wallet"))
    drawn = said(press(app, "Watch it no longer"))
    assert "Watched since" not in drawn
    assert reader.cases.watches() == []
    assert "Watched addresses" not in said(opened("wallet"))


def test_vera_sees_that_it_is_watched_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, reader: Reader, sqlite_url: str
) -> None:
    open_desk(sqlite_url).watch(ANN, CHAIN, MALLORY, "robs")
    monkeypatch.setattr(sign_in, "LOCAL", VERA)
    app = opened("wallet", address=MALLORY)
    assert "by ann. robs" in said(app)
    controls = {"Watch it", "Replace the note", "Watch it no longer"}
    assert not {button.label for button in app.button} & controls


@pytest.mark.parametrize("note", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_notes_are_text(reader: Reader, sqlite_url: str, note: str) -> None:
    open_desk(sqlite_url).watch(ANN, CHAIN, MALLORY, note)
    drawn = said(opened("wallet", address=MALLORY))
    assert "by ann. " in drawn
    assert "<script>" not in drawn
    assert "\u202e" not in drawn
