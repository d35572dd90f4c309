"""What memory can meet that a user must hear of."""

from __future__ import annotations

from ingest.model.errors import UndertowError


class MemoryFull(UndertowError):
    """A table that keeps its rows for ever reached its cap, or the system has no room left."""
