"""Ann hands on what she found: a report says what the page says, whatever strangers wrote into it."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from html import unescape
from html.parser import HTMLParser
from itertools import cycle
from typing import Any

import pytest

from dashboard.screens import handing_on
from dashboard.screens.report import Document, as_html, as_pdf, case_report
from dashboard.screens.report.as_pdf import pieces, shown
from dashboard.screens.report.document import Facts, Section, Table
from dashboard.screens.report.gathering import MOST_EVIDENCE
from dashboard.store import AlertKey, Change, Desk, Reader, open_desk, open_reader, open_writer
from detectors.alerts.alert import Alert
from ingest.model.errors import BadInput
from tests.dashboard.alerts import (
    ALICE,
    BOB,
    CHAIN,
    MALLORY,
    VAULT,
    Filing,
    back_to,
    drain,
    judged,
    paid,
    poisoning,
)
from tests.dashboard.people import ANN, HOSTILE
from tests.dashboard.screen import opened
from tests.dashboard.test_odd_rows import ODD

KEY = AlertKey(CHAIN, "drain-4")
AT = 1_700_000_000.0


@pytest.fixture
def filing(sqlite_url: str) -> Filing:
    return Filing(open_writer(sqlite_url))


@pytest.fixture
def reader(filing: Filing, sqlite_url: str) -> Reader:
    return open_reader(sqlite_url)


@pytest.fixture
def desk(filing: Filing, sqlite_url: str) -> Desk:
    return open_desk(sqlite_url)


def texts(document: Document) -> list[str]:
    """Every text of a report, but for those in the flow of money."""
    found = [document.title, *document.labels, document.sentence, *document.notices, document.made]
    for section in document.sections:
        found += [section.title, section.remark]
        if isinstance(section.body, Facts):
            found += [text for fact in section.body.named for text in fact]
        elif isinstance(section.body, Table):
            found += [text for row in section.body.rows for text in row]
    return found


class Markup(HTMLParser):
    """The tags of a page, their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def is_quiet(page: str) -> bool:
    """Whether a page runs nothing and asks nobody."""
    markup = Markup(page)
    asking = {"script", "img", "iframe", "link", "object", "embed", "a", "form", "base", "image", "use"}
    running = [name for name, _ in markup.attributes if name.startswith("on") or name in ("src", "href")]
    return not markup.tags & asking and not running and "url(http" not in page


def test_the_report_of_a_closed_case_says_everything_that_its_page_says(
    filing: Filing, reader: Reader, desk: Desk
) -> None:
    filing.file(drain(4), poisoning(5), blocks=(judged(6),))
    desk.comment(ANN, KEY, "Alice called.\nHer wallet is empty.")
    desk.change(ANN, KEY, 0, Change(disposition="confirmed", reason="loss-verified"))

    document = case_report(reader, KEY, "ann", AT)

    said = texts(document)
    for words in (
        "confirmed (loss-verified)", "“Alice called.\nHer wallet is empty.”", "Emptied share", "0.985",
        "at or above", ALICE, VAULT, drain(4).transactions[0], drain(4).block_hash, "300\nDAI", "4\nlog 3",
        "poison-5", "will be final", "header",
    ):  # fmt: skip
        assert any(words in text for text in said), words
    assert "status new → closed" in " ".join(said)
    assert document.made == "Made 2023-11-14 22:13:20 UTC by ann, of the store as it stood then."
    page = as_html(document)
    assert is_quiet(page)
    assert all(text in unescape(page) for text in said)
    assert "<path" in page and page.count("<rect") == 4


def test_a_pdf_is_the_same_bytes_again_and_leads_nowhere(filing: Filing, reader: Reader) -> None:
    filing.file(drain(4, explanation="See http://198.51.100.7/ and (mailto:eve@example.org)."))
    words = tuple(("what", each) for each in (*HOSTILE.values(), "\n" * 300, "漢" * 150, "W" * 2_000))
    report = case_report(reader, KEY, "ann", AT)
    document = replace(report, sections=(*report.sections, Section("Hostile", Facts(words))))
    made = as_pdf(document, AT)
    assert made.startswith(b"%PDF-") and made.rstrip().endswith(b"%%EOF")
    assert made == as_pdf(document, AT)
    for leading in (b"/URI", b"/JavaScript", b"/JS", b"/Launch", b"/EmbeddedFile", b"198.51"):
        assert leading not in made


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_words_are_text(filing: Filing, reader: Reader, desk: Desk, kind: str) -> None:
    words = HOSTILE[kind]
    moves = (replace(paid(ALICE, MALLORY, 300, 4), symbol=words), paid(MALLORY, VAULT, 1, 4, words))
    filing.file(drain(4, evidence=moves, explanation=f"Emptied of {words}", retraction_reason=words)
                if "surrogate" not in kind else drain(4))  # fmt: skip
    desk.comment(ANN, KEY, words)
    document = case_report(reader, KEY, words, AT)
    page = as_html(document)
    assert is_quiet(page)
    assert all(character.isprintable() or character == "\n" for character in "".join(texts(document)))
    assert page.encode()


