"""Everybody who reads the same blocks, each as a process of its own: the limit, ourselves, and the peers."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from ingest.machine import tools

HERE = Path(__file__).parent
PEERS = {"cryo": "cryo==0.3.2", "ethereum-etl": "ethereum-etl==2.4.2"}
DEADLINE_S = 900


@dataclass(frozen=True, slots=True)
class Reader:
    """`command` reads blocks first..last; `share`: of all the blocks, so that slow ones end in time."""

    name: str
    command: Sequence[str]
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Reading:
    seconds: float
    cpu_s: float
    peak_mb: float


def readers(url: str, first: int, last: int, folder: Path, round_: int) -> list[Reader]:
    """In the order of the table. Peers that cannot be installed are left out, and said so."""
    span, slow = [str(first), str(last)], [str(first), str(first + (last - first + 1) // 10 - 1)]
    backfill = [sys.executable, "-m", "undertow", "backfill", "--rpc", url, "--workers", "3"]
    backfill += ["--from-block", str(first), "--to-block", str(last)]
    off, on = str(folder / f"off-{round_}"), str(folder / f"on-{round_}")
    ours = [
        Reader("raw HTTP bytes of blocks and receipts (the limit)", _script("raw_http", url, *span)),
        Reader("undertow backfill, proof off", [*backfill, "--lake", off, "--verify", "off"]),
        Reader("undertow backfill, proof on", [*backfill, "--lake", on]),
        Reader("web3.py get_logs + process_log", _script("with_web3", url, *slow), 0.1),
    ]
    peers = []
    if cryo := peer_python("cryo"):
        for kinds in ("logs", "blocks transactions logs"):
            target = str(folder / f"cryo-{kinds.replace(' ', '-')}-{round_}")
            command = _script("with_cryo", url, *span, target, kinds, python=cryo)
            peers.append(Reader(f"cryo 0.3.2, {kinds.replace(' ', ', ')}", command))
    if etl := peer_python("ethereum-etl"):
        command = _script("with_ethereum_etl", url, *slow, str(folder / f"etl-{round_}.csv"), python=etl)
        peers.append(Reader("ethereum-etl 2.4.2, token transfers", command, 0.1))
    return ours + peers


def follower(url: str, kafka: str, first: int, last: int) -> Reader:
    """Who brings the blocks into Kafka and ends there."""
    command = [sys.executable, "-m", "undertow", "ingest", "--rpc", url, "--kafka", kafka]
    return Reader("undertow ingest", [*command, "--start", str(first), "--until-block", str(last)])


def _script(name: str, *arguments: str, python: str = sys.executable) -> list[str]:
    return [python, str(HERE / f"{name}.py"), *arguments]


def peer_python(name: str) -> str | None:
    """The Python of a peer's own environment, which is made where it is missing; None where it cannot be."""
    folder = tools.home() / "bench" / PEERS[name].replace("==", "-")
    python = folder / "bin" / "python"
    if not (folder / "installed").exists():
        venv.create(folder, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PEERS[name]]
        if subprocess.run(install, check=False).returncode:
            print(f"{name} could not be installed: left out")
            return None
        (folder / "installed").touch()
    return str(python)


def measured(reader: Reader, log: Path) -> Reading | None:
    """Runs it once; None where it failed, and the end of what it said is printed."""
    start = time.perf_counter()
    environment = {**os.environ, "PYTHONWARNINGS": "ignore", "PYTHONPATH": str(Path.cwd())}
    with log.open("wb") as output:
        process = subprocess.Popen(list(reader.command), stdout=output, stderr=output, env=environment)
        peak = _Peak(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        print(f"{reader.name} failed: {log.read_text(errors='replace')[-300:]}")
        return None
    return Reading(seconds, usage.ru_utime + usage.ru_stime, peak.mb)


class _Peak:
    """The most memory that a process and its children held at once, looked at twenty times a second."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._most = 0
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def mb(self) -> float:
        return self._most / 1e6

    def _watch(self) -> None:
        try:
            while True:
                family = [self._process, *self._process.children(recursive=True)]
                self._most = max(self._most, sum(one.memory_info().rss for one in family))
                time.sleep(0.05)
        except psutil.Error:
            return
