"""A process killed anywhere leaves state that is read as of its head, exactly, and from which it goes on."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.detectors.memory import killed
from tests.detectors.memory.oracle import Block
from tests.detectors.memory.town import Town

NEVER = 10**9


def child(state: Path, left: int, *torn: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.detectors.memory.killed", str(state), str(left), *torn]
    return subprocess.run(command, capture_output=True, text=True, timeout=250, check=False)


def stands(state: Path) -> int:
    """State is that of the head's block, to the last bit, and says what dictionaries say; which block."""
    town = Town(state)
    try:
        if town.head is None:
            assert town.memory.block == -1
            return -1
        town.blocks = killed.story()[: town.head.block + 1]
        assert town.head.extra == {"offset": town.head.block + 1}
        assert town.memory.digest() == town.twin().memory.digest()
        town.says_what(town.oracle())
        return town.head.block
    finally:
        town.memory.close()


def ends_well(state: Path) -> None:
    """Goes on to the end of the story, as if nothing had been."""
    town = killed.live(state, lambda number: None)
    assert town.memory.digest() == town.twin().memory.digest()
    town.memory.close()


@pytest.fixture(scope="module")
def acts(tmp_path_factory: pytest.TempPathFactory) -> int:
    """How often the whole story touches the disk."""
    done = child(tmp_path_factory.mktemp("whole"), NEVER)
    assert done.returncode == 0, done.stderr
    return NEVER - int(done.stdout.split()[-1])


def test_the_story_has_many_heads_and_the_last_one_stands(tmp_path: Path) -> None:
    heads, town = set(), killed.live(tmp_path, lambda number: None)
    heads.add(town.memory.saved)
    town.memory.close()
    assert stands(tmp_path) == town.memory.saved > 70


@pytest.mark.parametrize(
    "part", [pytest.param(part, marks=() if part % 3 == 0 else pytest.mark.soak) for part in range(12)]
)
def test_death_at_anything_done_to_the_disk(part: int, acts: int, tmp_path: Path) -> None:
    """Each case dies in one twelfth of the story, at a place that is drawn anew in each run of the tests."""
    place = random.randrange(acts * part // 12, acts * (part + 1) // 12) + 1
    done = child(tmp_path, place, *(["torn"] if part % 2 else []))
    assert done.returncode == -9, f"act {place} of {acts}: {done.stderr}"
    last = stands(tmp_path)
    assert last < int(done.stdout.split()[-1] if done.stdout else 1), f"act {place} of {acts}"
    ends_well(tmp_path)


@pytest.mark.parametrize("torn", [[], ["torn"]])
def test_death_again_and_again_gets_further_each_time(torn: list[str], tmp_path: Path) -> None:
    """Each life dies after so many acts; what was reached before is never lost."""
    reached, lives = -1, 0
    while lives < 8:
        done = child(tmp_path, 97, *torn)
        now = stands(tmp_path)
        assert now >= reached
        reached, lives = now, lives + 1
        if done.returncode == 0:
            break
    ends_well(tmp_path)


def test_death_at_any_moment_whatever_is_under_way(tmp_path: Path) -> None:
    """The parent kills it: also in the middle of a kernel, of a mapped write, of a thread's fsync."""
    command = [sys.executable, "-m", "tests.detectors.memory.killed", str(tmp_path), str(NEVER)]
    for wait in (0.0, 0.05, 0.1, 0.3):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(wait * random.random())
            process.kill()
        stands(tmp_path)
    ends_well(tmp_path)


def test_files_of_a_dead_process_are_cleared_away(tmp_path: Path) -> None:
    town = killed.live(tmp_path, lambda number: None)
    town.memory.close()
    folder = tmp_path / "chain-7"
    before = sorted(path.name for path in folder.iterdir())
    shutil.copy(folder / "head.json", folder / "head.json.writing")
    (folder / "tables-999999999999").write_bytes(b"half a frame")
    (folder / "rows.000000999999").write_bytes(b"")
    stands(tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == before


def test_state_without_a_head_is_no_state(tmp_path: Path) -> None:
    town = Town(tmp_path)
    for block in killed.story(20):
        town.live(block)
    town.memory.close()
    again = Town(tmp_path)
    assert again.head is None
    again.live(Block(500, 10_000, ()))
    assert again.memory.digest() == again.twin().memory.digest()
    again.memory.close()
