"""A store of an older version is brought up to date where it stands, whole or not at all."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, inspect

from dashboard.filing.export import from_store
from dashboard.store import Filters, bring_up_to_date, open_reader, open_writer
from dashboard.store.connect import _engine, _parsed
from dashboard.store.revision_reading import alerts_before
from dashboard.store.tables import SCHEMA_VERSION
from ingest.model.errors import BadInput
from tests.dashboard.alerts import CHAIN, Filing, drain, judged


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    engine = _engine(_parsed(url), read_only=False)
    yield engine
    engine.dispose()


def shape(url: str) -> dict[str, Any]:
    """Every table with its columns, key and indexes, and every trigger, as the database tells them."""
    with opened(url) as engine, engine.connect() as connection:
        asked = inspect(connection)
        tables = {
            name: (
                sorted((str(c["name"]), str(c["type"]), c["nullable"]) for c in asked.get_columns(name)),
                sorted(asked.get_pk_constraint(name)["constrained_columns"]),
                sorted((i["name"], tuple(i["column_names"])) for i in asked.get_indexes(name)),
            )
            for name in asked.get_table_names()
        }
        triggers = {
            "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
            "postgresql": "SELECT tgname, pg_get_triggerdef(oid), pg_get_functiondef(tgfoid)"
            " FROM pg_trigger WHERE NOT tgisinternal",
        }[connection.dialect.name]
        return tables | {"triggers": sorted(map(tuple, connection.exec_driver_sql(triggers)))}


def versions(url: str) -> tuple[list[object], list[object]]:
    """As undertow notes it, and as Alembic does; none where there is no such table."""
    with opened(url) as engine, engine.connect() as connection:
        known = inspect(connection).get_table_names()
        ours = connection.exec_driver_sql("SELECT version FROM undertow_store").scalars().all()
        has = "alembic_version" in known
        theirs = connection.exec_driver_sql("SELECT version_num FROM alembic_version") if has else None
        return list(ours), [] if theirs is None else list(theirs.scalars())


def fail_at(number: int, engine: Engine) -> None:
    """The statement of that number, from 1, is not made."""
    seen = []

    def count(*_: object) -> None:
        seen.append(1)
        if len(seen) == number:
            raise KeyboardInterrupt

    event.listen(engine, "before_cursor_execute", count)


def test_an_upgraded_store_is_made_as_a_new_one(old_store: str, tmp_path: Path) -> None:
    bring_up_to_date(old_store)
    upgraded, known = shape(old_store), versions(old_store)
    new = emptied(old_store, tmp_path)
    open_writer(new).close()
    assert upgraded == shape(new)
    assert known == versions(new) == ([SCHEMA_VERSION], [f"{SCHEMA_VERSION:04d}"])


def emptied(url: str, folder: Path) -> str:
    """A database of the same kind with nothing in it."""
    if url.startswith("sqlite"):
        return f"sqlite:///{folder}/new.db"
    with opened(url) as engine, engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    return url


def test_what_was_filed_is_there_after_it_and_goes_on(old_store: str) -> None:
    before = [chain.book() for chain in from_store(old_store)]
    bring_up_to_date(old_store)
    assert [chain.book() for chain in from_store(old_store)] == before
    with closing(open_writer(old_store)) as writer:
        Filing(writer).file(drain(40), blocks=(judged(50),))
    assert len(from_store(old_store)[0].book()) == len(before[0]) + 1


def test_pages_of_the_api_go_by_the_places_that_alerts_had(old_store: str) -> None:
    bring_up_to_date(old_store)
    with opened(old_store) as engine, engine.connect() as connection:
        places = "SELECT number, alert_id FROM alert_numbers ORDER BY number DESC"
        known = list(map(tuple, connection.exec_driver_sql(places)))
    with closing(open_reader(old_store)) as reader:
        assert [(place, row.id) for place, row in alerts_before(reader, Filters(), None, 100)] == known
    assert known
    with closing(open_writer(old_store)) as writer, closing(open_reader(old_store)) as reader:
        Filing(writer).file(drain(40), blocks=(judged(50),))
        newest = alerts_before(reader, Filters(), None, 100)
        assert [place for place, _ in newest] == [known[0][0] + 1, *(place for place, _ in known)]


def test_a_second_time_changes_nothing(old_store: str) -> None:
    bring_up_to_date(old_store)
    once = shape(old_store)
    bring_up_to_date(old_store)
    assert shape(old_store) == once


def test_a_store_of_today_need_not_be_writable(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    open_writer(store_url).close()
    monkeypatch.setattr("dashboard.store.connect._writing", lambda _: pytest.fail("it was opened to write"))
    bring_up_to_date(store_url)


def test_a_store_that_has_no_table_of_rebuilds_gets_one(old_store: str) -> None:
    with opened(old_store) as engine, engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS rebuilds")
    bring_up_to_date(old_store)
    with closing(open_reader(old_store)) as reader:
        assert reader.rebuilding() == {}
    assert "rebuilds" in shape(old_store)


def test_who_reads_meanwhile_goes_on(old_store: str) -> None:
    with closing(open_reader(old_store)) as reader:
        before = reader.categories()
        bring_up_to_date(old_store)
        assert reader.categories() == before


@pytest.mark.parametrize("opening", [open_reader, open_writer, bring_up_to_date])
def test_a_store_of_a_later_version_is_refused_in_one_line(store_url: str, opening: Any) -> None:
    later = SCHEMA_VERSION + 1
    open_writer(store_url).close()
    with opened(store_url) as engine, engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE undertow_store SET version = {later}")
    with pytest.raises(
        BadInput, match=rf"is of version {later}, this undertow knows them up to {SCHEMA_VERSION}: update"
    ) as said:
        opening(store_url)
    assert "\n" not in str(said.value)


@pytest.mark.parametrize("version", ["'seven'", "-1", "0", "x'ff'", "NULL", "1.5"])
def test_a_version_that_is_none_is_refused(sqlite_url: str, version: str) -> None:
    open_writer(sqlite_url).close()
    with opened(sqlite_url) as engine, engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE undertow_store")
        connection.exec_driver_sql("CREATE TABLE undertow_store (version)")
        connection.exec_driver_sql(f"INSERT INTO undertow_store VALUES ({version})")
    for opening in (open_reader, open_writer):
        with pytest.raises(BadInput, match="fill a new store"):
            opening(sqlite_url)


@pytest.mark.parametrize("rows", ["DELETE FROM undertow_store", "INSERT INTO undertow_store VALUES (1)"])
def test_no_version_and_two_versions_are_refused(sqlite_url: str, rows: str) -> None:
    open_writer(sqlite_url).close()
    with opened(sqlite_url) as engine, engine.begin() as connection:
        connection.exec_driver_sql(rows)
    with pytest.raises(BadInput, match="fill a new store"):
        open_writer(sqlite_url)


def test_a_step_that_nobody_knows_is_told_in_one_line(old_sqlite: str) -> None:
    with opened(old_sqlite) as engine, engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('beef')")
    with pytest.raises(BadInput, match=r"cannot be brought up to date: .*beef") as said:
        bring_up_to_date(old_sqlite)
    assert "\n" not in str(said.value)


def test_an_upgrade_that_is_cut_short_at_any_statement_leaves_the_store_as_it_was(
    old_store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    was = shape(old_store)
    cut_short = 0
    with monkeypatch.context() as patched:
        for number in range(1, 500, 1 if old_store.startswith("sqlite") else 9):
            whole = _engine(_parsed(old_store), read_only=False)
            fail_at(number, whole)
            patched.setattr("dashboard.store.connect._engine", lambda *_, engine=whole, **__: engine)
            try:
                open_writer(old_store)
            except KeyboardInterrupt:
                cut_short += 1
            else:
                break
            finally:
                whole.dispose()
            patched.undo()
            assert (shape(old_store), versions(old_store)) == (was, ([1], []))
    assert cut_short >= 4
    assert versions(old_store) == ([SCHEMA_VERSION], [f"{SCHEMA_VERSION:04d}"])


KILLED = """
import os, signal, sys
from sqlalchemy import Engine, event
from dashboard.store import bring_up_to_date
@event.listens_for(Engine, "after_cursor_execute")
def die(connection, cursor, statement, *rest):
    if "CREATE TABLE audit_head" in " ".join(statement.split()):
        os.kill(os.getpid(), signal.SIGKILL)
bring_up_to_date(sys.argv[1])
"""


def test_a_process_that_is_killed_half_way_leaves_a_store_that_the_next_one_upgrades(old_store: str) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, old_store], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert versions(old_store) == ([1], [])
    with closing(open_writer(old_store)) as writer:
        assert writer.head(CHAIN) == 31
    assert versions(old_store)[0] == [SCHEMA_VERSION]


def test_two_programs_that_open_it_at_once_upgrade_it_once(old_store: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(bring_up_to_date, old_store) for _ in range(2)]:
            done.result()
    assert versions(old_store) == ([SCHEMA_VERSION], [f"{SCHEMA_VERSION:04d}"])
