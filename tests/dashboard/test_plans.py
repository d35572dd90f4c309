"""No screen reads a whole table: SQLite tells how it would find the answer to each of their questions."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import event

from dashboard.store import AlertKey, Filters, Reader, open_reader, open_writer, overview, subjects, trends
from dashboard.store import incidents as joined
from dashboard.store.overview import Span
from tests.dashboard.alerts import CHAIN, GENESIS, MALLORY, Filing, drain, judged
from tests.dashboard.people import ANN

WEEK = Span(GENESIS, GENESIS + 7 * 86_400)
QUESTIONS: dict[str, Callable[[Reader], object]] = {
    "the queue": lambda reader: reader.page(Filters(), 3, 50),
    "the queue by one category": lambda reader: reader.page(Filters(categories=("ponzi",)), 1, 50),
    "the queue by one severity": lambda reader: reader.page(Filters(severities=("low",)), 1, 50),
    "the queue by two severities": lambda reader: reader.page(Filters(severities=("low", "high")), 1, 50),
    "the queue by an address": lambda reader: reader.page(Filters(search=MALLORY), 1, 50),
    "how many": lambda reader: reader.counts(Filters()),
    "how many of some severities": lambda reader: reader.counts(Filters(severities=("low", "high"))),
    "how many since": lambda reader: reader.counts(Filters(since=GENESIS, minimum_score=0.5)),
    "categories": lambda reader: reader.categories(),
    "statuses": lambda reader: reader.statuses(CHAIN),
    "an alert": lambda reader: reader.alert(CHAIN, "drain-1"),
    "related": lambda reader: reader.related(drain(1)),
    "a case": lambda reader: reader.cases.case(AlertKey(CHAIN, "drain-1")),
    "its history": lambda reader: reader.cases.history(AlertKey(CHAIN, "drain-1")),
    "its comments": lambda reader: reader.cases.comments(AlertKey(CHAIN, "drain-1")),
    "over time": lambda reader: overview.timeline(reader, WEEK, 3_600),
    "the worst": lambda reader: overview.worst(reader, WEEK, 3),
    "the newest": lambda reader: overview.newest(reader, WEEK, 5, ("critical",)),
    "what it is worth": lambda reader: overview.worth(reader, WEEK),
    "rates": lambda reader: overview.rates(reader, WEEK.until),
    "incidents": lambda reader: joined.incidents(reader, WEEK),
    "weeks": lambda reader: trends.weeks(reader, WEEK.until, 8),
    "who comes again": lambda reader: trends.recurring(reader, WEEK, ("attacker",)),
    "tokens": lambda reader: trends.tokens(reader, WEEK),
    "alerts of a wallet": lambda reader: subjects.alerts_of(reader, CHAIN, MALLORY),
    "scores of a wallet": lambda reader: subjects.scores_of(reader, CHAIN, MALLORY),
    "the highest scores": lambda reader: subjects.highest(reader, CHAIN, 1, 12),
    "health over time": lambda reader: reader.health.course(CHAIN, 0, 60),
    "filters of a person": lambda reader: reader.cases.filters(ANN),
}
LARGE = "alerts|roles|alert_transactions|scores|health_history|audit|comments"
WHOLE = re.compile(rf"\ASCAN ({LARGE})(?! USING (COVERING INDEX|INDEX alerts_(newest|over_time)))")
"""The queue by time stops when its page is full, by whichever index begins with the time (the two cost the same, so
SQLite takes the one made first); a covering index has none of the large rows."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Reader]]:
    file = tmp_path_factory.mktemp("store") / "store.db"
    with closing(open_writer(f"sqlite:///{file}")) as writer:
        Filing(writer).file(drain(1), blocks=(judged(2, (MALLORY, 0.5)),))
    with closing(open_reader(f"sqlite:///{file}")) as reader:
        yield str(file), reader


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_goes_by_an_index(store: tuple[str, Reader], name: str) -> None:
    file, reader = store
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        asked.append((statement, values))

    event.listen(reader._engine, "before_cursor_execute", note)
    QUESTIONS[name](reader)
    event.remove(reader._engine, "before_cursor_execute", note)
    questions = [each for each in asked if each[0].lstrip().startswith("SELECT")]
    assert questions
    with closing(sqlite3.connect(file)) as connection:
        for statement, values in questions:
            plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            assert not [step for *_, step in plan if WHOLE.search(step)], statement
