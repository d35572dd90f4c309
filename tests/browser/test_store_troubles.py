"""The store is killed, locked or full while the sink files and a screen is open: nothing is lost or there
twice, the screen says what is wrong, and goes on by itself.
"""

from __future__ import annotations

import resource
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from dashboard.store import Filters, open_reader
from dashboard.store.outward_tables import revisions
from ingest.machine.processes import Child, wait_until
from tests.dashboard.alerts import drain, judged
from tests.dashboard.detection import Detection
from tests.fixtures.browser import Tab
from tests.fixtures.postgres import Postgres

pytestmark = [pytest.mark.browser, pytest.mark.broker]
SOAK = (pytest.mark.soak, pytest.mark.timeout(3_600))
PATIENCE_S = 120


class Desk:
    """A detector that a test speaks for, a sink of its own process, and the queue in a browser."""

    def __init__(self, detection: Detection, sink: Child, store: str, page: Page) -> None:
        self.detection, self.sink, self.store, self.page = detection, sink, store, page
        self.sent = 0

    def says_something(self) -> str:
        """One alert more; its id."""
        self.sent += 1
        alert = drain(self.sent, chain_id=self.detection.chain_id)
        self.detection.judge(alert, blocks=(judged(self.sent),))
        return alert.id

    def shows(self, alert: str) -> None:
        """Without being loaded anew."""
        expect(self.page.locator(f'tr[data-key="{self.detection.chain_id}:{alert}"]')).to_be_visible(
            timeout=PATIENCE_S * 1_000
        )
        assert self.page.evaluate("window.neverReloaded")

    def waits(self, before: int) -> None:
        """Until the sink has said once more that it waits."""
        wait_until(
            lambda: self.heard("sink: waiting") > before, PATIENCE_S, "the sink does not wait", self.sink
        )

    def heard(self, words: str) -> int:
        assert self.sink.log is not None
        return self.sink.log.read_text().count(words)

    def has_everything_once(self) -> None:
        with closing(open_reader(self.store)) as reader:
            found = [row.id for row in reader.page(Filters(), 1, 200)]
            (counted,) = reader.ask(select(func.count()).select_from(revisions))
        assert sorted(found) == sorted(f"drain-{number}" for number in range(1, self.sent + 1))
        assert counted[0] == self.sent
        assert self.heard("Traceback") == 0 and self.sink.poll() is None


@contextmanager
def desk(
    kafka: str, chain_id: int, store: str, folder: Path, dashboard: Callable[[str], str], page: Page
) -> Iterator[Desk]:
    detection = Detection(kafka, chain_id)
    argv = [sys.executable, "-m", "undertow", "sink", "--kafka", kafka, "--store", store]
    command = [*argv, "--chain-id", str(chain_id)]
    with closing(detection), Child.start("sink", command, log=folder / "sink.log") as sink:
        one = Desk(detection, sink, store, page)
        first = one.says_something()
        wait_until(lambda: one.heard("1 revision filed") == 1, PATIENCE_S, "nothing was filed", sink)
        page.goto(f"{dashboard(store)}/queue")
        page.evaluate("window.neverReloaded = true")
        one.shows(first)
        yield one


@pytest.fixture
def server() -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="undertow-postgres-") as data, Postgres(Path(data)) as server:
        yield server


@pytest.mark.parametrize("kills", [1, pytest.param(20, marks=SOAK)])
def test_postgresql_is_killed_and_started_again(
    kills: int, kafka: str, fresh_chain_id: int, server: Postgres, tmp_path: Path,
    dashboard: Callable[[str], str], tab: Callable[[], Tab],
) -> None:  # fmt: skip
    page = tab().page
    with desk(kafka, fresh_chain_id, server.url, tmp_path, dashboard, page) as one:
        for _ in range(kills):
            before = one.heard("sink: waiting")
            server.stop()
            alert = one.says_something()
            one.waits(before)
            expect(page.get_by_text("cannot be used").first).to_be_visible(timeout=PATIENCE_S * 1_000)
            server.start()
            one.shows(alert)
            expect(page.get_by_text("cannot be used")).to_have_count(0, timeout=PATIENCE_S * 1_000)
        one.has_everything_once()


@pytest.mark.soak
@pytest.mark.parametrize("times", [1, pytest.param(10, marks=SOAK)])
def test_the_disk_is_full_and_has_room_again(
    times: int, kafka: str, fresh_chain_id: int, tmp_path: Path,
    dashboard: Callable[[str], str], tab: Callable[[], Tab],
) -> None:  # fmt: skip
    """The kernel refuses the sink to make a file larger, as it does on a full disk."""
    store = f"sqlite:///{tmp_path}/store.db"
    with desk(kafka, fresh_chain_id, store, tmp_path, dashboard, tab().page) as one:
        for _ in range(times):
            before = one.heard("sink: waiting")
            free = resource.prlimit(one.sink.pid, resource.RLIMIT_FSIZE, (4_096, resource.RLIM_INFINITY))
            alert = one.says_something()
            one.waits(before)
            resource.prlimit(one.sink.pid, resource.RLIMIT_FSIZE, free)
            one.shows(alert)
        one.has_everything_once()


@pytest.mark.soak
def test_another_process_locks_the_store_and_lets_go(
    kafka: str, fresh_chain_id: int, tmp_path: Path, dashboard: Callable[[str], str], tab: Callable[[], Tab]
) -> None:
    """Readers are not held up; the sink says so after ten seconds."""
    store = f"sqlite:///{tmp_path}/store.db"
    with desk(kafka, fresh_chain_id, store, tmp_path, dashboard, tab().page) as one:
        with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            alert = one.says_something()
            one.waits(0)
            assert one.heard("database is locked")
            other.execute("ROLLBACK")
        one.shows(alert)
        one.has_everything_once()
