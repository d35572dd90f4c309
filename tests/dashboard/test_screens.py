"""What the screens say, without a browser: filters, counts and pages of a real store."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.store import Feed, open_writer
from tests.dashboard.alerts import CAROL, MALLORY, VAULT, Filing, drain, judged, poisoning
from tests.dashboard.screen import opened, said


@pytest.fixture
def filing(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Filing:
    monkeypatch.setenv("UNDERTOW_STORE", sqlite_url)
    return Filing(open_writer(sqlite_url))


def test_an_empty_store_says_so(filing: Filing) -> None:
    assert "nothing filed yet" in said(opened())


def test_the_queue_counts_what_is_in_the_store(filing: Filing) -> None:
    filing.file(drain(1), drain(2, severity="critical"), poisoning(40), blocks=(judged(41),))
    text = said(opened())
    assert "<b>3</b>alerts" in text
    assert "<b>1</b>critical" in text
    # finality 10: at head 41 the drains of blocks 1 and 2 are final, the poisoning of block 40 is not.
    assert "<b>1</b>provisional" in text
    assert "<b>2</b>final" in text
    assert "Chain 31337 · block 41" in text


def test_a_filter_of_the_address_bar_is_applied(filing: Filing) -> None:
    filing.file(drain(1), poisoning(2))
    assert "<b>1</b>alert" in said(opened(category="address-poisoning"))
    assert "<b>1</b>alert" in said(opened(search=CAROL))
    assert "<b>2</b>alerts" in said(opened(category="'); DROP TABLE alerts"))


def test_choosing_a_severity_narrows_the_queue(filing: Filing) -> None:
    filing.file(drain(1), poisoning(2))
    app = opened()
    severity = next(box for box in app.multiselect if box.label == "Severity")
    assert "<b>1</b>alert" in said(severity.select("medium").run())


def cells(app: AppTest, column: str) -> list[str]:
    """The cells of the table that has this column."""
    return next(
        [str(cell) for cell in table.value[column]] for table in app.dataframe if column in table.value
    )


def test_an_alert_page_shows_roles_measures_and_evidence(filing: Filing) -> None:
    filing.file(drain(1), blocks=(judged(2),))
    app = opened(alert="31337:drain-1")
    text = said(app)
    assert "<h1>Wallet drain</h1>" in text
    assert "2 wallets that never dealt with each other" in text
    assert cells(app, "measure") == ["Emptied share", "Victims"]
    assert cells(app, "measured") == ["0.985", "2"]
    assert cells(app, "is") == ["at or above", "at or above"]
    assert cells(app, "amount") == ["300", "50", "350"]
    assert cells(app, "to") == [MALLORY, MALLORY, VAULT]
    assert cells(app, "to is") == ["attacker", "attacker", "intermediary"]


def test_an_alert_that_is_not_there_is_said_plainly(filing: Filing) -> None:
    assert "There is no alert nothing on chain 31337" in said(opened(alert="31337:nothing"))
    assert "The address names no alert" in said(opened(alert="<script>"))


def test_suppression_stays_visible(filing: Filing) -> None:
    filing.file(drain(1, suppressed_by={"kind": "airdrop", "reason": "pays <b>4,000</b> wallets the same"}))
    text = said(opened(alert="31337:drain-1"))
    assert "Suppressed: airdrop · pays &lt;b&gt;4,000&lt;/b&gt; wallets the same" in text


def test_what_an_alert_is_worth_and_which_one_says_more_is_shown(filing: Filing) -> None:
    part = {"kind": "part-of", "reason": "says less", "id": "drain-7"}
    filing.file(drain(1, suppressed_by=part, value_wei=str(15 * 10**17)), drain(2), blocks=(judged(3),))
    text = said(opened(alert="31337:drain-1"))
    assert "Suppressed: part-of · says less · see alert drain-7" in text
    assert "<small>Value in native coin</small><span>1.5</span>" in text
    assert "Value in native coin" not in said(opened(alert="31337:drain-2"))


def test_the_screens_say_which_chain_is_judged_anew(filing: Filing) -> None:
    filing.file(drain(1), blocks=(judged(2),))
    told = "Chain 31337: rebuilding: run &lt;b&gt; judges its log anew"
    assert told not in said(opened())
    before = filing.writer.offsets(31337)
    filing.writer.file(Feed(31337, (), (), before, before, 10, rebuilding="<b>"))
    assert told in said(opened())
    assert told in said(opened(alert="31337:drain-1"))
    filing.writer.file(Feed(31337, (), (), before, before, 10))
    assert told not in said(opened())


def test_why_is_a_sentence_of_words_with_short_addresses(filing: Filing) -> None:
    filing.file(drain(1, explanation=f"{MALLORY} emptied {VAULT}."), blocks=(judged(2),))
    assert "This wallet emptied 0x0f0f0f…0f0f0f." in said(opened(alert="31337:drain-1"))


def test_a_store_that_fails_is_said_on_the_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("UNDERTOW_STORE", f"sqlite:///{tmp_path}/gone.db")
    assert "run `undertow sink` first" in said(opened())
