"""Children end when they are told to, when they do not listen, and when their parent is killed."""

import os
import signal
import socket
import sys
from pathlib import Path

import psutil
import pytest

from ingest.machine.processes import Child, answers, free_port, port_is_taken, refuse_taken, wait_until
from ingest.model.errors import PortTaken, SetupFailed

SLEEPS = "import time; time.sleep(60)"
DEAF = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
HAS_A_CHILD = (
    "import subprocess, sys; p = subprocess.Popen(['sleep', '60']); print(p.pid, flush=True); p.wait()"
)


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_free_port_is_free_until_somebody_listens() -> None:
    port = free_port()
    assert not port_is_taken(port)
    assert not answers(port)
    with socket.create_server(("127.0.0.1", port)):
        assert port_is_taken(port)
        assert answers(port)
    assert not port_is_taken(port)


def test_a_taken_port_is_refused_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as alice:
        port = alice.getsockname()[1]
        with pytest.raises(PortTaken, match=f"port {port} .* is in use: .*--port"):
            refuse_taken(port, "--port")


def test_a_child_ends_when_it_is_asked() -> None:
    child = Child.start("sleeper", python(SLEEPS))
    assert child.poll() is None
    assert child.stop() == -signal.SIGTERM


def test_a_child_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "deaf.log"
    child = Child.start("deaf", python(DEAF), log=log)
    wait_until(lambda: "deaf" in log.read_text(), 10, "the deaf child", child)
    assert child.stop(grace_s=0.2) == -signal.SIGKILL


def test_a_grandchild_ends_with_its_group(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Child.start("parent", python(HAS_A_CHILD), log=log) as child:
        wait_until(lambda: log.read_text().strip().isdigit(), 10, "the grandchild", child)
        grandchild = psutil.Process(int(log.read_text()))
    assert grandchild.wait(5) is None or not grandchild.is_running()


def test_a_child_does_not_outlive_a_parent_killed_with_minus_nine(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = (
        "from ingest.machine.processes import Child; import sys, time\n"
        f"print(Child.start('inner', [sys.executable, '-c', {SLEEPS!r}]).pid, flush=True); time.sleep(60)"
    )
    parent = Child.start("parent", python(code), env={"PYTHONPATH": str(Path.cwd())}, log=log)
    wait_until(lambda: log.read_text().strip().isdigit(), 20, "the inner child", parent)
    inner = psutil.Process(int(log.read_text()))
    os.kill(parent.pid, signal.SIGKILL)
    parent.process.wait(5)

    def has_ended() -> bool:
        return not inner.is_running() or inner.status() == psutil.STATUS_ZOMBIE

    wait_until(has_ended, 5, "the inner child's end")
    assert has_ended()


def test_waiting_ends_with_the_last_words_of_a_child_that_died(tmp_path: Path) -> None:
    child = Child.start(
        "anvil", python("print('port 8545 in use'); raise SystemExit(3)"), log=tmp_path / "log"
    )
    with pytest.raises(
        SetupFailed, match="the chain: anvil ended with status 3; its last words: port 8545 in use"
    ):
        wait_until(lambda: False, 20, "the chain", child)


def test_waiting_has_a_deadline() -> None:
    with pytest.raises(SetupFailed, match=r"the broker: not within 0\.1 seconds"):
        wait_until(lambda: False, 0.1, "the broker")


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(SetupFailed, match="anvil could not be started: /nowhere/anvil: No such file"):
        Child.start("anvil", ["/nowhere/anvil"])


def test_settings_are_added_to_the_environment(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = "import os; print(os.environ['UNDERTOW_HOME'], 'PATH' in os.environ)"
    Child.start("child", python(code), env={"UNDERTOW_HOME": "here"}, log=log).process.wait(10)
    assert log.read_text() == "here True\n"
