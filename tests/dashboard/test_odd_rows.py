"""One odd row in the store spoils its own line only: on the queue, on the alert's page, in an export.

Rows get in that no undertow of today would file: by an older version, by a chain that counts time in
nanoseconds, by hand.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import wording
from dashboard.filing.export import from_store, lines
from dashboard.filing.status import gather, text
from dashboard.flow import flow
from dashboard.screens import alert as page
from dashboard.screens import drawings, parts
from dashboard.screens.report import told
from dashboard.screens.report.course import course
from dashboard.store import AlertRow, Filters, Head, open_reader, open_writer
from detectors.alerts.alert import Alert
from tests.dashboard.alerts import CHAIN, Filing, drain, judged
from tests.dashboard.screen import opened, said

ODD: tuple[object, ...] = (
    None, "", "not a number", -1, 1.5, True, 10**30, 10**5000, -(10**400), float("nan"), float("inf"), "\0",
    "<b>bold</b>", "x" * 100_000, b"\xff\xfe", [], [1], {}, {"a": [None]}, "\u202e", "\ud800", "9" * 5_000,
)  # fmt: skip
NANOSECONDS = 1_700_000_000 * 10**9

ROW = AlertRow(
    CHAIN, "drain-1", "wallet-drain", "high", 0.9, "final", False, "wallet", "0xee", 1, 1_700_000_000, "why"
)
HEAD = Head(CHAIN, 100, "0x64", 1_700_000_000, 10, 1.0)
FORMATTERS: dict[str, Callable[[Any], object]] = {
    "short": wording.short,
    "text": wording.text,
    "cut": lambda value: wording.cut(value, 10),
    "number": wording.number,
    "score": wording.score,
    "symbol": lambda value: wording.symbol(value, value),
    "amount": lambda value: wording.amount(value, 18),
    "decimals": lambda value: wording.amount("1000", value),
    "utc": wording.utc,
    "ago": wording.ago,
    "title": wording.title,
    "sentence": lambda value: wording.sentence(value, "wallet", "0xee", 40),
    "subject": lambda value: wording.sentence("0xee pays", value, value, 40),
    "stands": lambda value: wording.stands(value, value),
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@pytest.mark.parametrize("name", FORMATTERS)
@given(value=ANYTHING | st.sampled_from(ODD))
def test_any_value_is_written_somehow(name: str, value: object) -> None:
    written = FORMATTERS[name](value)
    assert isinstance(written, str)
    assert written.isprintable()


@pytest.mark.parametrize("column", [each.name for each in fields(AlertRow)])
@given(value=ANYTHING | st.sampled_from(ODD))
def test_a_line_of_the_queue_takes_any_value(column: str, value: object) -> None:
    drawn = parts.line(replace(ROW, **{column: value}))  # type: ignore[arg-type]
    assert all(isinstance(drawn[name], str) for name in drawn if name != "share")
    assert 0 <= drawn["share"] <= 1
    assert drawn["tone"] in ("low", "medium", "high", "critical", "plain")


@pytest.mark.parametrize("column", [each.name for each in fields(Head)])
@given(value=ANYTHING | st.sampled_from(ODD))
def test_the_head_line_takes_any_value(column: str, value: object) -> None:
    head = replace(Head(CHAIN, 1, "0x01", 1, 10, 1.0), **{column: value})  # type: ignore[arg-type]
    assert "Chain" in parts.heads_line([head], now=2.0)


def drawn_page(alert: Alert) -> list[object]:
    """Every text that the page makes of an alert, but for the widgets."""
    facts = [text for fact in (*told.short_facts(alert), *told.long_facts(alert)) for text in fact]
    tables = (page._measured_rows(alert), page._evidence_rows(alert))
    cells = [cell for table in tables for column in table.values() for cell in column]
    cells += [cell["text"] for row in page._role_rows(alert) for cell in row]
    cells += [cell for step in course(alert, "final", HEAD) for cell in step]
    drawing = drawings.flow_data(flow(alert))
    drawn = [part[name] for part in drawing["nodes"] for name in ("id", "label", "full", "role", "tone")]
    drawn += [part[name] for part in drawing["edges"] for name in ("label", "detail", "path")]
    return [told.because(alert.suppressed_by), told.why(alert), *facts, *cells, *drawn]


def are_texts(values: list[object]) -> bool:
    return len(values) > 20 and all(isinstance(value, str) for value in values)


@pytest.mark.parametrize(
    "name",
    ["severity", "score", "p_value", "status", "block_number", "timestamp", "updated_block", "subject_kind",
     "subject_id", "measured", "thresholds", "suppressed_by", "explanation", "run", "proof", "tier", "id"],
)  # fmt: skip
@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
def test_the_page_takes_any_value_of_an_alert(name: str, value: object) -> None:
    assert are_texts(drawn_page(replace(drain(1), **{name: value})))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [each.name for each in fields(drain().evidence[0])])
@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
def test_the_page_takes_any_value_of_a_row_of_evidence(name: str, value: object) -> None:
    odd = drain(1)
    first, *others = odd.evidence
    changed = replace(first, **{name: value})  # type: ignore[arg-type]
    assert are_texts(drawn_page(replace(odd, evidence=(changed, *others))))


class Desk:
    """A store with one alert that is well, `drain-1`, and one, `drain-2`, that is made odd by hand."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.writer = open_writer(url)
        Filing(self.writer).file(drain(1), drain(2), blocks=(judged(20),))

    def sets(self, column: str, value: object) -> None:
        with self.writer._engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE alerts SET {column} = ? WHERE id = 'drain-2'", (value,))

    def alters(self, name: str, value: object) -> None:
        """In the record that the page of the alert is made of."""
        plain = drain(2).to_dict()
        plain[name] = value
        self.sets("record", json.dumps(plain))


