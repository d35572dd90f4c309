"""A lake that is judged by workers of Ray: the book of one process, whoever of them is killed."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

import pytest

from ingest.lake.writing import LakeWriter
from ingest.machine.processes import Child, wait_until
from tests.fixtures.ray import FOLLOWER, HEAD, KEEPER, WITH_RAY, kill_one
from tests.parity.random_log import random_chain

pytestmark = WITH_RAY
BLOCKS = 2000
SAVING_OFTEN = """
from detectors.runs.distributed import run
from undertow import main
run.SAVE_EVERY_S = 0.0
main()
"""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Long enough that somebody can be killed in the middle."""
    folder, chain = tmp_path_factory.mktemp("lake"), random_chain(Random(19), BLOCKS, 1)
    for first in range(1, BLOCKS, 1000):
        LakeWriter(folder).write(chain.batch(first, first + 999))
    return folder


def detects(lake: Path, book: Path, *more: str) -> list[str]:
    argv = [sys.executable, "-m", "undertow", "detect", "--lake", str(lake), "--alerts", str(book)]
    return [*argv, "--scores", f"{book}.parquet", *more]


def bytes_of(book: Path) -> tuple[bytes, bytes]:
    return book.read_bytes(), Path(f"{book}.parquet").read_bytes()


@pytest.fixture(scope="module")
def alone(lake: Path) -> tuple[bytes, bytes]:
    with Child.start("detect", detects(lake, lake / "alone"), log=lake / "log") as child:
        assert child.process.wait(300) == 0, child.last_lines()
    assert (lake / "alone").read_bytes()
    return bytes_of(lake / "alone")


@pytest.mark.parametrize("who", [KEEPER, FOLLOWER])
def test_the_book_is_the_same_where_a_worker_is_killed(
    who: str, lake: Path, alone: tuple[bytes, bytes], tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with Child.start("detect", detects(lake, tmp_path / "book", "--ray", "local"), log=log) as child:
        wait_until(lambda: log.exists() and " of 2000 blocks" in log.read_text(), 240, "blocks", child)
        assert kill_one(child.pid, who)
        assert child.process.wait(600) == 0, child.last_lines()

    assert bytes_of(tmp_path / "book") == alone


def test_the_head_killed_is_one_line_and_the_same_command_goes_on(
    lake: Path, alone: tuple[bytes, bytes], tmp_path: Path
) -> None:
    book, log, state = tmp_path / "book", tmp_path / "log", tmp_path / "state"
    command = detects(lake, book, "--ray", "local", "--state", str(state))
    with Child.start("detect", [sys.executable, "-c", SAVING_OFTEN, *command[3:]], log=log) as child:
        wait_until(lambda: bool(list(state.glob("lake/chain-1/head.json"))), 240, "state", child)
        assert kill_one(child.pid, HEAD)
        assert child.process.wait(120) == 1
    (said,) = [line for line in log.read_text().splitlines() if not line.startswith("detect: ")]
    assert said.startswith("undertow: error: Ray at local is gone")
    assert not book.exists()

    log.unlink()
    with Child.start("detect", command, log=log) as child:
        assert child.process.wait(600) == 0, child.last_lines()
    assert bytes_of(book) == alone
    assert not list(state.glob("lake/*.json"))
