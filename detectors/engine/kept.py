"""What the engine keeps of events: to go back to it, and to put it on disk."""

from __future__ import annotations

from dataclasses import dataclass

from detectors.alerts.alert import Alert
from detectors.engine.episodes import Episode, Key
from detectors.engine.state import Moment
from detectors.engine.tally import Tally
from detectors.parts.ledger import Ledger

NO_OFFSET = -1
"""The offset of a state before the log's first block: nothing to save yet."""

IN_LAKE = -2
"""The offset of a state at a block that came from a lake: the log does not go on from there."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What stood after an event, and the log offset that follows it."""

    moment: Moment
    offset: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What stood at a final block beside tables and histories, where the log goes on after it, and the alerts
    that could still change then.
    """

    chain_id: int
    run: str
    offset: int
    moment: Moment
    ledger: Ledger
    open: dict[Key, Episode]
    alerts: dict[str, Alert]
    tallies: dict[str, Tally]
