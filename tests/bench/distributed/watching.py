"""Runs a command, and takes down what each process of its family took."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds on the clock; processor seconds of all, and of the process that took most."""

    seconds: float
    cpu_s: float
    busiest_s: float


def watched(command: Sequence[str], log: Path) -> Took:
    """Looked at twenty times a second: what a process takes in its last moment is not seen. Ends the bench
    where the command fails, with the end of what it said.
    """
    took: dict[int, float] = {}
    start = time.perf_counter()
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        parent = psutil.Process(process.pid)
        while process.poll() is None:
            _look(parent, took)
            time.sleep(_LOOK_S)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed: {log.read_text(errors='replace')[-300:]}")
    return Took(seconds, sum(took.values()), max(took.values()))


def _look(parent: psutil.Process, took: dict[int, float]) -> None:
    with suppress(psutil.Error):
        for one in [parent, *parent.children(recursive=True)]:
            with suppress(psutil.Error):
                times = one.cpu_times()
                took[one.pid] = times.user + times.system