@pytest.fixture
def desk(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("UNDERTOW_STORE", sqlite_url)
    return Desk(sqlite_url)


STORED: list[tuple[str, object]] = [
    ("timestamp", NANOSECONDS), ("timestamp", "noon"), ("block_number", "not a number"),
    ("severity", "grave"), ("status", "forgotten"), ("status", b"\xff"), ("score", "high"),
    ("score", 7), ("suppressed", "maybe"),
    ("category", b"\x00\xff"), ("explanation", b"\xff"), ("subject_id", 5), ("chain_id", CHAIN),
]  # fmt: skip


@pytest.mark.parametrize(("column", "value"), STORED)
def test_the_queue_shows_the_other_rows(desk: Desk, column: str, value: object) -> None:
    desk.sets(column, value)
    assert "<b>2</b>alerts" in said(opened())
    reader = open_reader(desk.url)
    drawn = [parts.line(row) for row in reader.page(Filters(), 1, 10)]
    reader.close()
    assert {line["key"] for line in drawn} == {"31337:drain-1", "31337:drain-2"}


def test_a_time_that_no_calendar_has_is_shown_as_the_number_it_is(desk: Desk) -> None:
    desk.sets("timestamp", NANOSECONDS)
    desk.alters("timestamp", NANOSECONDS)
    assert wording.utc(NANOSECONDS) == "1,700,000,000,000,000,000"
    assert "1,700,000,000,000,000,000" in said(opened(alert="31337:drain-2"))
    assert "2023-11-14 22:13:32" in said(opened(alert="31337:drain-1"))


@pytest.mark.parametrize(
    ("name", "value"),
    [("severity", "grave"), ("score", None), ("timestamp", 10**30), ("measured", None), ("roles", [{}]),
     ("evidence", ["row"]), ("evidence", None), ("transactions", 5), ("suppressed_by", "x"),
     ("subject", None)],
)  # fmt: skip
def test_the_page_of_an_odd_alert_says_what_it_can(desk: Desk, name: str, value: object) -> None:
    desk.alters(name, value)
    app = opened(alert="31337:drain-2")
    assert "Wallet drain" in said(app) or "the record of alert drain-2 cannot be read" in said(app)
    assert "<h1>Wallet drain</h1>" in said(opened(alert="31337:drain-1"))


def test_one_odd_row_of_evidence_leaves_the_others_on_the_page(desk: Desk) -> None:
    evidence = drain(2).to_dict()["evidence"]
    evidence[0] |= {"amount": "a lot", "decimals": -1, "block_number": None, "from_address": 5}
    desk.alters("evidence", evidence)
    app = opened(alert="31337:drain-2")
    table = next(table.value for table in app.dataframe if "amount" in table.value)
    assert [str(cell) for cell in table["amount"]] == ["a lot", "50", "350"]


@pytest.mark.parametrize(
    ("name", "value"), [("block_number", "not a number"), ("score", "high"), ("severity", "grave"), ("id", 5)]
)
def test_an_export_leaves_out_what_is_no_alert_and_names_it(desk: Desk, name: str, value: object) -> None:
    desk.alters(name, value)
    (chain,) = from_store(desk.url)
    assert [json.loads(line)["id"] for line in lines([chain]).splitlines()] == ["drain-1"]
    (reason,) = chain.unreadable
    assert reason.startswith("alert drain-2: ")


@pytest.mark.parametrize(
    "change",
    [
        "block_number = 'high'",
        "filed_at = 'noon'",
        "finality = 'deep'",
        "timestamp = x'ff'",
        "block_hash = 5",
    ],
)
def test_an_odd_head_spoils_neither_screen_nor_status(desk: Desk, change: str) -> None:
    with desk.writer._engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE heads SET {change}")
    assert "<b>2</b>alerts" in said(opened())
    assert "chain 31337 in the store" in text(gather(None, desk.url))


def test_records_that_were_set_aside_are_told_on_the_queue(desk: Desk) -> None:
    with desk.writer._engine.begin() as connection:
        for offset in (3, 4):
            row = (CHAIN, "fraud.alerts", offset, "not JSON: <b>")
            connection.exec_driver_sql("INSERT INTO rejected VALUES (?, ?, ?, ?)", row)
    assert "Chain 31337: 2 records set aside" in said(opened())
    assert "set aside: chain 31337, fraud.alerts offset 4: not JSON: <b>" in text(gather(None, desk.url))
