"""Fixtures of the tests of following."""

from __future__ import annotations

import pytest

from ingest.nodes import health


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rests and waits pass at once."""
    for name in ("FIRST_REST_S", "LONGEST_REST_S", "FIRST_PROBE_S"):
        monkeypatch.setattr(health, name, 0.0)
    monkeypatch.setattr("ingest.live.follower.STUCK_S", 0.0)
    monkeypatch.setattr("ingest.live.forks.FINALITY_CHECK_S", 0.0)
    monkeypatch.setattr("ingest.nodes.chain_check.CHAIN_CHECK_S", 0.0)
