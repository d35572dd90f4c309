"""Compiles the kernels of detection at set-up, once for each version, so that the first block is not slow.

Light to import: what it compiles is imported by a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from ingest.model.errors import SetupFailed

_DEADLINE_S = 900  # two minutes where nothing else runs; a machine may be busy
_WARM_UP = "from detectors.runs.warm_up import warm_up; warm_up()"


def ensure_kernels(progress: Callable[[str], None]) -> None:
    """Done in a moment where these were compiled before. Raises SetupFailed where they do not compile."""
    from detectors.memory.compiled import CACHE, whole_digest

    stamp = CACHE / f"complete-{whole_digest()}"
    if not stamp.exists():
        progress("detection: compiling kernels …")
        _compile()
        CACHE.mkdir(parents=True, exist_ok=True)
        stamp.touch()
    progress("detection: kernels are compiled")


def _compile() -> None:
    """In a process of its own: what it imports is heavy, and what the libraries print is not for people."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", _WARM_UP], capture_output=True, text=True, timeout=_DEADLINE_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise SetupFailed(
            f"detection's kernels were not compiled within {_DEADLINE_S} s: try again"
        ) from None
    if done.returncode:
        words = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise SetupFailed(f"detection's kernels do not compile on this machine: {words}")
