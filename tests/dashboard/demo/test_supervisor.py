"""Parts come up in order, a dead one is named with its last words, and none is left when it is over."""

import io
import sys
import threading
from pathlib import Path

import psutil
import pytest

from dashboard.demo.supervisor import Part, Stopped, Supervisor
from dashboard.demo.terminal import Terminal
from ingest.machine.processes import wait_until
from ingest.model.errors import SetupFailed

LIVES = "import time; print('up', flush=True); time.sleep(60)"
DIES = "import time; print('up', flush=True); time.sleep(0.3); print('no more memory'); raise SystemExit(3)"
WORKS = "print('up', flush=True)"
NEVER = "import time; print('thinking', flush=True); time.sleep(60)"


def part(name: str, code: str, ends: bool = False, deadline_s: float = 20.0) -> Part:
    def ready(log: Path) -> list[str] | None:
        return [f"{name} is up"] if "up" in log.read_text() else None

    return Part(name, [sys.executable, "-c", code], ready, ends, deadline_s)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


@pytest.fixture
def supervisor(tmp_path: Path, said: list[str], stop: threading.Event) -> Supervisor:
    return Supervisor(tmp_path, stop, said.append)


def test_each_part_is_announced_when_it_is_up_and_ended_at_the_end(
    supervisor: Supervisor, said: list[str]
) -> None:
    with supervisor:
        supervisor.start(part("broker", LIVES), part("chain", LIVES))
        supervisor.start(part("ingest", LIVES))
        processes = [psutil.Process(pid) for pid in supervisor.pids().values()]
        assert said == ["broker is up", "chain is up", "ingest is up"]
        supervisor.check()
    assert len(processes) == 3
    assert not any(process.is_running() for process in processes)


def test_a_part_that_dies_is_named_with_its_last_words(supervisor: Supervisor) -> None:
    with supervisor:
        supervisor.start(part("detect", DIES), part("sink", LIVES))
        wait_until(lambda: supervisor.has_ended("detect"), 60, "the death of detect")
        with pytest.raises(
            SetupFailed, match=r"detect ended by itself \(status 3\); its last words: .*no more memory"
        ):
            supervisor.check()


def test_a_part_that_dies_before_it_is_up_ends_the_wait(supervisor: Supervisor) -> None:
    died = pytest.raises(
        SetupFailed, match=r"chain ended by itself \(status 1\); its last words: port in use"
    )
    with supervisor, died:
        supervisor.start(part("chain", "print('port in use'); raise SystemExit(1)"))


def test_a_part_may_end_when_its_work_is_done(supervisor: Supervisor) -> None:
    with supervisor:
        supervisor.start(part("simulation", WORKS, ends=True))
        wait_until(lambda: supervisor.has_ended("simulation"), 60, "the end of the simulation")
        supervisor.check()
        assert supervisor.has_ended("simulation")


def test_a_part_that_never_comes_up_is_named(supervisor: Supervisor) -> None:
    late = pytest.raises(SetupFailed, match=r"sink was not up within 0\.5 s; its last words: thinking")
    with supervisor, late:
        supervisor.start(part("sink", NEVER, deadline_s=0.5))


def test_ctrl_c_while_parts_come_up_ends_those_that_run(
    supervisor: Supervisor, stop: threading.Event
) -> None:
    threading.Timer(0.5, stop.set).start()
    with supervisor, pytest.raises(Stopped):
        supervisor.start(part("broker", LIVES), part("sink", NEVER))
    assert supervisor.pids() == {}


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_the_status_is_redrawn_in_place() -> None:
    screen = Screen()
    terminal = Terminal(screen)
    terminal.say("broker is up")
    terminal.status("head 1")
    terminal.status("head 2")
    terminal.say("ended")
    erase = "\r\x1b[2K"
    assert screen.getvalue() == f"broker is up\nhead 1{erase}head 2{erase}ended\n"


def test_in_a_file_the_status_is_a_seldom_plain_line() -> None:
    file = io.StringIO()
    terminal = Terminal(file)
    for block in range(100):
        terminal.status(f"head {block}")
    assert file.getvalue() == "head 0\n"
