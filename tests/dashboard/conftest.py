"""Stores for the tests of this folder: SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from dashboard.store import Reader, Writer, open_reader, open_writer
from tests.dashboard.alerts import Filing
from tests.fixtures.postgres import postgres_url

VERSION_1 = Path(__file__).parent / "files" / "version_1"

__all__ = ["postgres_url"]  # pytest finds the fixture here


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/store.db"


@pytest.fixture
def empty_postgres(postgres_url: str) -> str:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return postgres_url


@pytest.fixture(params=["sqlite_url", "empty_postgres"])
def store_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
def old_sqlite(tmp_path: Path) -> str:
    """A store as version 1 left it."""
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection:
        connection.executescript((VERSION_1 / "store-sqlite.sql").read_text())
    return f"sqlite:///{tmp_path}/old.db"


@pytest.fixture
def old_postgres(empty_postgres: str) -> str:
    with psycopg.connect(empty_postgres, autocommit=True) as connection:
        connection.execute((VERSION_1 / "store-postgresql.sql").read_bytes())
    return empty_postgres


@pytest.fixture(params=["old_sqlite", "old_postgres"])
def old_store(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
def writer(store_url: str) -> Iterator[Writer]:
    writer = open_writer(store_url)
    yield writer
    writer.close()


@pytest.fixture
def reader(store_url: str, writer: Writer) -> Iterator[Reader]:
    reader = open_reader(store_url)
    yield reader
    reader.close()


@pytest.fixture
def filing(writer: Writer) -> Filing:
    return Filing(writer)
