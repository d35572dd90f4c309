"""`make bench-dashboard`: an analyst's waiting times with 100,000 alerts in the store, on real processes.

Alerts go through a real Kafka and a real sink; the screens are looked at in a real Chromium. Machines are
shared: the load of this one stands beside the figures.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path

import psutil

from dashboard.launch import start
from ingest.machine import broker, tools
from ingest.machine.processes import Child, free_port
from tests.bench.__main__ import show
from tests.bench.dashboard.filling import SCORES_A_BLOCK, fill, send, wait_until_filed
from tests.bench.dashboard.looking import live_table, page_table
from tests.dashboard.detection import Detection
from tests.fixtures.browser import chromium

CHAIN_ID = 31337


def main() -> None:
    """Prints three tables, or the first alone."""
    parser = argparse.ArgumentParser(prog="make bench-dashboard", description=__doc__)
    parser.add_argument("--alerts", type=int, default=100_000)
    parser.add_argument("--new", type=int, default=40, help="alerts that come while people look")
    parser.add_argument("--sessions", type=int, default=8)
    parser.add_argument("--times", type=int, default=3, help="how often each screen is opened")
    parser.add_argument("--store", help="a PostgreSQL to fill instead of SQLite: it must be empty")
    parser.add_argument("--filled", action="store_true", help="file the alerts without Kafka and sink first")
    parser.add_argument("--scores", type=int, default=SCORES_A_BLOCK, help="score rows beside each alert")
    parser.add_argument("--filing-only", action="store_true", help="do not look at screens")
    wanted = parser.parse_args()
    tools.ensure(lambda _line: None)
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        kafka = running.enter_context(broker.running(folder / "kafka"))
        store = wanted.store or f"sqlite:///{folder}/store.db"
        detection = running.enter_context(closing(Detection(kafka, CHAIN_ID, blocks=1)))
        argv = [sys.executable, "-m", "undertow", "sink", "--kafka", kafka, "--store", store]
        sent = 0.0
        if wanted.filled:
            filed = fill(store, CHAIN_ID, wanted.alerts, wanted.scores)
        else:
            begun = time.monotonic()
            send(detection, wanted.alerts, wanted.scores)
            sent = time.monotonic() - begun
        sink = running.enter_context(Child.start("sink", argv, {}, folder / "sink.log"))
        if wanted.filled:
            show(filled_table(wanted.alerts, filed, wanted.scores))
        else:
            filed = wait_until_filed(store, CHAIN_ID, wanted.alerts, sink, 1_800)
            show(filing_table(wanted.alerts, sent, filed, sink.pid, wanted.scores))
        print(f"load of this machine meanwhile: {os.getloadavg()[1]:.1f} on {os.cpu_count()} processors")
        if wanted.filing_only:
            return
        port = free_port()
        server = running.enter_context(start(store, port, folder / "dashboard.log"))
        address = f"http://127.0.0.1:{port}"
        browser = running.enter_context(chromium())
        show(page_table(browser, address, CHAIN_ID, wanted.alerts, wanted.times))
        parts = {"the dashboard's server": server.pid, "the sink": sink.pid}
        show(live_table(browser, address, detection, wanted.alerts, wanted.sessions, wanted.new, parts))
        print(f"load of this machine meanwhile: {os.getloadavg()[1]:.1f} on {os.cpu_count()} processors")


def filled_table(alerts: int, filed: float, rows: int) -> list[list[str]]:
    """In this process: what the store takes alone."""
    cpu = time.process_time()
    return [
        ["the store files alerts without Kafka", "figure"],
        [f"alerts a second, each with {rows} score rows", f"{alerts / filed:,.0f}"],
        ["CPU s for 1,000 alerts", f"{1_000 * cpu / alerts:.2f}"],
    ]


def filing_table(alerts: int, sent: float, filed: float, pid: int, rows: int) -> list[list[str]]:
    """What the sink took until it had filed all, with so many score rows an alert."""
    times = psutil.Process(pid).cpu_times()
    cpu = times.user + times.system
    return [
        ["the sink files a backlog", "figure"],
        ["alerts, each with its block", f"{alerts:,}"],
        ["alerts a second", f"{alerts / filed:,.0f}"],
        ["score rows a second, at the same time", f"{alerts * rows / filed:,.0f}"],
        ["CPU s of the sink for 1,000 alerts", f"{1_000 * cpu / alerts:.2f}"],
        ["(sent to Kafka in s)", f"{sent:.0f}"],
    ]


if __name__ == "__main__":
    main()
