"""A store is moved to another kind of database with all that people did, or not at all."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select, text
from typer.testing import CliRunner

from dashboard.store import AlertKey, move, open_desk, open_reader, open_writer
from dashboard.store.connect import database
from dashboard.store.tables import metadata
from ingest.model.errors import BadInput
from tests.dashboard.alerts import CHAIN, Filing, drain, judged
from tests.dashboard.people import ANN
from undertow import app

ALERT = AlertKey(CHAIN, "drain-100")


@pytest.fixture
def lived_in(sqlite_url: str) -> str:
    """Ann took a case, and said something."""
    with closing(open_writer(sqlite_url)) as writer:
        Filing(writer).file(drain(100), drain(101), blocks=(judged(101),))
    with closing(open_desk(sqlite_url)) as desk:
        desk.comment(ANN, ALERT, "looks like mallory")
    return sqlite_url


def rows(url: str) -> dict[str, list[tuple[object, ...]]]:
    engine = database(url)
    with closing(engine.connect()) as connection:
        found = {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }
    engine.dispose()
    return found


@pytest.mark.parametrize("target", ["postgresql", "sqlite"])
def test_every_row_arrives_and_the_new_store_is_worked_with(
    lived_in: str, target: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = (
        request.getfixturevalue("empty_postgres")
        if target == "postgresql"
        else f"sqlite:///{tmp_path}/new.db"
    )
    ran = CliRunner().invoke(app, ["move-store", "--store", lived_in, "--to", url])
    assert ran.exit_code == 0, ran.output
    assert "(alerts 2, cases 0, comments 1, audit 1); its audit is as it was written" in ran.output
    assert rows(url) == rows(lived_in)

    with closing(open_writer(url)) as writer:
        Filing(writer).file(drain(102), blocks=(judged(102),))
    with closing(open_desk(url)) as desk:
        desk.comment(ANN, ALERT, "again")
    with closing(open_reader(url)) as reader:
        assert reader.cases.checked().rows == 2


def test_the_new_store_refuses_to_forget_as_the_old_one_does(lived_in: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.db"
    move(lived_in, url)
    engine = database(url)
    with pytest.raises(Exception, match="rows of audit are kept"), engine.begin() as connection:
        connection.execute(text("DELETE FROM audit"))
    engine.dispose()


def test_a_database_that_holds_something_is_left_alone(lived_in: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.db"
    move(lived_in, url)
    before = rows(url)
    with pytest.raises(BadInput, match="is not empty: name a database without tables"):
        move(lived_in, url)
    assert rows(url) == before


def test_what_cannot_be_moved_leaves_the_target_empty(lived_in: str, empty_postgres: str) -> None:
    engine = database(lived_in)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alerts SET block_number = 'a word' WHERE id = 'drain-101'"))
    engine.dispose()
    with pytest.raises(BadInput):
        move(lived_in, empty_postgres)
    found = database(empty_postgres)
    with closing(found.connect()) as connection:
        asked = text("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'")
        assert connection.scalar(asked) == 0
    found.dispose()


def test_a_store_of_a_version_before_is_brought_up_to_date_first(old_sqlite: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is of version 1: `undertow sink` brings it up to date"):
        move(old_sqlite, f"sqlite:///{tmp_path}/new.db")
    assert not (tmp_path / "new.db").exists()


def test_there_must_be_a_store(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no store at"):
        move(f"sqlite:///{tmp_path}/none.db", f"sqlite:///{tmp_path}/new.db")
