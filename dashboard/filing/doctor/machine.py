"""This machine: the folder that undertow writes to, its disk, limits, clock and ports."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from dashboard.filing.doctor.found import Found
from ingest.machine import tools
from ingest.machine.processes import port_is_taken

ROOM_GB = 3.0
"""What setup takes (0.7 GB), and a first demo."""
FILES = 1024
"""Files that a process may hold open: what shells give."""
LATE_S = 60
PORTS = {
    "broker": ("UNDERTOW_BROKER_PORT", 9092),
    "chain": ("UNDERTOW_CHAIN_PORT", 8545),
    "dashboard": ("UNDERTOW_DASHBOARD_PORT", 8501),
    "api": ("UNDERTOW_API_PORT", 8601),
}
_NOT_KEPT = 5
"""What adjtimex(2) gives for a clock that nothing keeps right."""


def machine() -> Iterator[Found]:
    yield from home()
    yield limits()
    yield clock()
    yield from ports()


def home() -> Iterator[Found]:
    """The folder, whether it can be written, and how much room there is."""
    folder = tools.home()
    held = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    try:
        with tempfile.TemporaryFile(dir=held) as tried:
            tried.write(b"undertow")
    except OSError as error:
        mend = "set UNDERTOW_HOME to a folder that can, or make room"
        yield Found("home", "broken", f"{folder} cannot be written ({error.strerror})", mend)
    else:
        yield Found("home", "ok", str(folder))
    yield disk(held)


def disk(folder: Path) -> Found:
    free = shutil.disk_usage(folder).free / 1e9
    if free >= ROOM_GB:
        return Found("disk", "ok", f"{free:.1f} GB free")
    return Found(
        "disk", "broken", f"{free:.1f} GB free", f"make room: setup and a demo take {ROOM_GB:.0f} GB"
    )


def limits() -> Found:
    """Of this process, which those that it starts inherit; -1 is none."""
    files, size, memory = (
        resource.getrlimit(each)[0]
        for each in (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_AS)
    )
    if 0 <= files < FILES:
        return Found(
            "limits", "broken", f"{files} open files at most", f"ulimit -n {FILES} (LimitNOFILE= of a unit)"
        )
    if size >= 0:
        return Found(
            "limits", "broken", f"files of {size} bytes at most", "ulimit -f unlimited (LimitFSIZE=infinity)"
        )
    if memory >= 0:
        words = f"{memory / 1e9:.1f} GB of addresses at most, and memory is mapped from files"
        return Found("limits", "broken", words, "ulimit -v unlimited (LimitAS=infinity)")
    return Found("limits", "ok", "open files: " + ("no limit" if files < 0 else f"{files:,}"))


def clock() -> Found:
    """What people are told, and when a token expires, goes by it; what detection says does not."""
    ahead = max((entry.stat().st_mtime for entry in _entries(tools.home())), default=0.0) - time.time()
    if ahead > LATE_S:
        words = f"files of undertow are {ahead:,.0f} s younger than now: it was put back"
        return Found("clock", "broken", words, "set it right, by NTP")
    if _is_not_kept():
        return Found(
            "clock", "notice", "nothing on this machine keeps it right", "run NTP, or see that its host does"
        )
    return Found("clock", "ok", "kept right")


def _is_not_kept() -> bool:
    """As the kernel says, where there is one that does."""
    library = ctypes.CDLL(None)
    asked = ctypes.create_string_buffer(512)  # a struct timex of zeros: nothing is changed
    return hasattr(library, "adjtimex") and bool(library.adjtimex(asked) == _NOT_KEPT)


def _entries(folder: Path) -> Iterator[Path]:
    return iter(()) if not folder.is_dir() else folder.iterdir()


def ports() -> Iterator[Found]:
    """Where roles listen unless they are told otherwise. One that is taken may be taken by undertow."""
    asked = {role: int(os.environ.get(name) or port) for role, (name, port) in PORTS.items()}
    taken = {role: port for role, port in asked.items() if port_is_taken(port)}
    for role, port in taken.items():
        mend = f"where that is not undertow's {role}, end what holds it or give another --port"
        yield Found("port", "notice", f"{port}, of `undertow {role}`, is in use", mend)
    if free := sorted(set(asked.values()) - set(taken.values())):
        yield Found("ports", "ok", f"{', '.join(map(str, free))} are free")
