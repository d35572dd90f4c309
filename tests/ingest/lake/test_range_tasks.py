"""A backfill by Ray: the very lake that one process makes, whatever happens to workers or to the head."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ingest.lake.range_tasks import read_range
from ingest.lake.reading import MANIFESTS, Lake, Manifest
from ingest.machine.processes import Child, wait_until
from ingest.machine.ray.same_code import code_digest
from ingest.model.errors import BadInput
from tests.fixtures.ray import HEAD, WITH_RAY, WORKER, kill_one
from tests.fixtures.town import ETHER, Town


def backfills(url: str, lake: Path, last: int, *more: str) -> list[str]:
    argv = [sys.executable, "-m", "undertow", "backfill", "--rpc", url, "--lake", str(lake), "--workers", "2"]
    return [*argv, "--from-block", "0", "--to-block", str(last), *more]


def ended(child: Child) -> int:
    return child.process.wait(300)


def held(lake: Path) -> list[Manifest]:
    """The ranges of a lake, with the digests of all files."""
    return list(Lake.open(lake).manifests) if (lake / MANIFESTS).exists() else []


def test_a_worker_with_other_code_refuses_in_one_line() -> None:
    with pytest.raises(BadInput, match="runs another undertow than this one, or other libraries"):
        read_range(b"", "another digest than " + code_digest(), 0, 9, {})


@pytest.mark.chain
class TestWithRay:
    pytestmark = WITH_RAY

    def test_the_lake_is_the_same_also_where_a_worker_is_killed_and_where_the_head_is(
        self, town: Town, tmp_path: Path
    ) -> None:
        town.wraps("alice", ETHER).sends_weth("alice", "bob", 5).mine(4100).wraps("carol", ETHER)
        last, log = town.mine(3).head, tmp_path / "log"
        with Child.start("backfill", backfills(town.url, tmp_path / "alone", last), log=log) as child:
            assert ended(child) == 0
        alone = held(tmp_path / "alone")
        assert len(alone) == 5

        lake = tmp_path / "killed"
        with Child.start("backfill", backfills(town.url, lake, last, "--ray", "local"), log=log) as child:
            wait_until(lambda: len(held(lake)) >= 1, 240, "a range", child)
            assert kill_one(child.pid, WORKER)
            assert ended(child) == 0, child.last_lines()
        assert held(lake) == alone

        lake, log = tmp_path / "headless", tmp_path / "headless.log"
        with Child.start("backfill", backfills(town.url, lake, last, "--ray", "local"), log=log) as child:
            wait_until(lambda: len(held(lake)) >= 1, 240, "a range", child)
            assert kill_one(child.pid, HEAD)
            assert ended(child) == 1
        (said,) = [line for line in log.read_text().splitlines() if not line.startswith("backfill: ")]
        assert said.startswith("undertow: error: Ray at local is gone")
        kept = held(lake)
        assert 1 <= len(kept) < 5

        log.unlink()
        with Child.start("backfill", backfills(town.url, lake, last, "--ray", "local"), log=log) as child:
            assert ended(child) == 0
        assert f"backfill: {sum(range_.last - range_.first + 1 for range_ in kept)} of" in log.read_text()
        assert held(lake) == alone
