"""Commands that are used wrongly say so; the right ones say what they did."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import undertow
from dashboard.store import open_writer
from ingest.model.errors import BadInput
from tests.dashboard.alerts import Filing, drain, judged


def test_export_wants_one_source(tmp_path: Path) -> None:
    book = str(tmp_path / "book.jsonl")
    for sources in ([], ["--kafka", "127.0.0.1:9092", "--store", "sqlite:///x.db"]):
        outcome = CliRunner().invoke(undertow.app, ["export", *sources, "--alerts", book])
        assert outcome.exit_code == 2
        assert "give one of --kafka and --store" in outcome.output


def test_export_says_what_it_wrote(sqlite_url: str, tmp_path: Path) -> None:
    Filing(open_writer(sqlite_url)).file(drain(1), blocks=(judged(5),))
    argv = ["export", "--store", sqlite_url, "--csv", "--alerts", str(tmp_path / "book.csv")]
    outcome = CliRunner().invoke(undertow.app, argv)
    assert outcome.exit_code == 0
    assert "chain 31337: 1 alert at head 5" in outcome.output
    assert "wallet-drain" in (tmp_path / "book.csv").read_text()


def test_a_dashboard_for_others_where_nobody_signs_in_is_refused(sqlite_url: str) -> None:
    argv = ["dashboard", "--store", sqlite_url, "--address", "0.0.0.0"]
    outcome = CliRunner().invoke(undertow.app, argv, env={"UNDERTOW_USERS": None})
    assert isinstance(outcome.exception, BadInput)
    assert "nobody may come in without signing in" in str(outcome.exception)


def test_status_of_nothing_still_names_the_detectors(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UNDERTOW_KAFKA", "UNDERTOW_STORE"):
        monkeypatch.delenv(name, raising=False)
    outcome = CliRunner().invoke(undertow.app, ["status"])
    assert outcome.exit_code == 0
    assert outcome.output.startswith("detectors: ")
