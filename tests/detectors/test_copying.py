"""A copy of memory that is sent what was added says what the first one says."""

from __future__ import annotations

import hashlib

from detectors.memory.copying import counts
from detectors.memory.digest import add_part
from detectors.memory.memory import Memory


def digests(memory: Memory) -> dict[str, str]:
    """Of all that is copied, by name."""
    found = {}
    for name in counts(memory):
        whole = hashlib.sha256()
        add_part(whole, memory.parts[name], memory.aged_time)
        found[name] = whole.hexdigest()
    return found
