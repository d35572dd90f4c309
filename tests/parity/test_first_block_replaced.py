"""Promise 3 where a log has just begun: its first block leaves with the one below, which was never read."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from detectors.alerts.alert import Alert, book
from detectors.engine.engine import Engine
from detectors.engine.settings import EngineSettings
from detectors.runs.live import Live
from detectors.runs.published import last_revisions
from ingest.facts.lists import ListBook
from ingest.live.follower import Follower, FollowSettings
from ingest.log.blocklog import LogWriter
from ingest.model.batch import Event, Rollback
from ingest.nodes import Nodes
from tests.contract.test_teeth import Everybody
from tests.contract.told import Book, Told, book_of
from tests.fixtures.fake_chain import FakeChain, node_of
from tests.fixtures.list_log import ListLog
from tests.fixtures.log import Replayed
from tests.fixtures.restarts import begun, restarted
from tests.ingest.live.following import catches_up

SETTINGS = EngineSettings(finality=12, epoch_blocks=5)
FIRST = 10
"""The head at which the follower begins with `--start latest`."""

Fork = tuple[int, int]
"""So many of the newest blocks leave, so many others come."""

STORIES: dict[str, list[Fork]] = {
    "the first block and the one below it": [(0, 2), (4, 5)],
    "before anything else came": [(2, 3)],
    "several below the first": [(0, 3), (8, 9)],
    "two in a row, both below the first": [(0, 1), (4, 6), (7, 9)],
    "deeper each time": [(0, 1), (3, 4), (6, 8), (9, 12)],
    "below the first, then above it": [(0, 2), (5, 9), (3, 4), (1, 2)],
    "down to the parent that is there to stay": [(0, 2), (4, 6), (5, 7)],
    "and goes on until much is final": [(0, 2), (4, 5), (0, 30), (6, 8)],
}


def followed(chain: FakeChain, forks: list[Fork]) -> list[Event]:
    """What a follower that began at the head published, after each fork."""
    log = ListLog()
    catches_up_with(log, chain)
    for depth, count in forks:
        catches_up_with(log, chain.produce_fork(depth, count) if depth else chain.produce_blocks(count))
    return log.events


def catches_up_with(log: ListLog, chain: FakeChain) -> None:
    """A follower that begins at the head where the log is empty, and goes on from its cursor otherwise."""
    log.restart()
    settings = FollowSettings("latest", poll_s=0.001, ahead=0)
    nodes = Nodes((node_of(chain),), chain.chain_id)
    catches_up(Follower(chain.chain_id, nodes, log, settings, print, ListBook(None, print)))
    kept = log.hashes()
    assert kept == chain.hashes(min(kept)), "the follower calls its log right"


@pytest.fixture(params=list(STORIES.values()), ids=list(STORIES))
def log(request: pytest.FixtureRequest) -> list[Event]:
    events = followed(FakeChain().produce_blocks(FIRST), request.param)
    assert any(isinstance(event, Rollback) and event.number < FIRST for event in events)
    return events


def from_scratch(log: list[Event]) -> Book:
    """Of the chain that is left in the end, by somebody who never saw another."""
    replayed = Replayed()
    for event in log:
        replayed.take(event)
    expected = book_of([Everybody()], [replayed.batch()], SETTINGS)
    assert expected[0], "somebody paid"
    return expected


def engine(folder: Path) -> Engine:
    return begun(Engine(1, [Everybody()], SETTINGS, folder=folder))


def test_the_book_is_that_of_a_reader_who_only_saw_the_chain_that_stayed(log: list[Event]) -> None:
    assert book_of([Everybody()], log, SETTINGS, follows=True) == from_scratch(log)


def test_a_crash_after_any_event_leaves_no_trace(log: list[Event], tmp_path: Path) -> None:
    for crash in range(1, len(log)):
        running, told = engine(tmp_path / f"{crash}"), Told()
        for offset, event in enumerate(log[:crash], start=1):
            told.take(running.take(event, offset))
        resumed = goes_on(running, log, crash, told)
        assert told.book(resumed.state.number, SETTINGS.finality) == from_scratch(log), f"after {crash}"


def goes_on(running: Engine, log: list[Event], crash: int, told: Told) -> Engine:
    """Another engine, from what was on disk; what lies above event `crash` is told."""
    assert running.folder is not None
    resumed, offset = restarted(running, running.folder.with_suffix(".again"))
    start = 0 if offset is None else offset
    for offset, event in enumerate(log[start:], start=start + 1):
        output = resumed.take(event, offset)
        if offset > crash:
            told.take(output)
    return resumed


@pytest.mark.broker
def test_a_detector_goes_on_by_itself_and_after_a_restart(
    kafka: str, fresh_chain_id: int, tmp_path: Path
) -> None:
    chain = FakeChain(chain_id=fresh_chain_id).produce_blocks(FIRST)
    log = ListLog()
    catches_up_with(log, chain)
    before = len(log.events)
    writer = LogWriter(kafka, fresh_chain_id)
    writer.publish(log.events)
    first = judges(kafka, fresh_chain_id, tmp_path, chain.head)
    assert [alert.block_number for alert in first.values()] == [FIRST]

    catches_up_with(log, chain.produce_fork(3, 5))
    writer.publish(log.events[before:])
    writer.close()
    judges(kafka, fresh_chain_id, tmp_path, chain.head)
    alerts = judges(kafka, fresh_chain_id, tmp_path, chain.head)

    (gone,) = (alert for alert in alerts.values() if alert.status == "retracted")
    assert gone.id in first
    assert book(alerts.values(), chain.head, SETTINGS.finality) == from_scratch(log.events)[0]


def judges(kafka: str, chain_id: int, state: Path, until: int) -> dict[str, Alert]:
    Live(kafka, chain_id, [Everybody()], state, SETTINGS).run(threading.Event(), until)
    return last_revisions(kafka, chain_id).alerts
