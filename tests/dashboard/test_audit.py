"""Whoever changes or removes a row of the audit, or what it tells of, is found out. On each database."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

import undertow
from dashboard.store import Actor, AlertKey, AuditBroken, Change, Desk, Known, Reader, open_desk, open_reader
from tests.dashboard.alerts import ALICE, CHAIN, MALLORY, Filing, drain, judged
from tests.dashboard.people import ADA, ANDREW, ANN

FIRST, SECOND = AlertKey(CHAIN, "drain-1"), AlertKey(CHAIN, "drain-2")
KEPT = ("audit", "comments", "audit_head")
TRIGGERS = {
    "sqlite": [f"{table}_no_{change}" for table in KEPT for change in ("update", "delete", "insert")],
    "postgresql": [*(f"{table}_is_kept" for table in KEPT), "audit_head_counts"],
}


@pytest.fixture
def desk(store_url: str, filing: Filing) -> Iterator[Desk]:
    """Eight rows of the audit, all kinds among them."""
    filing.file(drain(1), drain(2), blocks=(judged(5),))
    desk = open_desk(store_url)
    desk.signed_in(ANN, "password")
    desk.change(ANN, FIRST, 0, Change(status="open", assignee="ann"))
    desk.comment(ANDREW, FIRST, "the victim wrote to us")
    desk.watch(ANN, CHAIN, MALLORY, "drained alice")
    desk.save_filter(ANDREW, "mine", "status=final")
    desk.change(ANN, FIRST, 1, Change(disposition="confirmed", reason="victim-reported"))
    with desk.user_change(ADA, "add person", "vera", None, {"role": "viewer"}):
        pass
    desk.comment(ANN, SECOND, "the same wallet")
    yield desk
    desk.close()


def by_hand(desk: Desk, *statements: str) -> None:
    """What somebody with the rights of the database's owner can do: the triggers are in nobody's way."""
    with desk._engine.begin() as connection:
        for name in TRIGGERS[connection.dialect.name]:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
            else:
                connection.exec_driver_sql(f"ALTER TABLE {table_of(name)} DISABLE TRIGGER {name}")
        for statement in statements:
            connection.exec_driver_sql(statement)


def table_of(trigger: str) -> str:
    return trigger.removesuffix("_is_kept").removesuffix("_counts")


def test_an_audit_that_nobody_touched_is_whole(desk: Desk, reader: Reader) -> None:
    checked = reader.cases.checked()
    assert checked.rows == 8
    assert [row.number for row in reader.cases.audit(limit=3)] == [6, 7, 8]
    assert [row.number for row in reader.cases.audit(before=3)] == [1, 2]
    assert reader.cases.audit()[-1].hash == checked.hash
    assert reader.cases.checked(Known(8, checked.hash)) == checked
    assert reader.cases.checked(Known(0, "0" * 64)) == checked


REFUSED = [
    "UPDATE audit SET person = 'nobody' WHERE number = 3",
    "DELETE FROM audit WHERE number = 3",
    "DELETE FROM audit",
    "UPDATE comments SET text = 'nothing'",
    "DELETE FROM comments",
    "UPDATE audit_head SET number = 3",
    "DELETE FROM audit_head",
]
SQLITE_ONLY = [
    "INSERT OR REPLACE INTO audit SELECT number, at, 'x', role, action, subject, change, hash FROM audit",
    "REPLACE INTO comments SELECT number, chain_id, alert_id, at, person, 'nothing' FROM comments",
    "UPDATE OR REPLACE audit SET number = 1 WHERE number = 2",
    "INSERT OR REPLACE INTO audit_head VALUES (1, 2, 'x')",
    "INSERT INTO audit_head VALUES (2, 2, 'x')",
]
POSTGRESQL_ONLY = [
    "TRUNCATE audit",
    "TRUNCATE comments, audit, audit_head",
    "INSERT INTO audit SELECT * FROM audit ON CONFLICT (number) DO UPDATE SET person = 'nobody'",
]


def test_the_database_itself_refuses_to_change_or_remove_a_row(desk: Desk, reader: Reader) -> None:
    own = {"sqlite": SQLITE_ONLY, "postgresql": POSTGRESQL_ONLY}[desk._engine.dialect.name]
    for statement in REFUSED + own:
        with pytest.raises(DBAPIError, match="kept as they were written"), desk._engine.begin() as connection:
            connection.exec_driver_sql(statement)
    assert reader.cases.checked().rows == 8


BROKEN: dict[str, tuple[str, str]] = {
    "a person": ("UPDATE audit SET person = 'andrew' WHERE number = 2", "row 2 of the audit is not"),
    "a time": ("UPDATE audit SET at = at + 1 WHERE number = 8", "row 8 of the audit is not as it was"),
    "a role": ("UPDATE audit SET role = 'admin' WHERE number = 1", "row 1 of the audit is not as it was"),
    "an action": ("UPDATE audit SET action = 'sign out' WHERE number = 1", "row 1 of the audit is not as it"),
    "a subject": ("UPDATE audit SET subject = 'x' WHERE number = 4", "row 4 of the audit is not as it was"),
    "a change": ("UPDATE audit SET change = '{}' WHERE number = 6", "row 6 of the audit is not as it was"),
    "a hash": ("UPDATE audit SET hash = '00' WHERE number = 5", "row 5 of the audit is not as it was"),
    "the first": ("DELETE FROM audit WHERE number = 1", "row 1 of the audit is missing"),
    "one between": ("DELETE FROM audit WHERE number = 3", "row 3 of the audit is missing"),
    "the last": ("DELETE FROM audit WHERE number = 8", "row 8 of the audit is missing: the last rows"),
    "all of them": ("DELETE FROM audit", "row 1 of the audit is missing: the last rows"),
    "one put first": ("UPDATE audit SET number = 0 WHERE number = 8", "row 0 of the audit has no number"),
    "one added": (
        "INSERT INTO audit SELECT number + 8, at, person, role, action, subject, change, hash FROM audit",
        "row 9 of the audit is not as it was written",
    ),
    "the end": ("DELETE FROM audit_head", "the end of the audit is gone"),
    "the end's number": ("UPDATE audit_head SET number = 7", "ends at row 7, but has 8"),
    "the end's hash": ("UPDATE audit_head SET hash = 'x'", "ends at row 8, but has 8"),
    "a disposition": ("UPDATE cases SET disposition = 'dismissed'", "'case 31337:drain-1' is not as row 6"),
    "a case": ("DELETE FROM cases", "'case 31337:drain-1' of row 6 of the audit is gone"),
    "a case added": (
        "INSERT INTO cases SELECT chain_id, 'drain-2', status, '', '', '', 1, 1, 'ann' FROM cases",
        "'case 31337:drain-2' is in no row of the audit",
    ),
    "a comment": ("UPDATE comments SET text = 'nothing' WHERE number = 3", "'comment 3' is not as row 3"),
    "whose comment": ("UPDATE comments SET person = 'ann' WHERE number = 3", "'comment 3' is not as row 3"),
    "a comment moved": ("UPDATE comments SET alert_id = 'drain-2'", "'comment 3' is not as row 3 of"),
    "a comment gone": ("DELETE FROM comments WHERE number = 8", "'comment 8' of row 8 of the audit is gone"),
    "a note": ("UPDATE watches SET note = 'honest'", f"'watch 31337:{MALLORY}' is not as row 4"),
    "a watch": ("DELETE FROM watches", f"'watch 31337:{MALLORY}' of row 4 of the audit is gone"),
    "a filter": ("UPDATE saved_filters SET query = ''", "'filter 5' is not as row 5 of the audit left it"),
}  # fmt: skip


def test_whatever_is_changed_by_hand_is_found_and_the_first_broken_row_named(
    desk: Desk, reader: Reader
) -> None:
    by_hand(desk)
    for name, (statement, said) in BROKEN.items():
        with desk._engine.connect() as connection:
            change = connection.begin()
            connection.exec_driver_sql(statement)
            with pytest.raises(AuditBroken, match=said):
                check_in(connection)
                pytest.fail(f"{name} was not found")
            change.rollback()
    assert reader.cases.checked().rows == 8


def check_in(connection: Connection) -> None:
    from dashboard.store.audit_check import check

    check(connection)


def test_two_broken_rows_are_told_by_the_first(desk: Desk, reader: Reader) -> None:
    by_hand(desk, "UPDATE audit SET person = 'eve' WHERE number = 5", "DELETE FROM audit WHERE number = 3")
    with pytest.raises(AuditBroken, match="row 3 of the audit is missing"):
        reader.cases.checked()


def test_a_chain_that_was_written_anew_does_not_end_where_somebody_noted(desk: Desk, reader: Reader) -> None:
    noted = reader.cases.checked()
    desk.comment(ANN, FIRST, "more")
    assert reader.cases.checked(Known(noted.rows, noted.hash)).rows == 9
    for known in (Known(8, "0" * 64), Known(99, noted.hash), Known(-1, noted.hash)):
        with pytest.raises(AuditBroken, match=f"row {known.number} of the audit is not the one that"):
            reader.cases.checked(known)


@pytest.mark.parametrize("value", ["'x'", "x'ff00'", "NULL", "1.5", "-3", "9e999"])
@pytest.mark.parametrize("column", ["number", "at", "person", "change", "hash"])
def test_any_value_in_its_place_is_a_broken_row_too(sqlite_url: str, column: str, value: str) -> None:
    desk = open_desk(sqlite_url)
    desk.signed_in(ANN, "password")
    desk.signed_in(ANDREW, "password")
    untyped = (
        "CREATE TABLE odd AS SELECT * FROM audit",
        "DROP TABLE audit",
        "ALTER TABLE odd RENAME TO audit",
    )
    by_hand(desk, *untyped, f"UPDATE audit SET {column} = {value} WHERE number = 2")
    desk.close()
    reader = open_reader(sqlite_url)
    with pytest.raises(AuditBroken):
        reader.cases.checked()
    reader.close()


def test_nothing_is_written_past_an_audit_whose_end_is_gone(desk: Desk, reader: Reader) -> None:
    by_hand(desk, "DELETE FROM audit_head")
    with pytest.raises(AuditBroken, match="`undertow audit verify` says more"):
        desk.comment(ANN, FIRST, "hello")
    assert len(reader.cases.comments(FIRST)) == 1


def test_writers_of_several_processes_keep_one_chain(store_url: str, desk: Desk, reader: Reader) -> None:
    desks = [open_desk(store_url) for _ in range(4)]

    def work(number: int) -> None:
        person = Actor(f"analyst {number}", "analyst")
        for turn in range(5):
            desks[number].comment(person, SECOND, f"{turn}")
            desks[number].watch(person, CHAIN, ALICE, f"{number} {turn}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    for other in desks:
        other.close()
    assert reader.cases.checked().rows == 8 + 40


def test_what_cannot_be_noted_is_not_done_and_what_is_not_done_is_not_noted(
    desk: Desk, reader: Reader
) -> None:
    with pytest.raises(OSError, match="disk"), desk.user_change(ADA, "add person", "eve", None, {}):
        raise OSError("disk")
    assert reader.cases.checked().rows == 8


def run(*argv: str) -> Any:
    return CliRunner().invoke(undertow.app, ["audit", "verify", *argv])


def test_the_command_says_that_it_is_whole_and_what_to_note(desk: Desk, store_url: str) -> None:
    outcome = run("--store", store_url)
    assert outcome.exit_code == 0, outcome.output
    assert "8 rows, each as it was written" in outcome.output
    noted = outcome.output.split("--known ")[1].split()[0]
    assert run("--store", store_url, "--known", noted).exit_code == 0
    by_hand(desk, "DELETE FROM audit WHERE number = 3")
    broken = run("--store", store_url)
    assert isinstance(broken.exception, AuditBroken)
    assert "row 3 of the audit is missing" in str(broken.exception)


@pytest.mark.parametrize("known", ["", "5", "x:y", "5:beef", ":" + "0" * 64, "-1:" + "0" * 64])
def test_what_is_no_noted_row_is_refused(known: str, sqlite_url: str) -> None:
    outcome = run("--store", sqlite_url, "--known", known)
    assert outcome.exit_code == 2
    assert "NUMBER:HASH" in outcome.output
