"""Backfill from a real node: proved ranges, resumed where they are missing, refused where they are not so."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from ingest.lake.backfill import BackfillSettings, backfill
from ingest.lake.reading import Lake
from ingest.machine.processes import Child, wait_until
from ingest.machine.progress import Progress
from ingest.model.errors import BadInput, NodeMisbehaved, ProofFailed
from tests.fixtures.liar import drops_last_log, lying
from tests.fixtures.town import ETHER, Town

pytestmark = pytest.mark.chain


def fill(url: str, lake: Path, settings: BackfillSettings) -> list[Progress]:
    shown: list[Progress] = []
    assert backfill(url, None, settings, lake, threading.Event(), lambda _line: None, shown.append)
    return shown


def hashes(lake: Path, chain_id: int) -> dict[int, bytes]:
    blocks = [batch.blocks for batch in Lake.open(lake).batches(chain_id)]
    return {n: h for frame in blocks for n, h in frame.select("block_number", "block_hash").iter_rows()}


def test_the_lake_holds_what_the_node_holds_up_to_its_head(town: Town, tmp_path: Path) -> None:
    head = town.wraps("alice", ETHER).sends_weth("alice", "bob", 5).mine(1200).head

    fill(town.url, tmp_path, BackfillSettings(0, head, workers=2))

    assert hashes(tmp_path, town.chain_id) == town.hashes(0, head)
    assert [range_.last for range_ in Lake.open(tmp_path).ranges(town.chain_id)] == [999, head]


def test_a_second_run_reads_only_what_is_missing_or_changed(town: Town, tmp_path: Path) -> None:
    town.mine(1003 - town.head).pays("mallory", "bob", ETHER).mine(5)
    settings = BackfillSettings(990, 1005)
    fill(town.url, tmp_path, settings)
    written = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.parquet")}

    fill(town.url, tmp_path, settings)
    assert {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.parquet")} == written

    town.reorganise(town.head - 1003)
    fill(town.url, tmp_path, settings)
    rewritten = {file.name for file, when in written.items() if file.stat().st_mtime_ns != when}
    assert rewritten == {"000000001000-000000001005.parquet"}
    assert hashes(tmp_path, town.chain_id) == town.hashes(990, 1005)


def test_damage_is_repaired_by_running_again(town: Town, tmp_path: Path) -> None:
    town.mine(10)
    fill(town.url, tmp_path, BackfillSettings(3, 9))
    next(tmp_path.glob("logs/**/*.parquet")).unlink()

    fill(town.url, tmp_path, BackfillSettings(3, 9))

    assert hashes(tmp_path, town.chain_id) == town.hashes(3, 9)


def test_stopped_early_it_keeps_what_is_whole_and_says_so(town: Town, tmp_path: Path) -> None:
    town.mine(2500)
    stop = threading.Event()

    def stop_after_one(progress: Progress) -> None:
        if progress.done:
            stop.set()

    settings = BackfillSettings(0, 2500, workers=1)
    done = backfill(town.url, None, settings, tmp_path, stop, lambda _line: None, stop_after_one)

    assert not done
    assert [(range_.first, range_.last) for range_ in Lake.open(tmp_path).ranges(town.chain_id)] == [(0, 999)]


def test_killed_and_run_again_it_reads_only_what_is_missing(town: Town, tmp_path: Path) -> None:
    last = town.mine(4200).head
    lake, log = tmp_path / "lake", tmp_path / "log"
    asked = _Asked()
    with lying(town.url, asked.answers) as node:
        argv = [sys.executable, "-m", "undertow", "backfill", "--rpc", node.url, "--lake", str(lake)]
        argv += ["--from-block", "0", "--to-block", str(last), "--workers", "2"]
        with Child.start("backfill", argv, log=log) as child:
            wait_until(lambda: len(list(lake.glob("_ranges/*.json"))) >= 2, 60, "two ranges", child)
            os.kill(child.pid, signal.SIGKILL)
            child.process.wait(10)
        held = Lake.open(lake).ranges(town.chain_id)
        kept = {number for range_ in held for number in range(range_.first, range_.last)}

        asked.blocks.clear()
        shown = fill(node.url, lake, BackfillSettings(0, last))

    assert 2000 <= len(held) * 1000 <= last
    assert not asked.blocks & kept
    assert shown[0].done >= 2000
    assert hashes(lake, town.chain_id) == town.hashes(0, last)


class _Asked:
    """Hears which blocks a node was asked for, receipts and all; changes nothing."""

    def __init__(self) -> None:
        self.blocks: set[int] = set()

    def answers(self, answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
        full = (answer["result"] for answer in answers if isinstance(answer.get("result"), dict))
        self.blocks |= {int(block["number"], 16) for block in full if "transactions" in block}
        return answers


def test_strict_writes_nothing_of_a_range_it_cannot_prove(town: Town, tmp_path: Path) -> None:
    head = town.mine().wraps("alice", ETHER).head
    with (
        lying(town.url, drops_last_log) as node,
        pytest.raises(ProofFailed, match=f"block {head} from {node.url}"),
    ):
        fill(node.url, tmp_path, BackfillSettings(head - 1, head))

    assert Lake.open(tmp_path).ranges(town.chain_id) == []


def test_warn_marks_what_it_cannot_prove(town: Town, tmp_path: Path) -> None:
    head = town.mine().wraps("alice", ETHER).head
    with lying(town.url, drops_last_log) as node:
        fill(node.url, tmp_path, BackfillSettings(head - 1, head, verify="warn"))

    (batch,) = Lake.open(tmp_path).batches(town.chain_id)
    assert batch.blocks["proof"].to_list() == ["header", "none"]


def test_blocks_above_the_head_are_refused(town: Town, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=f"--to-block 5000 is above the head of the chain, {town.head}"):
        fill(town.url, tmp_path, BackfillSettings(0, 5000))


def test_a_node_that_cannot_give_receipts_is_one_clear_line(town: Town, tmp_path: Path) -> None:
    def refuse(answers: list[dict[str, object]]) -> list[dict[str, object]]:
        error = {"code": -32601, "message": "Method not found"}
        for answer in answers:
            result = answer.get("result")
            if isinstance(result, list) or (isinstance(result, dict) and "cumulativeGasUsed" in result):
                del answer["result"]
                answer["error"] = error
        return answers

    with (
        lying(town.url, refuse) as node,
        pytest.raises(NodeMisbehaved, match=r"^the node at .* refused: Method"),
    ):
        fill(node.url, tmp_path, BackfillSettings(0, 1))
