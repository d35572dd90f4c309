"""What one detector makes of a made chain."""

from __future__ import annotations

from typing import Any

from detectors.alerts.alert import Alert
from detectors.engine.engine import Engine
from tests.fixtures.frames import ChainBuilder


def alerts_of(detector: Any, chain: ChainBuilder) -> list[Alert]:
    """What stands at its end, block by block."""
    engine = Engine(1, [detector], follows=False)
    for batch in chain.batches():
        engine.take(batch)
    assert not engine.state.off, "the detector raised"
    return list(engine.standing())


def named(alert: Alert, role: str) -> set[str]:
    return {each.address for each in alert.roles if each.role == role}
