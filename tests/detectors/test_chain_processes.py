"""Several chains under one `detect`: a process each, and none of them stops another."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from detectors.runs import chain_processes
from detectors.runs.chain_processes import ChainProcesses
from ingest.model.errors import UndertowError
from undertow import app

DEADLINE_S = 60.0
LIVES = "import os, sys, time; open(sys.argv[1], 'w').write(f'{os.getpid()} {len(sys.argv)}'); time.sleep(99)"
"""Says its process id and how many words it was told."""
ENDS = "import sys; sys.exit(int(sys.argv[1]))"


def program(text: str, *words: object) -> list[str]:
    return [sys.executable, "-c", text, *map(str, words)]


class Run:
    """A supervisor in a thread of its own; threads that start children must outlive them."""

    def __init__(self, commands: dict[int, list[str]], *first: str) -> None:
        self.said: list[str] = []
        self.error: UndertowError | None = None
        self.stop = threading.Event()
        self._chains = ChainProcesses(commands, self.said.append, first)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._chains.run(self.stop)
        except UndertowError as error:
            self.error = error

    def ends(self) -> None:
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive()

    def waits_for(self, check: Callable[[], object]) -> None:
        end = time.monotonic() + DEADLINE_S
        while not check():
            assert time.monotonic() < end, self.said
            time.sleep(0.02)


def pid_in(file: Path) -> int:
    return told_in(file)[0]


def told_in(file: Path) -> tuple[int, int]:
    """Process id and number of words; nothing yet where it has not written."""
    words = file.read_text().split() if file.exists() else []
    return (int(words[0]), int(words[1])) if len(words) == 2 else (0, 0)


def test_a_chain_whose_process_fails_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    pid = tmp_path / "1"
    run = Run({1: program(LIVES, pid), 10: program(ENDS, 1)})
    run.waits_for(lambda: run.said and pid_in(pid))
    assert run.said == ["detect: chain 10: ended with status 1; the others go on: 1"]
    os.kill(pid_in(pid), 0)  # it lives
    run.stop.set()
    run.ends()
    assert str(run.error) == "detection of chain 10 ended before: its own line above says why"


def test_one_that_is_killed_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain_processes, "AGAIN_S", 0.0)
    pid = tmp_path / "1"
    run = Run({1: program(LIVES, pid)}, "--rebuild")
    run.waits_for(lambda: pid_in(pid))
    first, words = told_in(pid)
    os.kill(first, signal.SIGKILL)
    run.waits_for(lambda: pid_in(pid) not in (0, first))
    assert told_in(pid)[1] == words - 1, "it is not told to judge anew once more"
    assert run.said == ["detect: chain 1: its process was ended by SIGKILL and is started again"]
    run.stop.set()
    run.ends()
    assert run.error is None or "chain 1" in str(run.error)


def test_all_that_end_well_end_it_well() -> None:
    run = Run({1: program(ENDS, 0), 10: program(ENDS, 0)})
    run.ends()
    assert run.error is None and run.said == []


def test_each_process_is_told_what_the_command_was_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[ChainProcesses] = []
    monkeypatch.setattr(ChainProcesses, "run", lambda each, _stop: begun.append(each))
    words = [
        "--chain-id",
        "1",
        "--chain-id",
        "10",
        "--state",
        str(tmp_path),
        "--rebuild",
        "--metrics",
        "9100",
    ]
    assert CliRunner().invoke(app, ["detect", *words]).exit_code == 0
    (told,) = begun
    shared = [sys.executable, "-m", "undertow", "detect", "--state", str(tmp_path)]
    assert told.first == ("--rebuild",)
    assert told.commands == {
        1: [*shared, "--chain-id", "1", "--metrics", "9100"],
        10: [*shared, "--chain-id", "10", "--metrics", "9101"],
    }


def test_a_book_is_of_one_chain(tmp_path: Path) -> None:
    words = ["detect", "--lake", str(tmp_path), "--alerts", str(tmp_path / "book"), "--chain-id", "1"]
    done = CliRunner().invoke(app, [*words, "--chain-id", "10"])
    assert done.exit_code == 2 and "in batch, run detect for each" in done.output.replace("\n", " ")
