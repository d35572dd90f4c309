"""Worker processes of a backfill: they make the lake that one worker makes, and leave no trace."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import psutil
import pytest

from ingest.lake.backfill import BackfillSettings, backfill
from ingest.lake.reading import Lake, Manifest
from ingest.machine.processes import Child, wait_until
from ingest.machine.progress import Progress
from ingest.model.errors import ProofFailed, UndertowError
from tests.fixtures.liar import drops_last_log, lying
from tests.fixtures.town import ETHER, Town

pytestmark = pytest.mark.chain


def fills(url: str, lake: Path, settings: BackfillSettings) -> tuple[list[Manifest], list[str]]:
    """The ranges that are in the lake afterwards, and what was said."""
    said: list[str] = []
    assert backfill(url, None, settings, lake, threading.Event(), said.append, lambda _progress: None)
    return list(Lake.open(lake).manifests), said


def workers_of(parent: psutil.Process) -> list[psutil.Process]:
    """The processes beside it; multiprocessing has a helper of its own, which is none."""
    return [child for child in parent.children() if "spawn_main" in " ".join(child.cmdline())]


def test_processes_make_the_very_files_that_one_worker_makes(town: Town, tmp_path: Path) -> None:
    town.wraps("alice", ETHER).sends_weth("alice", "bob", 5).mine(2100).wraps("carol", ETHER)
    last = town.mine(3).head

    alone, _ = fills(town.url, tmp_path / "alone", BackfillSettings(0, last, workers=1))
    together, _ = fills(town.url, tmp_path / "together", BackfillSettings(0, last, workers=3))
    assert together == alone  # the digests of all files among it
    assert len(alone) == 3


def test_what_processes_cannot_prove_is_heard_and_named_here(town: Town, tmp_path: Path) -> None:
    head = town.mine(2000 - town.head).wraps("alice", ETHER).head
    with lying(town.url, drops_last_log) as node:
        with pytest.raises(ProofFailed, match=f"block {head} from {node.url}") as refused:
            fills(node.url, tmp_path / "strict", BackfillSettings(900, head, workers=2))
        _, said = fills(node.url, tmp_path / "warn", BackfillSettings(900, head, verify="warn", workers=2))

    assert (refused.value.number, refused.value.source) == (head, node.url)
    assert any(f"not proved: block {head} from {node.url}" in line for line in said)


def test_a_worker_that_is_killed_is_one_clear_line_and_the_next_run_finishes(
    town: Town, tmp_path: Path
) -> None:
    last = town.mine(4200).head
    settings = BackfillSettings(0, last, workers=2)

    def kill(progress: Progress) -> None:
        if progress.done:
            for worker in workers_of(psutil.Process())[:1]:
                worker.kill()

    with pytest.raises(UndertowError, match="a worker process of the backfill was ended from outside"):
        backfill(town.url, None, settings, tmp_path, threading.Event(), lambda _line: None, kill)
    assert workers_of(psutil.Process()) == []

    ranges, _ = fills(town.url, tmp_path, settings)
    assert [range_.first for range_ in ranges] == [0, 1000, 2000, 3000, 4000]


@pytest.mark.parametrize(
    "how",
    [signal.SIGKILL, *(pytest.param(how, marks=pytest.mark.soak) for how in (signal.SIGTERM, signal.SIGINT))],
)
def test_no_worker_outlives_its_backfill(town: Town, tmp_path: Path, how: signal.Signals) -> None:
    last = town.mine(4200).head
    argv = [sys.executable, "-m", "undertow", "backfill", "--rpc", town.url, "--lake", str(tmp_path / "lake")]
    argv += ["--from-block", "0", "--to-block", str(last), "--workers", "3"]
    with Child.start("backfill", argv, log=tmp_path / "log") as child:
        parent = psutil.Process(child.pid)
        wait_until(lambda: len(workers_of(parent)) == 2, 60, "two workers", child)
        workers = workers_of(parent)
        os.kill(child.pid, how)
        child.process.wait(60)
        wait_until(lambda: not any(worker.is_running() for worker in workers), 30, "the workers' end")

    assert child.process.returncode == (-how if how == signal.SIGKILL else 0)
    held = Lake.open(tmp_path / "lake")
    assert all(held.intact(range_) for range_ in held.manifests)
