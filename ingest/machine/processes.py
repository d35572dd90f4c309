"""Programs that undertow starts: each in its own process group, ended by its starter, never left behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from ingest.model.errors import PortTaken, SetupFailed

LOOPBACK = "127.0.0.1"
_PR_SET_PDEATHSIG = 1
_POLL_S = 0.02


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def port_is_taken(port: int) -> bool:
    """Whether binding 127.0.0.1:`port` would fail; lingering connections do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return True
    return False


def refuse_taken(port: int, flag: str) -> None:
    """Raises PortTaken, naming the option that chooses another port."""
    if port_is_taken(port):
        raise PortTaken(
            f"port {port} on {LOOPBACK} is in use: end what holds it, or choose another with {flag}"
        )


def answers(port: int) -> bool:
    """Whether something accepts connections on 127.0.0.1:`port`."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True


@dataclass(slots=True)
class Child:
    """One running program. Leaving the context ends it, with everything in its process group."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path | None = None

    @classmethod
    def start(
        cls,
        name: str,
        argv: Sequence[str | Path],
        env: Mapping[str, str] | None = None,
        log: Path | None = None,
    ) -> Child:
        """Starts `argv`; `env` is added to our own. Output is appended to `log`, or goes where ours goes.

        The calling thread must outlive the child: on Linux the kernel ends the child with that thread.
        """
        merged = None if env is None else {**os.environ, **env}
        try:
            process = _spawn([str(part) for part in argv], merged, log)
        except OSError as error:
            raise SetupFailed(f"{name} could not be started: {argv[0]}: {error.strerror}") from error
        return cls(name, process, log)

    @property
    def pid(self) -> int:
        return self.process.pid

    def poll(self) -> int | None:
        """Exit status (negative: killed by that signal), or None while it runs."""
        return self.process.poll()

    def ask_to_end(self) -> None:
        """SIGTERM to the group, without waiting: several children can end at the same time."""
        if self.poll() is None:
            self._signal(signal.SIGTERM)

    def stop(self, grace_s: float = 10.0) -> int:
        """SIGTERM to the group, SIGKILL to what is left after `grace_s` seconds. Returns the exit status."""
        if self.poll() is None:
            self.ask_to_end()
            try:
                self.process.wait(grace_s)
            except subprocess.TimeoutExpired:
                self._signal(signal.SIGKILL)
        status = self.process.wait()
        self._signal(signal.SIGKILL)
        return status

    def last_lines(self, count: int = 5) -> str:
        """The end of its log as one line; empty where there is none."""
        if self.log is None or not self.log.exists():
            return ""
        lines = self.log.read_text(errors="replace").splitlines()
        return " | ".join(line.strip() for line in lines[-count:] if line.strip())

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):  # everything in the group has ended already
            os.killpg(self.pid, number)

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


@dataclass(frozen=True, slots=True)
class Caps:
    """What a program may use: seconds of a processor (and of the clock, `patience` times as many), bytes of
    memory it may address, bytes it may write.
    """

    seconds: int = 60
    memory: int = 4 * 2**30
    output: int = 32 * 2**20
    patience: int = 3


@dataclass(frozen=True, slots=True)
class Capped:
    """How a capped program ended. `over`: which cap ended it, in words; empty where none did."""

    status: int
    output: bytes
    error: str
    over: str


def run_capped(name: str, argv: Sequence[str | Path], given: bytes, caps: Caps) -> Capped:
    """Runs `argv` to its end with `given` on stdin and an empty environment; no cap is ever passed, and
    nothing of its process group outlives the call. Raises SetupFailed where it cannot be started.
    """
    with tempfile.TemporaryFile() as into, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        into.write(given)
        into.seek(0)
        try:
            process = subprocess.Popen(
                [str(part) for part in argv], env={}, stdin=into, stdout=out, stderr=err,
                start_new_session=True, preexec_fn=_within(caps),
            )  # fmt: skip
        except OSError as error:
            raise SetupFailed(f"{name} could not be started: {argv[0]}: {error.strerror}") from error
        with Child(name, process):
            late = False
            try:
                process.wait(caps.seconds * caps.patience)
            except subprocess.TimeoutExpired:
                late = True
                process.kill()
            status = process.wait()
        said, complaint = (_all_of(file, caps.output) for file in (out, err))
    text = complaint[-10_000:].decode(errors="replace")
    return Capped(status, said, text, _passed(status, said, text, caps, late))


def _passed(status: int, said: bytes, complaint: str, caps: Caps, late: bool) -> str:
    if late or status in (-signal.SIGXCPU, -signal.SIGKILL):
        return f"{caps.seconds} seconds"
    if len(said) >= caps.output:
        return f"{caps.output >> 20} MiB of output"
    ran_out = any(word in complaint.lower() for word in ("out of memory", "allocation failed", "oom"))
    if status < 0 or (status and ran_out):
        return f"{caps.memory >> 20} MiB of memory"
    return ""


def _all_of(file: IO[bytes], most: int) -> bytes:
    file.seek(0)
    return file.read(most)


def _within(caps: Caps) -> Callable[[], None]:
    """What a child runs before its program: its caps cannot be raised again."""
    dies_with = _death_with_parent()
    limits = {
        resource.RLIMIT_CPU: caps.seconds,
        resource.RLIMIT_AS: caps.memory,
        resource.RLIMIT_FSIZE: caps.output,
        resource.RLIMIT_CORE: 0,
    }  # a program that is ended for its time by the hard limit gets SIGKILL

    def limit() -> None:
        for what, most in limits.items():
            resource.setrlimit(what, (most, most))
        if dies_with is not None:
            dies_with()

    return limit


def wait_until(check: Callable[[], bool], deadline_s: float, what: str, child: Child | None = None) -> None:
    """Waits until `check()` holds. Raises SetupFailed when `deadline_s` passes, or `child` ends, first."""
    end = time.monotonic() + deadline_s
    while not check():
        if child is not None and (status := child.poll()) is not None:
            raise SetupFailed(_with_log(f"{what}: {child.name} ended with status {status}", child))
        if time.monotonic() > end:
            raise SetupFailed(_with_log(f"{what}: not within {deadline_s:g} seconds", child))
        time.sleep(_POLL_S)


def _with_log(message: str, child: Child | None) -> str:
    lines = child.last_lines() if child else ""
    return f"{message}; its last words: {lines}" if lines else message


def _spawn(argv: list[str], env: Mapping[str, str] | None, log: Path | None) -> subprocess.Popen[bytes]:
    dies_with = _death_with_parent()
    if log is None:
        return subprocess.Popen(
            argv, env=env, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=dies_with
        )
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        return subprocess.Popen(
            argv,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=dies_with,
        )


def _death_with_parent() -> Callable[[], None] | None:
    """What a child runs before its program, so that a parent killed with -9 leaves no orphan. Linux only."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # the parent ended before the kernel was asked
            os._exit(1)

    return ask_kernel