@pytest.mark.parametrize("name", [each.name for each in fields(Alert) if each.name not in ("id", "chain_id")])
def test_a_report_takes_any_value_that_a_record_can_hold(
    filing: Filing, reader: Reader, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    filing.file(drain(4))
    many = ("roles", "evidence", "transactions")
    for value in [] if name in many else ODD:
        strange = replace(drain(4), **{name: value})  # type: ignore[arg-type]
        monkeypatch.setattr(reader, "alert", lambda chain, alert, odd=strange: (odd, "final"))
        monkeypatch.setattr(reader, "related", lambda alert: [])
        assert is_quiet(as_html(case_report(reader, KEY, "ann", AT)))


@pytest.mark.parametrize("name", [each.name for each in fields(drain().evidence[0])])
def test_a_report_takes_any_value_of_a_row_of_evidence(
    filing: Filing, reader: Reader, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    filing.file(drain(4))
    first = drain(4).evidence[0]
    odd = tuple(replace(first, **{name: value}) for value in ODD)  # type: ignore[arg-type]
    monkeypatch.setattr(reader, "alert", lambda chain, alert: (drain(4, evidence=odd), "final"))
    assert is_quiet(as_html(case_report(reader, KEY, "ann", AT)))


def test_an_alert_without_transfers_or_retracted_has_a_report(filing: Filing, reader: Reader) -> None:
    filing.file(drain(4, evidence=(), roles=(), measured={}, thresholds={}), blocks=(judged(6),))
    document = case_report(reader, KEY, "ann", AT)
    assert "No transfer is among the evidence." in as_html(document)
    assert as_pdf(document, AT)
    filing.file(
        replace(drain(4), retraction_reason="its block left", status="retracted"), blocks=(back_to(3),)
    )
    assert case_report(reader, KEY, "ann", AT).notices == (
        "Retracted: its block left. It counts as not raised.",
    )  # fmt: skip


def test_a_thousand_rows_of_evidence_are_cut_and_said(filing: Filing, reader: Reader) -> None:
    rows = tuple(paid(who, MALLORY, 1, 4) for who, _ in zip(cycle((ALICE, BOB)), range(1_000), strict=False))
    filing.file(drain(4, evidence=rows))
    document = case_report(reader, KEY, "ann", AT)
    evidence = next(each for each in document.sections if each.title == "Evidence")
    assert isinstance(evidence.body, Table) and len(evidence.body.rows) == MOST_EVIDENCE
    assert evidence.remark == "The first 500 of 1,000 rows; the alert as JSON has all of them."


def test_a_cell_that_is_longer_than_a_page_stands_in_several_rows() -> None:
    assert pieces("") == [""]
    assert pieces("a\nb") == ["a\nb"]
    assert [each.count("\n") + 1 for each in pieces("\n" * 60)] == [25, 25, 11]
    assert "".join(pieces("x" * 1_234)) == "x" * 1_234
    assert "\n".join(pieces("word\n" * 99)) == "word\n" * 99


def test_letters_that_the_paper_lacks_are_written_out() -> None:
    assert shown("DΑI ×2 漢\n🦊") == "DΑI ×2 \\u{6f22}\n\\u{1f98a}"


def test_an_alert_that_is_not_there_is_one_line(reader: Reader) -> None:
    with pytest.raises(BadInput, match="there is no alert drain-4 on chain 31337"):
        case_report(reader, KEY, "ann", AT)
    assert "there is no alert drain-4 on chain 31337" in handing_on.html(reader, KEY, "ann")


@pytest.mark.parametrize("named", ["../../etc/passwd", "a b", "", "é", "x" * 500, "drain-4"])
def test_a_file_is_named_with_letters_that_every_system_takes(named: str) -> None:
    assert re.fullmatch(r"case-1-[0-9A-Za-z-]{1,40}", handing_on.file_name(AlertKey(1, named)))


def test_the_page_of_an_alert_offers_the_files(
    filing: Filing, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERTOW_STORE", sqlite_url)
    filing.file(drain(4), blocks=(judged(6),))
    page = opened(alert=str(KEY))
    assert not page.exception
    offered: list[Any] = [each.proto.label for each in page.get("download_button")]
    assert offered == ["Report as PDF", "Report as HTML", "Alert as JSON"]
    assert handing_on.json_of(drain(4)) == f"{drain(4).to_json()}\n"
    assert "cannot be written as JSON" in handing_on.json_of(replace(drain(4), score=float("nan")))
