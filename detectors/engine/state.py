"""What all detectors remember: `advance` takes it through a batch, `back_to` takes it back.

Tables and histories have a journal of their own (`detectors.memory`), the ledger is cut off; what is left are
values, of which a `Moment` keeps those of one block. Nothing is copied.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from detectors import registry
from detectors.base import Detector, Explanation, Learns, is_learning
from detectors.engine.judge import Off
from detectors.engine.order import readers_of
from detectors.engine.settings import EngineSettings
from detectors.engine.sight import Look, Sight
from detectors.memory.memory import Memory
from detectors.models.fitting import Fitting
from detectors.models.outliers import Matrix, Model, ModelSpec, Samples
from detectors.models.schedule import Schedule
from detectors.parts.contract import Part
from detectors.parts.ledger import Ledger
from ingest.model.batch import Batch

NO_BLOCK = -1
FITTING = Fitting()
"""One thread of a process fits the models of all states in it."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The values of a state at the end of block `number` (with `hash`), when `anchor` was the first block
    ever read. `frozen`: the rows of models that are not in effect yet. `off`: detectors and explanations that
    raised, by name.
    """

    number: int = NO_BLOCK
    hash: bytes = b""
    anchor: tuple[int, bytes] | None = None
    samples: Mapping[str, Samples] = field(default_factory=dict)
    frozen: Mapping[str, Matrix] = field(default_factory=dict)
    models: Mapping[str, Model] = field(default_factory=dict)
    off: Mapping[str, Off] = field(default_factory=dict)


@dataclass(slots=True)
class State:
    """What was learned up to block `number`: `memory` holds it, `sight` are the rows and parts in it."""

    memory: Memory
    sight: Sight
    ledger: Ledger = field(default_factory=Ledger)
    samples: dict[str, Samples] = field(default_factory=dict)
    frozen: dict[str, Matrix] = field(default_factory=dict)
    models: dict[str, Model] = field(default_factory=dict)
    number: int = NO_BLOCK
    hash: bytes = b""
    anchor: tuple[int, bytes] | None = None
    off: dict[str, Off] = field(default_factory=dict)

    @classmethod
    def within(
        cls,
        memory: Memory,
        detectors: Sequence[Detector],
        explanations: Sequence[Explanation] = (),
        parts: Sequence[Part] | None = None,
    ) -> State:
        """Empty, its parts named in a memory that is to be opened; `parts` that may be read, default: all."""
        readers = readers_of(detectors, explanations)
        sight = Sight.within(memory, registry.parts() if parts is None else parts, readers)
        return cls(memory, sight)

    @classmethod
    def empty(
        cls, detectors: Sequence[Detector], follows: bool = False, parts: Sequence[Part] | None = None
    ) -> State:
        """One that nothing is kept of on disk."""
        memory = Memory(None, 0, follows)
        state = cls.within(memory, detectors, parts=parts)
        memory.open()
        return state

    def moment(self) -> Moment:
        return Moment(
            self.number,
            self.hash,
            self.anchor,
            dict(self.samples),
            dict(self.frozen),
            dict(self.models),
            dict(self.off),
        )

    def put(self, moment: Moment) -> None:
        """Takes over the values of a moment."""
        self.number, self.hash, self.anchor = moment.number, moment.hash, moment.anchor
        self.samples = dict(moment.samples)
        self.frozen, self.models = dict(moment.frozen), dict(moment.models)
        self.off = dict(moment.off)

    def back_to(self, moment: Moment) -> None:
        """Everything as it stood at the end of the moment's block."""
        self.memory.undo(moment.number)
        self.ledger.truncate(moment.number)
        self.put(moment)


def cut(batch: Batch, settings: EngineSettings, anchor: int) -> Iterator[Batch]:
    """The batch of a run that began at block `anchor` in pieces that each lie in one epoch, and in which no
    model changes.
    """
    blocks = settings.epoch_blocks
    epochs = range(batch.first - batch.first % blocks + blocks, batch.last + 1, blocks)
    begins = sorted({batch.first, *epochs, *settings.schedule.cuts(anchor, batch.first, batch.last)})
    for first, last in zip(begins, [*(begin - 1 for begin in begins[1:]), batch.last], strict=True):
        yield batch if (first, last) == (batch.first, batch.last) else batch.slice(first, last)


def advance(state: State, batch: Batch, detectors: Sequence[Detector], settings: EngineSettings) -> Look:
    """Takes the state through a piece of a batch (see `cut`), and gives what can be seen of it.

    Models are those in effect at its first block. Facts learn from every row; samples for later models are
    taken after.
    """
    if state.anchor is None:
        state.anchor = (batch.first, bytes(batch.blocks["block_hash"][0]))
        state.memory.age(batch.first, _time(batch))
    elif state.number // settings.epoch_blocks != batch.first // settings.epoch_blocks:
        state.memory.age(batch.first, _time(batch))
    _change_models(state, batch.first, detectors, settings.schedule)
    state.ledger.learn_tokens(batch.token_metadata)
    state.ledger.note_unproved(batch.transactions)
    state.ledger.learn_wrapped(batch.wrapped_natives)
    look = state.sight.take(batch, state.ledger, dict(state.models))
    for detector in detectors:
        name, epoch = detector.name, batch.first // settings.epoch_blocks
        if is_learning(detector):
            _learn(state, name, detector.model, epoch, look)
    state.number, state.hash = batch.last, batch.last_hash
    state.memory.mark(batch.last)
    return look


def _learn(state: State, name: str, spec: ModelSpec, epoch: int, look: Look) -> None:
    """Takes samples of what the model's table says of a piece."""
    found = look.by(f"model of {name}", (spec.part,)).of(spec.part).get(spec.table)
    if found is None:
        return
    rows = np.stack([found[column] for column in spec.columns], axis=1)
    addresses = look.sight.chronicle.names.keys(found["id"]).view(np.uint8)
    samples = state.samples.get(name, Samples())
    state.samples[name] = samples.learn(spec, epoch, found["block"], found["id"], addresses, rows)


def _time(batch: Batch) -> int:
    return int(batch.blocks["timestamp"][0])


def _change_models(state: State, first: int, detectors: Sequence[Detector], schedule: Schedule) -> None:
    """At a fixed block: samples are frozen there and begin to be fitted, or what was fitted takes effect."""
    assert state.anchor is not None
    for step in schedule.steps(state.anchor[0], first, first):
        if first not in (step.frozen, step.effective):
            continue
        for detector in (each for each in detectors if isinstance(each, Learns)):
            if step.frozen == first:
                _freeze(state, detector, detector.name)
            elif detector.name in state.frozen:
                state.models[detector.name] = FITTING.fitted(detector.model, state.frozen.pop(detector.name))


def _freeze(state: State, detector: Learns, name: str) -> None:
    rows = state.samples.get(name, Samples()).matrix(detector.model)
    if len(rows) >= detector.model.least_rows:
        state.frozen[name] = rows
        FITTING.begin(detector.model, rows)
