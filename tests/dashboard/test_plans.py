"""No screen reads a whole table: SQLite tells how it would find the answer to each of their questions."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from dashboard.store import AlertKey, Filters, Reader, open_reader, open_writer, overview, subjects, trends
from dashboard.store import incidents as joined
from dashboard.store.case_lists import case_list
from dashboard.store.connect import open_outbox
from dashboard.store.letters import Telling, Told
from dashboard.store.outbox_reading import dead_letters, outbox_counts
from dashboard.store.overview import Span
from dashboard.store.revision_reading import (
    alerts_before,
    last_revision,
    revision_hash,
    revisions_after,
    revisions_of,
)
from tests.dashboard.alerts import CHAIN, GENESIS, MALLORY, Filing, back_to, drain, judged
from tests.dashboard.people import ANN

WEEK = Span(GENESIS, GENESIS + 7 * 86_400)
QUESTIONS: dict[str, Callable[[Reader], object]] = {
    "the queue": lambda reader: reader.page(Filters(), 3, 50),
    "the queue by one category": lambda reader: reader.page(Filters(categories=("ponzi",)), 1, 50),
    "the queue by one severity": lambda reader: reader.page(Filters(severities=("low",)), 1, 50),
    "the queue by two severities": lambda reader: reader.page(Filters(severities=("low", "high")), 1, 50),
    "the queue by a status": lambda reader: reader.page(Filters(statuses=("final",)), 1, 50),
    "the queue by a chain": lambda reader: reader.page(Filters(chains=(CHAIN,)), 1, 50),
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
    "alerts of the API": lambda reader: alerts_before(reader, Filters(), None, 100),
    "their next page": lambda reader: alerts_before(reader, Filters(), 7, 100),
    "of one severity": lambda reader: alerts_before(reader, Filters(severities=("low",)), 7, 100),
    "of one category": lambda reader: alerts_before(reader, Filters(categories=("ponzi",)), None, 100),
    "of two severities": lambda reader: alerts_before(reader, Filters(severities=("low", "high")), 7, 100),
    "of a status": lambda reader: alerts_before(reader, Filters(statuses=("final",)), None, 100),
    "of a chain": lambda reader: alerts_before(reader, Filters(chains=(CHAIN,)), None, 100),
    "of a score, since": lambda reader: alerts_before(reader, Filters(since=9, minimum_score=0.5), 7, 100),
    "of an address": lambda reader: alerts_before(reader, Filters(search=MALLORY), None, 100),
    "of open cases": lambda reader: alerts_before(reader, Filters(cases=("open",)), None, 100),
    "untouched": lambda reader: alerts_before(reader, Filters(cases=("new",)), None, 100),
    "revisions of an alert": lambda reader: revisions_of(reader, CHAIN, "drain-1"),
    "events": lambda reader: revisions_after(reader, 3, 200),
    "whether an event is held": lambda reader: revision_hash(reader, 1),
    "the last event": last_revision,
    "cases": lambda reader: case_list(reader, ("open",), 100),
    "all cases": lambda reader: case_list(reader, (), 100),
    "cases of alerts": lambda reader: reader.cases.cases([AlertKey(CHAIN, "drain-1"), AlertKey(5, "a")]),
    "watched of some": lambda reader: reader.cases.watched(CHAIN, [MALLORY]),
    "the audit": lambda reader: reader.cases.audit(),
    "alerts of a transaction": lambda reader: subjects.alerts_of_transaction(reader, CHAIN, "0x7a"),
    "messages": outbox_counts,
    "dead letters": dead_letters,
}
IN_ORDER = (
    "the queue", "the queue by one category", "the queue by one severity", "the queue by two severities",
    "the queue by a status", "the queue by a chain", "alerts of the API", "their next page",
    "of one severity", "of one category", "of two severities", "of a status", "of a chain",
    "of a score, since", "events",
)  # fmt: skip
"""These stop when their page is full: nothing is put in order first, but for alerts of the same second."""
LARGE = "alerts|roles|alert_transactions|scores|health_history|audit|comments|revisions|outbox|told|cases"
WHOLE = re.compile(rf"\ASCAN ({LARGE})\b(?! USING (COVERING INDEX|INDEX (alerts_newest|cases_changed)))")
"""A list in the order of its index stops when its page is full; one that covers has no large rows."""
SORTED = re.compile(r"USE TEMP B-TREE FOR ORDER BY")


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
    with noted(reader._engine) as asked:
        QUESTIONS[name](reader)
    plans = planned(file, asked, "SELECT")
    assert plans
    for statement, steps in plans:
        assert not [step for step in steps if WHOLE.search(step)], statement
        if name in IN_ORDER:
            assert not [step for step in steps if SORTED.search(step)], statement


def test_the_queue_goes_by_the_index_in_its_order_whichever_was_made_first(
    store: tuple[str, Reader],
) -> None:
    file, reader = store
    with noted(reader._engine) as asked:
        reader.page(Filters(), 3, 50)
    with closing(sqlite3.connect(file)) as connection:
        indexes = "SELECT sql FROM sqlite_master WHERE sql LIKE 'CREATE INDEX%ON alerts %'"
        made = [sql for (sql,) in connection.execute(indexes)]
        assert len(made) > 5
        for order in (made, made[::-1]):
            for sql in order:
                connection.execute(f"DROP INDEX {sql.split()[2]}")
            for sql in order:
                connection.execute(sql)
            connection.commit()
            ((_, plan),) = planned(file, asked, "SELECT")
            assert plan == ["SCAN alerts USING INDEX alerts_newest"]


def test_filing_looks_at_no_alert_but_those_it_files(store: tuple[str, Reader]) -> None:
    """What one more alert costs does not grow with how many there are."""
    file, _ = store
    with closing(open_writer(f"sqlite:///{file}")) as writer, noted(writer._engine) as asked:
        Filing(writer).file(drain(40), drain(1, score=1.0), blocks=(judged(41, (MALLORY, 0.5)),))
        Filing(writer).file(blocks=(back_to(39), judged(40)))
        writer.age(CHAIN, 1)
    written = planned(file, asked, "SELECT", "UPDATE", "DELETE")
    assert {statement.split()[0] for statement, _ in written} == {"SELECT", "UPDATE", "DELETE"}
    for statement, steps in written:
        assert not [step for step in steps if WHOLE.search(step)], statement


def test_planning_messages_looks_at_no_message_but_those_of_its_alerts(store: tuple[str, Reader]) -> None:
    file, _ = store
    telling = [Telling("chat", "raised", Told("high", True))]
    with (
        open_outbox(f"sqlite:///{file}") as outbox,
        noted(outbox._engine) as asked,
        noted(outbox._reading) as read,
    ):
        outbox.plan(lambda _revision, _known: telling, 10, 20)
        outbox.fold(10)
        outbox.due(10)
        outbox.next_at()
    written = planned(file, [*asked, *read], "SELECT", "UPDATE", "DELETE")
    assert [statement for statement, _ in written if "FROM told" in statement]
    for statement, steps in written:
        assert not [step for step in steps if WHOLE.search(step)], statement


@contextmanager
def noted(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """The statements that are made inside of it, with their values."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        asked.append((statement, values[0] if isinstance(values, list) else values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def planned(file: str, asked: list[tuple[str, Any]], *kinds: str) -> list[tuple[str, list[str]]]:
    """How SQLite makes each statement of these kinds."""
    wanted = [each for each in asked if each[0].lstrip().startswith(kinds)]
    with closing(sqlite3.connect(file)) as connection:
        return [
            (statement, [step for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)])
            for statement, values in wanted
        ]
