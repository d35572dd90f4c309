"""A store that cannot be used is refused with one line that says what to do."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dashboard.store import Reader, Writer, open_reader, open_writer
from ingest.machine.processes import free_port
from ingest.model.errors import BadInput, StoreUnreachable
from tests.dashboard.alerts import Filing, drain


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("store.db", "write sqlite:///FILE or postgresql://"),
        ("mysql://root@localhost/x", "no store of kind mysql"),
        ("sqlite://", "names no file"),
    ],
)
def test_what_is_no_store_url_is_refused(url: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        open_writer(url)


def test_a_file_in_a_folder_that_is_not_there_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(StoreUnreachable, match="unable to open database file"):
        open_writer(f"sqlite:///{tmp_path}/nowhere/store.db")


def test_a_database_that_does_not_answer_is_named_without_its_password() -> None:
    port = free_port()
    with pytest.raises(StoreUnreachable) as said:
        open_reader(f"postgresql://analyst:secret@127.0.0.1:{port}/undertow")
    assert f"postgresql://127.0.0.1:{port}" in str(said.value)
    assert "secret" not in str(said.value)
    assert "\n" not in str(said.value)


def test_a_store_whose_making_was_cut_short_is_made_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    with monkeypatch.context() as patched:
        patched.setattr("dashboard.store.versions.NO_HASH", object())  # the last statement fails
        with pytest.raises(Exception, match="object"):
            open_writer(url)
    open_writer(url).close()
    with closing(open_reader(url)) as reader:
        assert list(reader.heads()) == []


def test_reading_makes_no_store_by_mistake(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="run `undertow sink` first"):
        open_reader(f"sqlite:///{tmp_path}/typo.db")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("milk, eggs, and a good deal more than a header's worth of bread" * 20)
    for opening in (open_reader, open_writer):
        with pytest.raises(BadInput, match="file is not a database"):
            opening(f"sqlite:///{tmp_path}/notes.db")


def test_somebody_elses_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "theirs.db") as connection:
        connection.execute("CREATE TABLE customers (name TEXT)")
    with pytest.raises(BadInput, match="not a store of undertow"):
        open_writer(f"sqlite:///{tmp_path}/theirs.db")
    with sqlite3.connect(tmp_path / "theirs.db") as connection:
        assert [row[0] for row in connection.execute("SELECT name FROM sqlite_master")] == ["customers"]


def test_a_store_is_opened_again_with_what_was_in_it(store_url: str) -> None:
    first = open_writer(store_url)
    Filing(first).file(drain(1))
    first.close()
    second = open_writer(store_url)
    assert second.offsets(31337) == {"alerts": 1, "scores": 0}
    second.close()


def test_people_read_while_the_sink_writes_and_cannot_write(writer: Writer, reader: Reader) -> None:
    filing = Filing(writer)
    filing.file(drain(1))
    assert reader.categories() == ["wallet-drain"]
    with pytest.raises((BadInput, StoreUnreachable), match=r"read-?only"), reader._telling():
        Filing(Writer(reader._engine, reader._telling)).file(drain(2))


def test_a_store_whose_sink_has_ended_can_still_be_read(sqlite_url: str) -> None:
    writer = open_writer(sqlite_url)
    Filing(writer).file(drain(1))
    writer.close()
    reader = open_reader(sqlite_url)
    assert reader.categories() == ["wallet-drain"]
    reader.close()
