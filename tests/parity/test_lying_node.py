"""A real node behind one that leaves a log out: log, the lake beside it and an alert show both answers."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from detectors.engine.engine import Engine
from detectors.registry import detectors
from ingest.lake.reading import Lake
from ingest.live.wiring import FollowSettings, follow
from ingest.model.batch import concat
from tests.fixtures.liar import drops_last_log, lying
from tests.fixtures.log import replay
from tests.fixtures.town import ETHER, Town


@pytest.mark.broker
@pytest.mark.chain
def test_a_node_that_leaves_a_log_out_is_alerted_about_with_both_answers(
    town: Town, kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.lake.archive.FINALITY", 0)
    first = town.mine(1).head
    town.wraps("alice", ETHER).mine(2)
    with lying(town.url, drops_last_log) as liar:
        nodes = f"{liar.url},{town.url}"
        settings = FollowSettings(first, until_block=town.head)
        follow(nodes, kafka, town.chain_id, settings, tmp_path, threading.Event(), lambda _line: None)

    live = replay(kafka, town.chain_id).batch()
    (row,) = live.disagreements.iter_rows(named=True)
    assert (row["about"], row["what"], row["refuted"]) == (first + 1, "logs", True)
    assert (row["node"], row["other_node"]) == (liar.url, town.url)
    beside = concat(list(Lake.open(tmp_path).batches(town.chain_id)))
    assert beside.disagreements.equals(live.disagreements)

    own = [each for each in detectors() if each.name == "node-divergence"]
    engine = Engine(town.chain_id, own, follows=False, keep_all=True)
    engine.take(live)
    (alert,) = engine.standing()
    assert alert.measured["node"] == liar.url
    assert str(alert.measured["answer"]).startswith("its receipts hash to 0x")
    assert str(alert.measured["other_answer"]).startswith("block 0x")
    assert alert.proof == "header"
