"""The dashboard listens on this machine only and says in one line why it does not start."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from websockets.sync.client import connect
from websockets.typing import Subprotocol

import dashboard.app
from dashboard.accounts.access import Access
from dashboard.launch import start, url
from dashboard.store import open_writer
from ingest.machine.processes import Child, answers, free_port, wait_until
from ingest.model.errors import BadInput, PortTaken


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


def test_the_first_analyst_waits_for_no_import_that_all_screens_share() -> None:
    asks = "import sys; from dashboard.screens import serving; serving.prepare(); print(*sys.modules)"
    before = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True)
    for shared in ("dashboard.store.cases", "dashboard.transfers.lake", "sqlalchemy", "polars", "networkx"):
        assert shared in before.stdout.split()
    assert "No runtime" not in before.stderr, "nothing that Streamlit caches is made before its server is"


def test_who_starts_the_app_by_hand_for_everybody_is_shown_nothing(sqlite_url: str) -> None:
    open_writer(sqlite_url).close()
    port = free_port()
    argv = [sys.executable, "-m", "streamlit", "run", dashboard.app.__file__, f"--server.port={port}"]
    argv += ["--server.headless=true", "--browser.gatherUsageStats=false"]
    env = os.environ | {"UNDERTOW_STORE": sqlite_url, "UNDERTOW_USERS": ""}
    with Child.start("app", argv, env):
        wait_until(lambda: answers(port), 60, "the app did not start")
        assert "nobody may come in from elsewhere" in drawn(port)


def drawn(port: int) -> str:
    """What a browser is sent of the page at `port`, as far as the first notice."""
    with connect(f"ws://127.0.0.1:{port}/_stcore/stream", subprotocols=[Subprotocol("streamlit")]) as page:
        page.send(BackMsg(rerun_script=ClientState(query_string="")).SerializeToString())
        seen = ""
        while 'class="u-notice"' not in seen:
            seen += page.recv(timeout=30, decode=False).decode(errors="replace")
        return seen


def test_the_address_is_the_one_that_a_browser_calls() -> None:
    assert url(8501) == "http://127.0.0.1:8501"
    assert url(80, Access("::1")) == "http://[::1]:80"
    assert url(80, Access("0.0.0.0")) == f"http://{socket.gethostname()}:80"
    assert (
        url(443, Access("0.0.0.0", certificate=Path("c"), host="fraud.example"))
        == "https://fraud.example:443"
    )
