"""The screen Health shows what the roles tell of themselves, and one odd record spoils its own line only."""

from __future__ import annotations

from contextlib import closing

import pytest

from dashboard.screens import health_outbox, health_records
from dashboard.store import RoleHealth, open_outbox, open_writer
from dashboard.store.outbox import Telling, Told
from dashboard.store.outbox_reading import DeadLetter
from tests.dashboard.alerts import CHAIN, Filing, drain
from tests.dashboard.screen import opened, said
from tests.dashboard.test_health import NOW, told


def test_roles_latency_and_nodes_are_on_the_screen(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERTOW_STORE", sqlite_url)
    off = told(role="detect", detectors={"wallet-drain": "off since block 7"})
    open_writer(sqlite_url).file_health(CHAIN, [told(), off])
    drawn = said(opened("health"))
    assert "How long the parts of ingest take" in drawn
    assert "Nodes" in drawn
    assert "Detectors that are not on" in drawn


def test_a_record_says_its_age_and_what_it_counted() -> None:
    row = health_records.role(RoleHealth(CHAIN, "ingest", "a", NOW - 42, told()), NOW)
    assert [cell["text"] for cell in row[3:]] == ["42 s ago", "7", "", "1.5", "7 blocks header"]
    broken = health_records.role(RoleHealth(CHAIN, "ingest", "a", "x", None), NOW)  # type: ignore[arg-type]
    assert [cell["text"] for cell in broken[3:]] == [
        "at an unknown time", "", "", "", "its record cannot be read"
    ]  # fmt: skip


def test_what_nobody_could_be_told_is_on_the_screen(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERTOW_STORE", sqlite_url)
    with closing(open_writer(sqlite_url)) as writer:
        Filing(writer).file(drain(1))
    assert "Messages to people" not in said(opened("health"))
    with open_outbox(sqlite_url) as outbox:
        telling = Telling("soc", "raised", Told("high", True))
        outbox.plan(lambda *_: [telling], NOW, storm=10)
        outbox.dead(outbox.due(NOW)[0], NOW, "it answered 403 <b>")
    drawn = said(opened("health"))
    assert "Messages to people" in drawn and "1 dead" in drawn


def test_a_dead_letter_with_odd_values_is_shown_as_it_is() -> None:
    row = health_outbox._row(DeadLetter("soc", "x", CHAIN, "a", "raised", "many", None, "<b>"))  # type: ignore[arg-type]
    assert [cell["text"] for cell in row] == ["soc", "raised", "a", "at an unknown time", "many", "<b>"]
