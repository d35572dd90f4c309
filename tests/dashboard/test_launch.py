"""The dashboard listens on this machine only and says in one line why it does not start."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.launch import check_address, start
from dashboard.store import open_writer
from ingest.machine.processes import answers, free_port, wait_until
from ingest.model.errors import BadInput, PortTaken


def test_any_address_but_this_machines_is_refused() -> None:
    with pytest.raises(BadInput, match="off loopback needs sign-in, which is not built yet"):
        check_address("0.0.0.0")


def test_a_port_in_use_is_named(sqlite_url: str) -> None:
    open_writer(sqlite_url).close()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(PortTaken, match=f"port {other.getsockname()[1]}"):
            start(sqlite_url, other.getsockname()[1])


def test_a_store_that_is_not_there_is_said_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="run `undertow sink` first"):
        start(f"sqlite:///{tmp_path}/typo.db", free_port())


def test_sigterm_ends_the_dashboard_and_frees_its_port(sqlite_url: str) -> None:
    open_writer(sqlite_url).close()
    port = free_port()
    command = [sys.executable, "-m", "undertow", "dashboard", "--store", sqlite_url, "--port", str(port)]
    process = subprocess.Popen(command, env=os.environ, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: answers(port), 60, "the dashboard did not start")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert not answers(port)
    finally:
        process.kill()
        process.wait()
