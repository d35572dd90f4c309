"""One odd row of what people filed spoils its own line only, and can be put right by a change.

Rows get in that no undertow of today would file: by another program, by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import Table, bindparam, text
from sqlalchemy.types import NullType

from dashboard.store import AlertKey, Change, Desk, Reader, open_desk, open_reader, open_writer
from dashboard.store.case_tables import audit, audit_head, cases, comments, saved_filters, watches
from dashboard.store.guard_tables import guard_plans
from dashboard.store.outward_tables import (
    alarms,
    alert_numbers,
    outbox,
    outbox_place,
    revision_head,
    revisions,
    told,
)
from dashboard.store.tables import health, health_history, metadata, migrated, store_version
from tests.dashboard.alerts import ALICE, CHAIN, MALLORY, Filing, drain
from tests.dashboard.people import ANN
from tests.dashboard.test_any_row import ANYTHING, BAD_ROW
from tests.dashboard.test_odd_anchors import OF_ANCHORS
from tests.dashboard.test_odd_fees import OF_FEES
from tests.dashboard.test_turns import OF_TURNS

FIRST, SECOND = AlertKey(CHAIN, "drain-1"), AlertKey(CHAIN, "drain-2")
OF_PEOPLE = {cases: "alert_id = 'drain-2'", watches: f"address = '{ALICE}'", saved_filters: "name = 'odd'"}


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[Desk]:
    with closing(open_writer(sqlite_url)) as writer:
        Filing(writer).file(drain(1), drain(2))
    with closing(open_desk(sqlite_url)) as desk:
        for alert in (FIRST, SECOND):
            desk.change(ANN, alert, 0, Change(status="open"))
            desk.comment(ANN, alert, "hello")
        for address in (MALLORY, ALICE):
            desk.watch(ANN, CHAIN, address, "")
        for name in ("well", "odd"):
            desk.save_filter(ANN, name, "")
        yield desk


@pytest.fixture
def reader(desk: Desk, sqlite_url: str) -> Iterator[Reader]:
    with closing(open_reader(sqlite_url)) as reader:
        yield reader


def make_odd(desk: Desk, table: Table, column: str, value: object) -> None:
    changed = text(f'UPDATE {table.name} SET "{column}" = :value WHERE {OF_PEOPLE[table]}')
    with desk._engine.begin() as connection:
        connection.execute(changed.bindparams(bindparam("value", value, NullType())))


def test_every_table_is_looked_at_for_odd_rows() -> None:
    append_only = {audit, audit_head, comments}
    versions, of_roles = {store_version, migrated}, {health, health_history}
    looked_at = {metadata.tables[name] for name in BAD_ROW} | OF_PEOPLE.keys() | of_roles
    leaving = {revisions, revision_head, alert_numbers, outbox, told, outbox_place, alarms}
    elsewhere = OF_ANCHORS.keys() | OF_FEES.keys() | OF_TURNS | {guard_plans}
    assert looked_at | append_only | versions | leaving | elsewhere == set(metadata.tables.values())


@pytest.mark.parametrize("table", OF_PEOPLE, ids=[table.name for table in OF_PEOPLE])
@pytest.mark.parametrize("value", ANYTHING, ids=range(len(ANYTHING)))
def test_any_value_of_any_column_leaves_the_others_to_be_seen(
    desk: Desk, reader: Reader, table: Table, value: object
) -> None:
    for column in table.c:
        make_odd(desk, table, column.name, value)
        assert reader.cases.case(FIRST).status == "open"
        assert reader.cases.cases([FIRST, SECOND])[FIRST].revision == 1
        assert reader.cases.counts()["open"] >= 1
        assert MALLORY in {watch.address for watch in reader.cases.watches()}
        assert "well" in {saved.name for saved in reader.cases.filters(ANN)}
        with desk._engine.begin() as connection:
            connection.exec_driver_sql(f"DELETE FROM {table.name} WHERE {OF_PEOPLE[table]}")


@pytest.mark.parametrize("column", ["status", "revision", "assignee", "changed_at"])
def test_a_case_of_any_revision_can_be_changed_by_who_saw_it(desk: Desk, reader: Reader, column: str) -> None:
    make_odd(desk, cases, column, "high")
    stands = reader.cases.case(SECOND)
    closed = desk.change(ANN, SECOND, stands.revision, Change(disposition="duplicate", reason="same-actor"))
    assert reader.cases.case(SECOND) == closed
    assert closed.status == "closed"
