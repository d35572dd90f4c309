"""Address space is large and not endless: what nobody uses any more is given back before it runs out."""

from __future__ import annotations

import subprocess
import sys

HOLDING = """
from detectors.memory.region import Region

class Held:
    def __init__(self):
        self.region = Region(1 << 46, for_files=True)  # half of what a process has
        self.circle = self  # as the parts of an engine hold each other
"""


def told(deed: str) -> str:
    """What a process of its own says: other tests of this one hold addresses too."""
    argv = [sys.executable, "-c", HOLDING + deed]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    return (done.stdout + done.stderr).strip().splitlines()[-1]


def test_addresses_of_what_only_holds_itself_are_given_back_when_they_are_needed() -> None:
    assert told("for _ in range(4): Held()\nprint('all four were there')") == "all four were there"


def test_what_is_in_use_is_kept_and_too_much_is_refused_with_what_to_do() -> None:
    refused = told("kept = [Held() for _ in range(4)]")
    assert "address space" in refused
    assert refused.endswith("lower the caps of the tables, or raise the limit of virtual memory (ulimit -v)")
