"""`ingest --lake`: final blocks go to the lake beside the log, range by range, also where they changed."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from ingest.lake.archive import FINALITY
from ingest.lake.reading import Lake
from ingest.lake.writing import LakeWriter
from ingest.live.wiring import FollowSettings, follow
from ingest.machine.processes import wait_until
from tests.fixtures.town import Town

pytestmark = [pytest.mark.broker, pytest.mark.chain]


def follow_to_head(town: Town, kafka: str, lake: Path) -> None:
    settings = FollowSettings("earliest", until_block=town.head)
    follow(town.url, kafka, town.chain_id, settings, lake, threading.Event(), lambda _line: None)


def hashes(lake: Path, chain_id: int) -> dict[int, bytes]:
    blocks = [batch.blocks for batch in Lake.open(lake).batches(chain_id)]
    return {n: h for frame in blocks for n, h in frame.select("block_number", "block_hash").iter_rows()}


def test_only_final_blocks_are_kept_and_the_next_run_goes_on_after_them(
    town: Town, kafka: str, tmp_path: Path
) -> None:
    first = town.mine(100).head - FINALITY
    follow_to_head(town, kafka, tmp_path)
    assert hashes(tmp_path, town.chain_id) == town.hashes(0, first)

    second = town.mine(50).head - FINALITY
    follow_to_head(town, kafka, tmp_path)
    assert hashes(tmp_path, town.chain_id) == town.hashes(0, second)
    spans = [(held.first, held.last) for held in Lake.open(tmp_path).ranges(town.chain_id)]
    assert spans == [(0, first), (first + 1, second)]


def test_whole_ranges_are_written_while_it_goes_on(town: Town, kafka: str, tmp_path: Path) -> None:
    town.mine(70 + FINALITY)
    stop, settings = threading.Event(), FollowSettings("earliest", lake_every=50)
    arguments = (town.url, kafka, None, settings, tmp_path, stop, lambda _line: None)
    running = threading.Thread(target=follow, args=arguments)
    running.start()
    try:
        _wait_for(1, tmp_path, town)
        assert _spans(tmp_path, town) == [(0, 49)]
        town.mine(50)
        _wait_for(2, tmp_path, town)
    finally:
        stop.set()
        running.join(30)

    assert _spans(tmp_path, town) == [(0, 49), (50, 99)]
    assert hashes(tmp_path, town.chain_id) == town.hashes(0, 99)


def test_blocks_that_were_thought_final_and_left_are_written_again(
    town: Town, kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.lake.archive.FINALITY", 2)
    follow_to_head(town.mine(20), kafka, tmp_path)

    town.reorganise(10).pays("alice", "bob", 1).mine(20)
    follow_to_head(town, kafka, tmp_path)

    assert hashes(tmp_path, town.chain_id) == town.hashes(0, town.head - 2)


def test_a_folder_that_another_ingest_keeps_is_left_to_it_until_that_ends(
    town: Town, kafka: str, tmp_path: Path
) -> None:
    last, said = town.mine(20 + FINALITY).head - FINALITY, list[str]()
    settings = FollowSettings("earliest", until_block=town.head)
    other = LakeWriter(tmp_path).lock(town.chain_id)
    assert other is not None
    follow(town.url, kafka, town.chain_id, settings, tmp_path, threading.Event(), said.append)
    assert hashes(tmp_path, town.chain_id) == {}
    assert [line for line in said if f"another ingest keeps chain {town.chain_id} there" in line] != []
    os.close(other)
    follow_to_head(town, kafka, tmp_path)
    assert hashes(tmp_path, town.chain_id) == town.hashes(0, last)


def _wait_for(ranges: int, lake: Path, town: Town) -> None:
    def written() -> bool:
        return (lake / "_ranges").exists() and len(_spans(lake, town)) == ranges

    wait_until(written, 60, f"{ranges} ranges in the lake")


def _spans(lake: Path, town: Town) -> list[tuple[int, int]]:
    return [(held.first, held.last) for held in Lake.open(lake).ranges(town.chain_id)]
