"""An analyst writes, tries and retires rules on the screen, each change in the audit; a viewer makes none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.filing import rule_files
from dashboard.launch import Sources
from dashboard.screens import rules as screen
from dashboard.screens import sign_in
from dashboard.store import Actor, AuditRow, Desk, NotAllowed, open_desk, open_reader, open_writer
from detectors.library.rules.files import rules_of
from ingest.lake.writing import LakeWriter
from ingest.model.errors import BadInput
from tests.dashboard.alerts import Filing, judged
from tests.dashboard.people import ADA, ANDREW, ANN, HOSTILE, VERA
from tests.dashboard.screen import drawn, opened, said
from tests.detectors.rules.test_rule_detector import LARGE, town

OTHER = LARGE.replace("2 coins", "3 coins")


@pytest.fixture
def folder(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNDERTOW_STORE", sqlite_url)
    monkeypatch.delenv("DASHBOARD_LAKE", raising=False)
    (tmp_path / "rules").mkdir()
    monkeypatch.setenv("DASHBOARD_RULES", str(tmp_path / "rules"))
    monkeypatch.setattr(sign_in, "LOCAL", ANN)
    Filing(open_writer(sqlite_url)).file(blocks=(judged(2),))
    return tmp_path / "rules"


@pytest.fixture
def desk(folder: Path, sqlite_url: str) -> Iterator[Desk]:
    with closing(open_desk(sqlite_url)) as desk:
        yield desk


def audit(url: str) -> list[AuditRow]:
    with closing(open_reader(url)) as reader:
        return reader.cases.audit()


def changes(url: str) -> list[tuple[str, str, str, Any]]:
    rows = sorted(audit(url), key=lambda row: row.number)
    return [(row.person, row.action, row.subject, json.loads(row.change)) for row in rows]


def typed(app: AppTest, text: str) -> AppTest:
    app.text_area[0].set_value(text)
    return app


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def test_ann_writes_a_rule_changes_it_and_retires_it(folder: Path, sqlite_url: str) -> None:
    app = press(typed(opened("rules"), LARGE), "Write")
    assert "The rule large is written: in force once detection judges anew with it." in said(app)
    assert (folder / "large.rule").read_text() == LARGE
    assert "Much, to somebody new. Of each transfer it alerts about the payee" in drawn(app)

    app.selectbox(key="rule_chosen").set_value("large").run()
    assert app.text_area[0].value == LARGE
    press(typed(app, OTHER), "Write")
    assert (folder / "large.rule").read_text() == OTHER

    press(app, "Retire")
    assert rules_of(folder) == []
    assert (folder / "retired" / "large.rule").read_text() == OTHER
    assert changes(sqlite_url) == [
        ("ann", "write rule", "rule large", {"before": None, "after": LARGE}),
        ("ann", "change rule", "rule large", {"before": LARGE, "after": OTHER}),
        ("ann", "retire rule", "rule large", {"before": OTHER, "after": None}),
    ]


def test_what_is_no_rule_is_told_with_its_place_and_changes_nothing(folder: Path, sqlite_url: str) -> None:
    for button in ("Explain", "Write", "Test on the lake"):
        app = press(typed(opened("rules"), LARGE.replace("value", "valu")), button)
        assert "the rule:7:6: `valu` is no field of a transfer" in said(app)
    assert list(folder.iterdir()) == [] == audit(sqlite_url)


def test_a_bad_file_is_shown_with_why_and_can_be_mended(folder: Path) -> None:
    (folder / "large.rule").write_text(LARGE.replace("value", "valu"))
    app = opened("rules")
    assert "Not a rule: large.rule:7:6" in drawn(app)
    app.selectbox(key="rule_chosen").set_value("large").run()
    press(typed(app, LARGE), "Write")
    assert [each.name for each in rules_of(folder)] == ["rule-large"]


def test_what_detection_refuses_is_no_rule_on_the_screen_either(folder: Path) -> None:
    (folder / "large.rule").write_bytes(LARGE.encode() + b"# \xff")
    (folder / "other.rule").write_text(LARGE)
    refused = [each.refused for each in rule_files.held(folder)]
    assert refused == [
        "large.rule:8:3: `\\xff` is no UTF-8: write plain text",
        "other.rule:1:1: the rule is called large: call the file large.rule",
    ]


def test_ann_tries_a_rule_on_the_newest_blocks_of_the_lake(
    folder: Path, monkeypatch: pytest.MonkeyPatch, sqlite_url: str
) -> None:
    app = press(typed(opened("rules"), LARGE), "Test on the lake")
    assert "no lake is named to try it on" in said(app)
    LakeWriter(folder.parent / "lake").write(town().batch())
    monkeypatch.setenv("DASHBOARD_LAKE", str(folder.parent / "lake"))
    figures = dict(screen._figures(LARGE, 1, 500))
    assert figures["alerts it would have raised"] == "3, 6000.00 per 10,000 transactions"
    assert figures["on blocks"] == "3: 1 (1), 2 (1), 3 (1)"
    assert figures["about subjects whose alerts people confirmed"] == "none there"
    assert dict(screen._figures(LARGE, 1, 1))["alerts it would have raised"].startswith("2, ")
    assert list(folder.iterdir()) == [] == audit(sqlite_url)


def test_vera_sees_rules_and_changes_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "large.rule").write_text(LARGE)
    monkeypatch.setattr(sign_in, "LOCAL", VERA)
    app = opened("rules")
    assert "A viewer looks: an analyst may write rules" in said(app)
    assert "Much, to somebody new." in drawn(app)
    assert not app.text_area and not app.button


@pytest.mark.parametrize("who", [VERA, Actor("eve", "root")])  # type: ignore[arg-type]
def test_a_request_made_by_hand_is_refused_too(folder: Path, desk: Desk, who: Actor, sqlite_url: str) -> None:
    (folder / "large.rule").write_text(LARGE)
    with pytest.raises(NotAllowed, match="only a person of role analyst or above may change a rule"):
        rule_files.save(desk, who, folder, OTHER, LARGE)
    with pytest.raises(NotAllowed):
        rule_files.save(desk, who, folder, LARGE.replace("large", "other"), None)
    with pytest.raises(NotAllowed):
        rule_files.retire(desk, who, folder, "large", LARGE)
    assert [path.name for path in folder.iterdir()] == ["large.rule"]
    assert (folder / "large.rule").read_text() == LARGE
    assert audit(sqlite_url) == []


def test_vera_who_presses_a_button_that_was_drawn_for_ann_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, sqlite_url: str
) -> None:
    for button in ("Write", "Test on the lake"):
        monkeypatch.setattr(sign_in, "LOCAL", ANN)
        app = typed(opened("rules"), LARGE)
        monkeypatch.setattr(sign_in, "LOCAL", VERA)
        assert "only a person of role analyst or above may" in said(press(app, button))
    assert list(folder.iterdir()) == [] == audit(sqlite_url)


def test_who_was_slower_is_told_and_changes_nothing(folder: Path, desk: Desk, sqlite_url: str) -> None:
    rule_files.save(desk, ANN, folder, LARGE, None)
    with pytest.raises(BadInput, match="somebody changed the rule large meanwhile, it is another: look"):
        rule_files.save(desk, ANDREW, folder, OTHER, None)
    rule_files.save(desk, ADA, folder, OTHER, LARGE)
    with pytest.raises(BadInput, match="meanwhile, it is another"):
        rule_files.retire(desk, ANDREW, folder, "large", LARGE)
    rule_files.retire(desk, ANDREW, folder, "large", OTHER)
    with pytest.raises(BadInput, match="meanwhile, it was retired"):
        rule_files.save(desk, ANN, folder, LARGE, OTHER)
    assert [action for _, action, _, _ in changes(sqlite_url)] == ["write rule", "change rule", "retire rule"]


def test_what_cannot_be_written_is_in_no_audit(
    folder: Path, desk: Desk, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: Path, _text: str) -> None:
        raise BadInput("no space left on device")

    monkeypatch.setattr(rule_files, "write_whole", full)
    with pytest.raises(BadInput, match="no space left"):
        rule_files.save(desk, ANN, folder, LARGE, None)
    assert list(folder.iterdir()) == [] == audit(sqlite_url)


@pytest.mark.parametrize("name", ["../large", "a/b", "..", "/etc/passwd"])
def test_no_name_leads_out_of_the_folder(folder: Path, desk: Desk, name: str) -> None:
    with pytest.raises(BadInput, match=r"no name of a rule|meanwhile"):
        rule_files.retire(desk, ANN, folder, name, LARGE)


def test_hostile_texts_in_files_are_text_on_the_screen(folder: Path) -> None:
    for number, text in enumerate(HOSTILE.values()):
        (folder / f"{'a' * (number + 1)}.rule").write_bytes(text.encode(errors="surrogatepass"))
    (folder / "<script>.rule").write_text(LARGE)
    app = opened("rules")
    shown = drawn(app) + said(app)
    assert shown.count("Not a rule: a") == len(HOSTILE)
    assert "\u202e" not in shown
    assert "<script>" not in " ".join(app.selectbox(key="rule_chosen").options)


def test_without_a_folder_it_says_how_to_name_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHBOARD_RULES", "")
    assert "undertow dashboard --rules DIR" in said(opened("rules"))
    monkeypatch.setenv("DASHBOARD_RULES", str(folder / "gone"))
    assert "cannot be read" in said(opened("rules"))
    with pytest.raises(BadInput, match="is no folder: make it, then give it as --rules"):
        Sources(rules=folder / "gone").check()
