"""Compiles the kernels of detection at set-up, once for each version, so that the first block is not slow.

Light to import: what it compiles is imported by a process of its own.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ingest.model.errors import SetupFailed

_DEADLINE_S = 900  # two minutes where nothing else runs; a machine may be busy
_STAMP = "complete-"
_WARM_UP = "from detectors.runs.warm_up import warm_up; warm_up()"


def ensure_kernels(progress: Callable[[str], None]) -> None:
    """Done in a moment where these were compiled before. Raises SetupFailed where they do not compile."""
    with compiling_kernels(progress):
        pass


def are_compiled() -> bool:
    """Whether the kernels of this version are; nothing is compiled."""
    return _stamp().exists()


def others_are_compiled() -> bool:
    """Whether those of another version of undertow or of Python are."""
    stamp = _stamp()
    return any(each != stamp for each in stamp.parent.glob(f"{_STAMP}*"))


def _stamp() -> Path:
    """The file that says so: machine code is of one version of Python."""
    from detectors.memory.compiled import CACHE, whole_digest

    return CACHE / f"{_STAMP}{sys.implementation.cache_tag}-{whole_digest()}"


@contextmanager
def compiling_kernels(progress: Callable[[str], None]) -> Iterator[None]:
    """As `ensure_kernels`, beside what the block does: its end waits for the kernels. When the block fails,
    they are given up.
    """
    if are_compiled():
        yield
    else:
        progress("detection: compiling kernels …")
        with _compiler() as compiler:
            yield
            _wait(compiler)
        stamp = _stamp()
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.touch()
    progress("detection: kernels are compiled")


@contextmanager
def _compiler() -> Iterator[subprocess.Popen[str]]:
    """In a process of its own: what it imports is heavy, and what the libraries print is not for people. It
    ends with the block, and the processes that it starts with it.
    """
    argv = [sys.executable, "-c", _WARM_UP]
    with subprocess.Popen(
        argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _wait(compiler: subprocess.Popen[str]) -> None:
    try:
        _, said = compiler.communicate(timeout=_DEADLINE_S)
    except subprocess.TimeoutExpired:
        raise SetupFailed(
            f"detection's kernels were not compiled within {_DEADLINE_S} s: try again"
        ) from None
    if compiler.returncode:
        words = (said.strip().splitlines() or ["no reason given"])[-1]
        raise SetupFailed(f"detection's kernels do not compile on this machine: {words}")
