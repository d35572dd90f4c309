"""`undertow demo` as a person runs it: it sums up, ends cleanly whoever ends it, leaves nothing behind."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from ingest.machine.processes import Child, free_port, port_is_taken, wait_until
from tests.fixtures.home import own_home

pytestmark = [pytest.mark.broker, pytest.mark.chain, pytest.mark.slow]

PARTS = ["broker", "origin chain", "fork", "second chain", "simulation", "ingest", "detect", "sink", "anchor"]
UP_S = 300
"""How long a busy machine may take to bring every part up."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An UNDERTOW_HOME of its own that shares the installed tools."""
    return own_home(tmp_path / "home")


class Demo:
    """A running demo, and everything it has started."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.started: dict[int, psutil.Process] = {}

    def text(self) -> str:
        assert self.child.log is not None
        return self.child.log.read_text()

    def wait_for(self, text: str) -> None:
        wait_until(lambda: text in self.text(), UP_S, f"the demo's line {text!r}", self.child)
        everything = psutil.Process(self.child.pid).children(recursive=True)
        self.started |= {process.pid: process for process in everything}

    def process_of(self, command: str) -> psutil.Process:
        return next(p for p in self.started.values() if p.cmdline()[2:4] == ["undertow", command])

    def ports(self) -> set[int]:
        return {int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", self.text())}

    def end(self, number: signal.Signals) -> int:
        os.kill(self.child.pid, number)
        return self.child.process.wait(60)

    def assert_nothing_is_left(self) -> None:
        assert self.started
        assert not [process for process in self.started.values() if process.is_running()]
        assert not [port for port in self.ports() if port_is_taken(port)]


@contextmanager
def demo(home: Path, *arguments: str) -> Iterator[Demo]:
    argv = [sys.executable, "-m", "undertow", "demo", *arguments]
    log = home / f"demo-{len(list(home.iterdir()))}.log"
    with Child.start("demo", argv, env={"UNDERTOW_HOME": str(home)}, log=log) as child:
        yield Demo(child)


@pytest.fixture(scope="module")
def used_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which a demo with a dashboard came up, refused to run twice, and was ended by Ctrl-C."""
    home, port = own_home(tmp_path_factory.mktemp("used") / "home"), free_port()
    with demo(home, "--port", str(port)) as first:
        first.wait_for("\nhead ")
        assert "labelled actors play on chain 31337" in first.text()
        assert f"dashboard     http://127.0.0.1:{port}" in first.text()
        assert "a demo runs already" in refused(home, "--no-dashboard")
        assert first.end(signal.SIGINT) == 0
        first.assert_nothing_is_left()
    return home


def test_ctrl_c_ends_everything_and_the_labels_stay(used_home: Path) -> None:
    assert (used_home / "demo/labels-31337.jsonl").read_text().splitlines()


def test_continue_goes_on_with_the_next_chain_and_so_many_blocks_end_with_a_summary_and_status_0(
    used_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERTOW_CHAIN_ID", "5")  # somebody's own settings are not the demo's
    monkeypatch.setenv("UNDERTOW_VERIFY", "off")
    with demo(used_home, "--continue", "--blocks", "50", "--no-dashboard", "--seed", "3") as run:
        run.wait_for("\nanchor ")
        assert "labelled actors play on chain 31338" in run.text()
        assert run.child.process.wait(300) == 0
        run.assert_nothing_is_left()
        text = run.text()
    assert [name for name in PARTS if re.search(rf"^{name}  ", text, re.M)] == PARTS
    (blocks,) = re.findall(r"^blocks +(\d+)$", text, re.M)
    assert int(blocks) >= 50
    assert re.search(r"^anchored +\d+ stretches of blocks, \d+ on their way$", text, re.M)
    (transfers,) = re.findall(r"^transfers +(\d+)$", text, re.M)
    assert int(transfers) > 0
    (found, all_of_them) = re.findall(r"^attacks +(\d+) of (\d+) found$", text, re.M)[0]
    assert len(re.findall(r"^  found  ", text, re.M)) == int(found) > 0
    assert len(re.findall(r"^  missed ", text, re.M)) == int(all_of_them) - int(found)


@pytest.mark.soak
def test_what_waits_is_judged_beside_the_book_and_the_summary_says_what_was_seen_in_time(home: Path) -> None:
    with demo(home, "--pending", "--blocks", "12", "--no-dashboard") as run:
        run.wait_for("\nsink ")
        assert re.search(r"^ingest +proved blocks go to Kafka, what waits beside them$", run.text(), re.M)
        assert re.search(r"^pending +what waits is judged, beside the book$", run.text(), re.M)
        assert run.child.process.wait(600) == 0
        run.assert_nothing_is_left()
        text = run.text()
    for way in ("its harm waited in the pool", "its harm went round it", "both"):
        assert re.search(rf"^{way} +\d+ +\d+ +\d+ +\d+ +(\d\.\d\d|-) +\d\.\d\d to \d\.\d\d$", text, re.M)
    assert re.search(
        r"^pending alerts \d+, false \d+ \(\d+ of hard negatives\), in the book in the end \d+$", text, re.M
    )
    logged = (home / "demo/logs/ingest.log").read_text()
    assert "mempool:" not in logged, "the fork of an anvil is simulated on, and goes on to answer"


@pytest.mark.soak
def test_killed_it_leaves_nothing(home: Path) -> None:
    with demo(home, "--no-dashboard") as run:
        run.wait_for("\nsink ")
        run.child.process.kill()
        run.child.process.wait(10)
        psutil.wait_procs(list(run.started.values()), timeout=60)
        run.assert_nothing_is_left()


@pytest.mark.soak
def test_a_part_that_dies_is_named_and_takes_the_rest_with_it(home: Path) -> None:
    with demo(home, "--no-dashboard") as run:
        run.wait_for("\nsink ")
        run.process_of("detect").kill()
        assert run.child.process.wait(60) == 1
        run.assert_nothing_is_left()
        last = run.text().splitlines()[-1]
    assert last.startswith("undertow: error: detect ended by itself (status -9); its last words:")
    assert "Traceback" not in run.text()


def test_a_taken_port_is_refused_before_anything_starts(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as alice:
        port = alice.getsockname()[1]
        said = refused(home, "--port", str(port))
    way_out = "end what holds it, or choose another with --port"
    assert said == f"undertow: error: port {port} on 127.0.0.1 is in use: {way_out}\n"
    assert not (home / "demo").exists()


def test_a_bad_rule_is_refused_before_anything_starts(home: Path, tmp_path: Path) -> None:
    (tmp_path / "large.rule").write_text("rule large")
    said = refused(home, "--rules", str(tmp_path))
    assert said.startswith(
        f"undertow: error: {tmp_path}/large.rule:1:11: the rule ends too early: write `when`"
    )
    assert not (home / "demo").exists()


def refused(home: Path, *arguments: str) -> str:
    argv = [sys.executable, "-m", "undertow", "demo", *arguments]
    env = {**os.environ, "UNDERTOW_HOME": str(home)}
    done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    return done.stderr
