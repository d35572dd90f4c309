"""The same blocks through Kafka and through the lake are the same frames: detection sees no difference."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ingest.lake.backfill import BackfillSettings, backfill
from ingest.lake.reading import Lake
from ingest.live.wiring import FollowSettings, follow
from ingest.model.batch import concat
from tests.fixtures.log import replay
from tests.fixtures.town import ETHER, Town

pytestmark = [pytest.mark.broker, pytest.mark.chain]


def test_a_chain_with_reorganisations_is_the_same_in_the_log_and_in_the_lake(
    town: Town, kafka: str, tmp_path: Path
) -> None:
    first = town.head
    town.wraps("alice", ETHER).sends_weth("alice", "bob", 5).mine(30)
    _follow(town, kafka, first)
    town.reorganise(4).wraps("carol", ETHER).mine(3)
    _follow(town, kafka, first)
    town.pays("bob", "carol", 7).reorganise(2).sends_weth("alice", "carol", 6)
    _follow(town, kafka, first)

    settings = BackfillSettings(first, town.head)
    backfill(town.url, None, settings, tmp_path, threading.Event(), print, lambda _progress: None)

    live, history = replay(kafka, town.chain_id), concat(list(Lake.open(tmp_path).batches(town.chain_id)))
    assert len(live.rollbacks()) == 2
    frames = live.batch().frames()
    # an ingest that was started again tells facts again; readers keep the first
    frames["token_metadata"] = frames["token_metadata"].unique("token", keep="first", maintain_order=True)
    for name, frame in frames.items():
        assert frame.equals(history.frames()[name]), name
    assert live.batch().transfers.equals(history.transfers)


def _follow(town: Town, kafka: str, first: int) -> None:
    settings = FollowSettings(start=first, until_block=town.head)
    follow(town.url, kafka, None, settings, None, threading.Event(), lambda _line: None)
