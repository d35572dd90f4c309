"""The engine's state on disk, as kill -9 leaves it at anything that is done to the disk while it is saved.

One run freezes a copy of the folder at each of these acts, half a write included: from every copy another
engine goes on to the same end. A kill loses what a process has not given to the system yet, and so does a
copy.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from detectors.engine import checkpoint
from detectors.engine.engine import Engine
from detectors.engine.settings import EngineSettings
from detectors.memory import files
from detectors.memory.memory import folder_of
from ingest.model.batch import Event
from tests.fixtures.few import few_detectors
from tests.fixtures.restarts import begun
from tests.parity.random_log import random_chain

pytestmark = pytest.mark.slow

SETTINGS = EngineSettings(finality=4, epoch_blocks=5, score_floor=0.0)
FIRST_SAVE, LAST_SAVE, HEAD = 12, 22, 26
ACTS = ("write", "sync", "rename", "remove")


def log() -> list[Event]:
    return list(random_chain(Random(7), HEAD, first=1).batches(1))


def at_the_head(made: Engine, offset: int | None) -> str:
    """All that is remembered after the last block, and the alerts that can still change."""
    for at, event in enumerate(log()[offset or 0 :], start=(offset or 0) + 1):
        made.take(event, at)
    digest = made.state.memory.digest() + str(sorted(alert.to_json() for alert in made.standing()))
    made.close()
    return digest


def engine(folder: Path) -> Engine:
    return Engine(1, few_detectors(), SETTINGS, folder=folder)


class Frozen:
    """Copies of a folder, one for each thing done to the disk, named after it."""

    def __init__(self, state: Path, copies: Path, patch: Callable[[Any, str, Any], None]) -> None:
        self.state, self.copies, self.names = state, copies, list[str]()
        for act in ACTS:
            patch(files, act, self._watched(getattr(files, act)))

    def _watched(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*given: Any) -> Any:
            where = Path(getattr(given[0], "name", given[0])).name
            self._freeze(f"before {act.__name__} {where}")
            if act.__name__ == "write":
                file, data = given
                raw = bytes(data)
                act(file, raw[: len(raw) // 2])
                file.flush()
                self._freeze(f"half of a write to {where}")
                return act(file, raw[len(raw) // 2 :])
            return act(*given)

        return watched

    def _freeze(self, name: str) -> None:
        self.names.append(name)
        shutil.copytree(self.state, self.copies / str(len(self.names) - 1))


def saved_twice(state: Path, watch: Callable[[], object]) -> None:
    """A head is in place, and after `watch` another one replaces it."""
    made = begun(engine(state))
    for offset, event in enumerate(log(), start=1):
        made.take(event, offset)
        if offset == FIRST_SAVE:
            assert checkpoint.save(made)
        if offset == LAST_SAVE:
            watch()
            assert checkpoint.save(made)
            break
    made.close()


def chosen(names: list[str]) -> list[int]:
    """Each act on a name of its own, and the first, the last and a few of the many writes to one file."""
    of_act: dict[str, list[int]] = {}
    for number, name in enumerate(names):
        of_act.setdefault(name, []).append(number)
    return sorted(n for numbers in of_act.values() for n in {*numbers[:2], *numbers[2:-1:20], numbers[-1]})


@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_killed_at_any_act_of_saving_it_goes_on_from_one_head_or_the_other(
    every: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, copies = tmp_path / "state", tmp_path / "copies"
    with monkeypatch.context() as patched:
        frozen: list[Frozen] = []
        saved_twice(state, lambda: frozen.append(Frozen(state, copies, patched.setattr)))
    names = frozen[0].names
    last = f"engine-{LAST_SAVE - 4:012}"
    for act in ("half of a write to", "before sync", "before rename"):
        assert f"{act} {last}.writing" in names
    assert "before rename head.json.writing" in names
    assert f"before remove engine-{FIRST_SAVE - 4:012}" in names
    expected, heads = at_the_head(begun(engine(tmp_path / "never stopped")), None), set()
    for number in range(len(names)) if every else chosen(names):
        made = engine(copies / str(number))
        offset = checkpoint.opened(made)
        heads.add(offset)
        assert len(list(folder_of(copies / str(number), 1).glob("engine-*"))) == 1, names[number]
        assert at_the_head(made, offset) == expected, names[number]
    assert heads == {FIRST_SAVE - 4, LAST_SAVE - 4}


class Mortal:
    """Dies at the n-th thing it does to the disk."""

    def __init__(self, left: int) -> None:
        self.left = left
        for act in ACTS:
            setattr(files, act, self._counting(getattr(files, act)))

    def _counting(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return act(*given)

        return counted


@pytest.mark.parametrize(
    "left", [5, 70, *(pytest.param(left, marks=pytest.mark.soak) for left in range(1, 200, 9))]
)
def test_a_process_that_is_killed_leaves_what_another_goes_on_from(left: int, tmp_path: Path) -> None:
    state = tmp_path / "state"
    command = [sys.executable, "-m", "tests.parity.test_killed_while_saving", str(state), str(left)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode in (0, -9), done.stderr
    made = engine(state)
    offset = checkpoint.opened(made)
    assert offset in (FIRST_SAVE - 4, LAST_SAVE - 4)
    assert at_the_head(made, offset) == at_the_head(begun(engine(tmp_path / "never stopped")), None)


if __name__ == "__main__":
    saved_twice(Path(sys.argv[1]), lambda: Mortal(int(sys.argv[2])))
