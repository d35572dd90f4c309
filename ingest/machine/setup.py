"""What a machine with only Python lacks, installed in one go: programs first, then compiled contracts."""

from __future__ import annotations

from collections.abc import Callable

from ingest.machine import solidity, tools


def ensure(progress: Callable[[str], None], browser: bool = False) -> None:
    """Installs what is missing, saying so; done in a moment when nothing is. `browser`: also a Chromium.

    Raises SetupFailed, saying how to mend it.
    """
    tools.ensure(progress, browser=browser)
    solidity.ensure(progress)
