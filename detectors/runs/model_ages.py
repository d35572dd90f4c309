"""How old the models in use are: with which block, and at what block time, their training data ended.

No state of detection: a model is a function of its rows. What a run has seen is kept in a small file beside
the state, so that a restart knows it; where that is lost, an age is unknown until the next model.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from detectors.base import Detector
from detectors.engine.state import State
from detectors.engine.trained import Settings
from detectors.models.schedule import Schedule
from ingest.model.batch import Batch
from ingest.model.health import ModelHealth

KEPT = 100
"""Models and steps that are remembered: beyond a rollback nobody asks for older ones."""
NOBODY_KNOWS = (None, None)
Ended = tuple[int | None, int | None]
"""The last block of the training data, and its time, seconds UTC."""


class ModelAges:
    """Of one chain's run."""

    def __init__(
        self, folder: Path, chain_id: int, schedule: Schedule, detectors: Sequence[Detector]
    ) -> None:
        self._file = folder / f"model-ages-{chain_id}.json"
        self._schedule = schedule
        self._detectors = detectors
        self._times: dict[int, int] = {}
        self._ended: dict[str, Ended] = _read(self._file)

    def heard(self, batch: Batch, state: State) -> None:
        """A batch was judged: when samples were frozen in it or right behind it, what their last block's time
        was; and which model has taken effect.
        """
        assert state.anchor is not None
        anchor = state.anchor[0]
        for step in self._schedule.steps(anchor, batch.first, batch.last + 1):
            last = step.frozen - 1
            if batch.first <= last <= batch.last:
                self._times[step.frozen] = int(batch.blocks["timestamp"][last - batch.first])
        self._times = dict(sorted(self._times.items())[-KEPT:])
        fresh = [model.digest for model in state.models.values() if model.digest not in self._ended]
        if fresh:
            self._ended |= dict.fromkeys(fresh, self._newest(anchor, state.number))
            self._ended = dict(list(self._ended.items())[-KEPT:])
            self._write()

    def told(self, state: State) -> list[ModelHealth]:
        """Of every model that judges now: those that are fitted beside the stream, and trained ones, of whose
        data only its own chain could tell the time.
        """
        fitted = [
            ModelHealth(name, model.digest, *self._ended.get(model.digest, NOBODY_KNOWS))
            for name, model in sorted(state.models.items())
        ]
        settings: list[object] = [each.settings for each in self._detectors]
        trained = [each for each in settings if isinstance(each, Settings)]
        return [*fitted, *(ModelHealth(each.model, each.file) for each in trained)]

    def _newest(self, anchor: int, number: int) -> Ended:
        """Of the last step that is in effect; unknown where its block came before this run began."""
        steps = [step.frozen for step in self._schedule.steps(anchor, 0, number) if step.effective <= number]
        until = self._times.get(steps[-1]) if steps else None
        return NOBODY_KNOWS if until is None else (steps[-1] - 1, until)

    def _write(self) -> None:
        """Where the disk is full a restart does not know it: no reason to stop judging."""
        part = self._file.with_suffix(".part")
        with suppress(OSError):
            part.write_text(json.dumps(self._ended))
            part.replace(self._file)


def _read(file: Path) -> dict[str, Ended]:
    """Empty where there is none, or none that can be read: it is written anew with the next model."""
    try:
        told = json.loads(file.read_text())
        return {str(digest): (int(block), int(until)) for digest, (block, until) in told.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
