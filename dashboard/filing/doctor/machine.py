"""This machine: Python and packages, the folder that undertow writes to, and the programs it installs."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from dashboard.filing.doctor.found import Found
from detectors.runs.kernel_setup import are_compiled
from ingest.machine import tools
from ingest.machine.tools import Kit

ROOM_GB = 3.0
"""What setup takes (0.7 GB), and a first demo."""
SETUP = "run `undertow setup`"


def machine() -> Iterator[Found]:
    """Nothing is installed, written or asked of another machine."""
    yield python()
    yield packages()
    yield from home()
    yield kit(tools.KAFKA)
    yield kit(tools.NPM)
    yield kernels()


def python(version: tuple[int, ...] = sys.version_info[:3]) -> Found:
    told = ".".join(map(str, version))
    if version[:2] == (3, 11):
        return Found("python", "ok", told)
    return Found("python", "broken", f"{told}, which is not tested", "use Python 3.11")


def packages() -> Found:
    """Those that the package names without an extra."""
    missing = [name for name in _required() if not _is_there(name)]
    if not missing:
        return Found("packages", "ok", "all that are needed are installed")
    return Found(
        "packages", "missing", ", ".join(missing), "pip install -c constraints.txt -e . (or make setup)"
    )


def _required() -> list[str]:
    """Names of requirements that hold without an extra."""
    told = [Requirement(each) for each in metadata.requires("undertow") or []]
    return [each.name for each in told if each.marker is None or each.marker.evaluate({"extra": ""})]


def _is_there(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def home() -> Iterator[Found]:
    """The folder, whether it can be written, and how much room there is."""
    folder = tools.home()
    held = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if not (held.is_dir() and os.access(held, os.W_OK | os.X_OK)):
        yield Found("home", "broken", f"{folder} cannot be written", "set UNDERTOW_HOME to a folder that can")
        return
    yield Found("home", "ok", str(folder))
    yield disk(held)


def disk(folder: Path) -> Found:
    free = shutil.disk_usage(folder).free / 1e9
    if free >= ROOM_GB:
        return Found("disk", "ok", f"{free:.1f} GB free")
    return Found(
        "disk", "broken", f"{free:.1f} GB free", f"make room: setup and a demo take {ROOM_GB:.0f} GB"
    )


def kit(one: Kit) -> Found:
    if one.folder.exists():
        return Found(one.name, "ok", one.holds)
    return Found(one.name, "missing", one.holds, SETUP)


def kernels() -> Found:
    if are_compiled():
        return Found("kernels", "ok", "compiled for this version")
    return Found("kernels", "missing", "not compiled for this version", SETUP)
