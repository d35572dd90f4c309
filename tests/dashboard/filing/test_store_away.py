"""A store that goes away while the sink files is waited for: nothing is lost, nothing is there twice."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event, Thread
from typing import cast

import pytest

from dashboard.filing import store_away
from dashboard.filing.store_away import Away, filed
from dashboard.store import Feed, Filters, Writer, open_reader, open_writer
from ingest.machine.processes import wait_until
from ingest.model.errors import BadInput, StoreUnreachable
from tests.dashboard.alerts import ALICE, CHAIN, drain, judged
from tests.fixtures.postgres import Postgres

FEED = Feed(CHAIN, [(0, drain(1))], (judged(1, (ALICE, 0.5)),), {}, {"alerts": 1, "scores": 1}, 10)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_away, "AWAY_S", 0.05)


class Losing:
    """A store that goes away at the end of a transaction, so many times: before it counts, or after."""

    def __init__(self, writer: Writer, times: int, counts: bool) -> None:
        self.writer = writer
        self.left = times
        self.counts = counts

    def file(self, feed: Feed) -> None:
        if self.left == 0 or self.counts:
            self.writer.file(feed)
        if self.left > 0:
            self.left -= 1
            raise StoreUnreachable("the store is away")

    def offsets(self, chain_id: int) -> dict[str, int]:
        return self.writer.offsets(chain_id)


@pytest.mark.parametrize("counts", [False, True], ids=["before the commit", "after the commit"])
def test_whether_the_last_transaction_counts_is_asked_of_the_store(store_url: str, counts: bool) -> None:
    told: list[str] = []
    with closing(open_writer(store_url)) as writer:
        losing = cast(Writer, Losing(writer, 1 if counts else 3, counts))
        assert filed(losing, FEED, Event(), Away(told.append))
        assert writer.offsets(CHAIN) == {"alerts": 1, "scores": 1}
    assert told == ["sink: waiting: the store is away", "sink: the store is there again: going on"]
    with closing(open_reader(store_url)) as reader:
        assert [row.id for row in reader.page(Filters(), 1, 10)] == ["drain-1"]


def test_a_second_sink_is_still_found_out(sqlite_url: str) -> None:
    with closing(open_writer(sqlite_url)) as writer:
        writer.file(Feed(CHAIN, [(0, drain(2))], (judged(2),), {}, {"alerts": 2, "scores": 1}, 10))
        losing = cast(Writer, Losing(writer, 0, counts=False))
        with pytest.raises(BadInput, match="another sink files chain"):
            filed(losing, FEED, Event(), Away(print))


def test_who_is_told_to_stop_waits_no_longer(sqlite_url: str) -> None:
    stop = Event()
    stop.set()
    with closing(open_writer(sqlite_url)) as writer:
        assert not filed(cast(Writer, Losing(writer, 99, counts=False)), FEED, stop, Away(print))
        assert writer.offsets(CHAIN) == {}


def test_a_store_that_another_process_locked_is_waited_for(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.store.connect.BUSY_SECONDS", 0.1)
    told: list[str] = []
    with closing(open_writer(sqlite_url)) as writer, closing(sqlite3.connect(tmp_path / "store.db")) as other:
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        filing = Thread(target=lambda: filed(writer, FEED, Event(), Away(told.append)))
        filing.start()
        wait_until(lambda: bool(told), 20, "the sink did not wait")
        other.execute("ROLLBACK")
        filing.join(20)
        assert "database is locked" in told[0]
        assert writer.offsets(CHAIN) == {"alerts": 1, "scores": 1}


@pytest.fixture
def server() -> Iterator[Postgres]:
    folder = tempfile.TemporaryDirectory(prefix="undertow-postgres-")
    with folder as data, Postgres(Path(data)) as server:
        yield server


def test_a_postgresql_that_is_killed_and_started_again_is_waited_for(server: Postgres) -> None:
    told: list[str] = []
    with closing(open_writer(server.url)) as writer, closing(open_reader(server.url)) as reader:
        writer.file(FEED)
        server.stop()
        after = Feed(CHAIN, [(1, drain(2))], (judged(2),), FEED.after, {"alerts": 2, "scores": 2}, 10)
        filing = Thread(target=lambda: filed(writer, after, Event(), Away(told.append)))
        filing.start()
        wait_until(lambda: bool(told), 30, "the sink did not wait")
        with pytest.raises(StoreUnreachable, match="cannot be used"):
            reader.revision()
        server.start()
        filing.join(30)
        assert [row.id for row in reader.page(Filters(), 1, 10)] == ["drain-2", "drain-1"]
        assert told[-1] == "sink: the store is there again: going on"
        writer.close()
