"""`python -m tests.bench.api`: how fast the API answers at 100 requests a second, of 100,000 alerts.

Beside it, in the same run and at the same pace, the same rows read from the database without it.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psutil
import requests

from dashboard.store import open_writer
from ingest.machine.processes import free_port
from tests.dashboard.alerts import CHAIN, MALLORY, Filing, drain, judged

AT_ONCE = 2_000
THREADS = 24
PATHS = (
    "/v1/alerts?limit=50",
    "/v1/alerts?severity=critical&limit=50",
    "/v1/alerts?limit=50&cursor=a50000",
    f"/v1/alerts/{CHAIN}/drain-77",
    f"/v1/alerts/{CHAIN}/drain-777/revisions",
)
RAW = """
SELECT a.*, a.record FROM alerts a WHERE a.number < ? ORDER BY a.number DESC LIMIT 50
"""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--alerts", type=int, default=100_000)
    asked.add_argument("--rate", type=int, default=100, help="requests a second")
    asked.add_argument("--seconds", type=int, default=20)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "store.db"
        began = time.perf_counter()
        fill(f"sqlite:///{file}", given.alerts)
        print(f"{given.alerts:,} alerts filed in {time.perf_counter() - began:.0f} s")
        raw = paced(raw_read(file), given.rate, given.seconds)
        print(f"raw read of 50 rows       {told(raw)}")
        asked_s, cpu_s = over_http(f"sqlite:///{file}", given.rate, given.seconds)
        print(f"API, mixed questions      {told(asked_s)}")
        print(f"CPU of the API            {1_000 * cpu_s / len(asked_s):.1f} ms a request")
    print(f"load of this machine meanwhile: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


def fill(url: str, count: int) -> None:
    grades = ("low", "medium", "high", "critical")
    with closing(open_writer(url)) as writer:
        filing = Filing(writer)
        for start in range(0, count, AT_ONCE):
            numbers = range(start, start + AT_ONCE)
            some = [drain(number, severity=grades[number % 97 % 4]) for number in numbers]
            filing.file(*some, blocks=(judged(start + AT_ONCE, (MALLORY, 0.5)),))


def raw_read(file: Path) -> Callable[[int], None]:
    """A connection for each thread, as the API has."""
    kept = threading.local()

    def read(number: int) -> None:
        if not hasattr(kept, "connection"):
            kept.connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        rows = kept.connection.execute(RAW, (50_000 + number,)).fetchall()
        assert json.loads(rows[0][-1])

    return read


def over_http(url: str, rate: int, seconds: int) -> tuple[list[float], float]:
    """Seconds of each request, and CPU seconds that the API took for all of them."""
    port = free_port()
    argv = [sys.executable, "-m", "undertow", "api", "--store", url, "--port", str(port), "--rate", "100000"]
    kept = threading.local()

    def ask(number: int) -> None:
        if not hasattr(kept, "session"):
            kept.session = requests.Session()
        answer = kept.session.get(f"http://127.0.0.1:{port}{PATHS[number % len(PATHS)]}", timeout=60)
        assert answer.status_code == 200, answer.text

    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(2):
            process.stdout.readline()
        for place in range(50):
            ask(place)
        before = _cpu(process.pid)
        try:
            found = paced(ask, rate, seconds)
            return found, _cpu(process.pid) - before
        finally:
            process.terminate()


def _cpu(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def paced(do: Callable[[int], None], rate: int, seconds: int) -> list[float]:
    """Seconds from when each was due to its end: a late one is not let off."""
    began = time.perf_counter() + 0.5

    def one(number: int) -> float:
        due = began + number / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        do(number)
        return time.perf_counter() - due

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(rate * seconds)))


def told(found: list[float]) -> str:
    ordered = sorted(found)
    p50, p95, p99 = (1_000 * ordered[int(len(ordered) * share)] for share in (0.5, 0.95, 0.99))
    return f"p50 {p50:8.1f} ms   p95 {p95:8.1f} ms   p99 {p99:8.1f} ms   of {len(found):,}"


if __name__ == "__main__":
    main()
