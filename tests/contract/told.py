"""What an engine has told its readers, event by event, as a store would keep it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from detectors import registry
from detectors.alerts.alert import Alert, book
from detectors.base import Detector, Finding
from detectors.engine.engine import Engine
from detectors.engine.judge import scored
from detectors.engine.output import Output, Score
from detectors.engine.settings import EngineSettings
from detectors.engine.sight import Look
from detectors.engine.state import State, advance, cut
from detectors.parts.contract import Part
from ingest import schema
from ingest.model.batch import Batch, Event

Book = tuple[list[str], list[Score]]
"""The canonical lines of all standing alerts, and all standing scores."""


@dataclass
class Told:
    """The last revision of each alert; scores by block, withdrawn with their block."""

    alerts: dict[str, Alert] = field(default_factory=dict)
    scores: dict[int, list[Score]] = field(default_factory=dict)

    def take(self, output: Output) -> None:
        self.alerts |= {alert.id: alert for alert in output.alerts}
        if output.rollback is not None:
            back = output.rollback.number
            self.scores = {number: scores for number, scores in self.scores.items() if number <= back}
        for number, _, _ in output.blocks:
            self.scores[number] = [score for score in output.scores if score.block_number == number]

    def copy(self) -> Told:
        return Told(dict(self.alerts), dict(self.scores))

    def book(self, head: int, finality: int) -> Book:
        scores = [score for _, scores in sorted(self.scores.items()) for score in scores]
        return book(self.alerts.values(), head, finality), scores


def book_of(
    detectors: Sequence[Detector],
    events: Iterable[Event],
    settings: EngineSettings,
    follows: bool = False,
    parts: Sequence[Part] | None = None,
) -> Book:
    """What one engine's readers are left with after these events."""
    engine = Engine(
        1, detectors, settings, follows=follows, parts=registry.parts() if parts is None else parts
    )
    told = Told()
    for event in events:
        told.take(engine.take(event))
    return told.book(engine.state.number, settings.finality)


def judged(
    detector: Detector, batch: Batch, settings: EngineSettings, parts: Sequence[Part] | None = None
) -> Iterable[tuple[Batch, Look, list[Finding]]]:
    """Each epoch's blocks, what the detector saw of them, and what it found."""
    state = State.empty([detector], parts=parts)
    state.ledger.wrapped_here = schema.wrapped_natives(1)
    for piece in cut(batch, settings, batch.first):
        look = advance(state, piece, [detector], settings)
        yield piece, look, scored(detector, look)
