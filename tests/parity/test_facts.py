"""Facts are records of the log like blocks: in order, once, taken back with their block, also at rest."""

from __future__ import annotations

import threading
from pathlib import Path

import polars as pl
import pytest

from ingest.facts import lists
from ingest.lake.backfill import BackfillSettings, backfill
from ingest.lake.reading import Lake
from ingest.live.wiring import FollowSettings, follow
from ingest.model.batch import Batch, concat
from tests.fixtures.frames import address
from tests.fixtures.log import Replayed, replay
from tests.fixtures.town import Town

MALLORY, OSCAR = address("mallory"), address("oscar")


def write(file: Path, *people: bytes) -> None:
    file.write_text("".join(f"0x{person.hex()}\n" for person in people))


@pytest.fixture(autouse=True)
def reads_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A follower that waits for better would wait for ever: what it waits for fails the test."""
    monkeypatch.setattr("ingest.live.follower.Follower._wait_for_better", _raise)


def _raise(_follower: object, error: Exception) -> float:
    raise error


def follow_to_head(
    town: Town, kafka: str, folder: Path | None, lake: Path | None = None, **more: object
) -> Replayed:
    settings = FollowSettings("earliest", until_block=town.head, facts=folder, **more)  # type: ignore[arg-type]
    follow(town.url, kafka, town.chain_id, settings, lake, threading.Event(), lambda _line: None)
    return replay(kafka, town.chain_id)


def listed(batches: list[Batch]) -> list[tuple[object, ...]]:
    frames = pl.concat([batch.lists for batch in batches])
    return frames.select("block_number", "source", "address", "listed").rows()


@pytest.mark.broker
@pytest.mark.chain
def test_a_list_is_told_with_the_next_block_and_a_restart_tells_only_what_changed(
    town: Town, kafka: str, tmp_path: Path
) -> None:
    file = tmp_path / "phishing.txt"
    write(file, MALLORY)
    assert listed(follow_to_head(town, kafka, tmp_path).chain) == [(0, "phishing.txt", MALLORY, True)]

    first = town.mine(3).head - 2
    assert listed(follow_to_head(town, kafka, tmp_path).chain[-1:]) == []

    write(file, OSCAR)
    town.mine(2)
    assert listed(follow_to_head(town, kafka, tmp_path).chain)[1:] == [
        (first + 3, "phishing.txt", OSCAR, True),
        (first + 3, "phishing.txt", MALLORY, False),
    ]


@pytest.mark.broker
@pytest.mark.chain
def test_a_list_that_left_with_its_block_is_told_again_in_the_block_that_took_its_place(
    town: Town, kafka: str, tmp_path: Path
) -> None:
    write(tmp_path / "ofac.txt", MALLORY)
    follow_to_head(town.mine(4), kafka, tmp_path)
    write(tmp_path / "ofac.txt", OSCAR)
    told_at = town.mine(2).head - 1
    follow_to_head(town, kafka, tmp_path)

    town.reorganise(3)
    log = follow_to_head(town, kafka, tmp_path)

    assert log.rollbacks() == [told_at - 2]
    assert listed(log.chain)[1:] == [
        (told_at - 1, "ofac.txt", OSCAR, True),
        (told_at - 1, "ofac.txt", MALLORY, False),
    ]


@pytest.mark.broker
@pytest.mark.chain
def test_the_lake_beside_the_log_holds_the_same_facts_and_traces(
    town: Town, kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.lake.archive.FINALITY", 0)
    monkeypatch.setattr(lists, "LOOK_S", 0.0)
    folder, lake = tmp_path / "facts", tmp_path / "lake"
    folder.mkdir()
    write(folder / "allow.txt", OSCAR)
    town.deploys("alice", b"\x60\x01").sends_weth("alice", "bob", 0).mine(3)

    live = follow_to_head(town, kafka, folder, lake, traces=True).batch()

    at_rest = concat(list(Lake.open(lake).batches(town.chain_id)))
    assert live.codes.filter(pl.col("code") == b"\x60\x01").height == 1
    assert live.lists.height == 1
    assert live.traces.height >= live.transactions.height
    for name, frame in live.frames().items():
        assert frame.equals(at_rest.frames()[name]), name


@pytest.mark.chain
def test_a_backfill_tells_lists_with_its_first_block_and_not_again(town: Town, tmp_path: Path) -> None:
    folder, lake = tmp_path / "facts", tmp_path / "lake"
    folder.mkdir()
    write(folder / "ofac.txt", MALLORY)
    first = town.mine(1100).head - 1100

    def told(last: int) -> list[tuple[object, ...]]:
        settings = BackfillSettings(first, last, facts=folder)
        backfill(town.url, None, settings, lake, threading.Event(), print, lambda _progress: None)
        return listed(list(Lake.open(lake).batches(town.chain_id)))

    assert told(999) == [(first, "ofac.txt", MALLORY, True)]
    assert told(1050) == [(first, "ofac.txt", MALLORY, True)]

    write(folder / "ofac.txt", MALLORY, OSCAR)
    assert told(town.head)[1:] == [(1000, "ofac.txt", MALLORY, True), (1000, "ofac.txt", OSCAR, True)]

    # a range that is written again, as its chain changed, keeps what it was told
    town.reorganise(5)
    assert told(town.head)[1:] == [(1000, "ofac.txt", MALLORY, True), (1000, "ofac.txt", OSCAR, True)]
