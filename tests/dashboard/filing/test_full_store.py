"""A store whose disk is full, or that takes no writing: one line says what to do, and nothing is lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import event

from dashboard.filing import store_away
from dashboard.filing.store_away import Away, filed
from dashboard.store import AlertKey, Feed, Filters, open_desk, open_reader, open_writer
from ingest.machine.processes import wait_until
from ingest.model.errors import StoreUnreachable
from tests.dashboard.alerts import ALICE, CHAIN, Filing, drain, judged
from tests.dashboard.people import ANN
from tests.dashboard.screen import opened, said

LARGE = "x" * 9_000


def feed(first: int, count: int) -> Feed:
    """So many alerts of 9 kB, after those before."""
    revisions = [(n, drain(n, explanation=LARGE)) for n in range(first, first + count)]
    after = {"alerts": first + count, "scores": first + count}
    blocks = tuple(judged(n, (ALICE, 0.5)) for n in range(first, first + count))
    return Feed(CHAIN, revisions, blocks, {} if not first else {"alerts": first, "scores": first}, after, 10)


class Disk:
    """Says how many pages each new connection of an engine may fill a database to: as a full disk does."""

    def __init__(self, engine: Any, pages: int) -> None:
        self.pages = pages
        event.listen(engine, "begin", self._limit)

    def _limit(self, connection: Any) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {self.pages}")


def pages_of(url: str) -> int:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        return int(connection.execute("PRAGMA page_count").fetchone()[0])


def test_a_sink_waits_for_room_and_loses_nothing(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_away, "AWAY_S", 0.05)
    told: list[str] = []
    with closing(open_writer(sqlite_url)) as writer, closing(open_reader(sqlite_url)) as reader:
        writer.file(feed(0, 1))
        disk = Disk(writer._engine, pages_of(sqlite_url) + 2)
        filing = Thread(target=lambda: filed(writer, feed(1, 20), Event(), Away(told.append)))
        filing.start()
        wait_until(lambda: bool(told), 20, "the sink did not wait")
        assert told[0].startswith("sink: waiting: the store sqlite:")
        assert "database or disk is full: make room on its disk" in told[0]
        assert "\n" not in told[0]
        assert [row.id for row in reader.page(Filters(), 1, 50)] == ["drain-0"]
        disk.pages = 1_000_000
        filing.join(20)
        assert told[-1] == "sink: the store is there again: going on"
        assert len(reader.page(Filters(), 1, 50)) == 21
        assert writer.offsets(CHAIN) == {"alerts": 21, "scores": 21}


def test_ann_is_told_that_there_is_no_room_and_may_try_again(sqlite_url: str) -> None:
    key = AlertKey(CHAIN, "drain-1")
    with closing(open_writer(sqlite_url)) as writer:
        Filing(writer).file(drain(1))
    with closing(open_desk(sqlite_url)) as desk, closing(open_reader(sqlite_url)) as reader:
        disk = Disk(desk._engine, pages_of(sqlite_url))
        with pytest.raises(StoreUnreachable, match="disk is full: make room on its disk"):
            desk.comment(ANN, key, LARGE)
        assert (reader.cases.comments(key), reader.cases.history(key)) == ([], [])
        reader.cases.checked()
        disk.pages = 1_000_000
        desk.comment(ANN, key, LARGE)
        assert len(reader.cases.comments(key)) == len(reader.cases.history(key)) == 1


@contextmanager
def _nothing_is_written(engine: Any) -> Any:
    def refuse(connection: Any) -> None:
        connection.exec_driver_sql("PRAGMA query_only = ON")

    event.listen(engine, "begin", refuse)
    yield
    event.remove(engine, "begin", refuse)


def test_a_store_that_takes_no_writing_can_be_read_and_says_what_to_do(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_writer(sqlite_url)) as writer:
        Filing(writer).file(drain(1), blocks=(judged(2),))
        with _nothing_is_written(writer._engine), pytest.raises(StoreUnreachable) as told:
            Filing(writer).file(drain(3))
    assert "readonly database: give this account the right to write it" in str(told.value)
    assert "\n" not in str(told.value)
    monkeypatch.setenv("UNDERTOW_STORE", sqlite_url)
    assert "Wallet drain" in said(opened(alert=f"{CHAIN}:drain-1"))
