"""The memory of all detectors, as a value: `advance` takes it through a batch, `copy` keeps it for a
rollback.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from detectors.base import Detector, Learns, Memory, Remembers
from detectors.engine.judge import Off
from detectors.engine.settings import EngineSettings
from detectors.kernels.table import Table
from detectors.models import outliers
from detectors.models.outliers import Model, Samples
from detectors.parts.features import Features, stream
from detectors.parts.graph import GENERATION_ROWS, Graph
from detectors.parts.ledger import Ledger
from ingest.model.batch import Batch

NO_BLOCK = -1


@dataclass(slots=True)
class State:
    """What was learned up to block `number` (with `hash`).

    What expires (graph, memory, samples, models) is the state's own; `ledger` lasts, is shared by all copies
    and truncated.
    """

    ledger: Ledger = field(default_factory=Ledger)
    graph: Graph = field(default_factory=Graph)
    memory: dict[str, Memory] = field(default_factory=dict)
    samples: dict[str, Samples] = field(default_factory=dict)
    models: dict[str, Model] = field(default_factory=dict)
    number: int = NO_BLOCK
    hash: bytes = b""
    anchor: tuple[int, bytes] | None = None
    """Number and hash of the first block ever read."""
    off: dict[str, Off] = field(default_factory=dict)
    """Detectors and explanations that raised, by name. They come from judging, so that to advance again after
    a rollback does not bring them back: the engine keeps those of blocks that stand.
    """

    def copy(self) -> State:
        """A copy of what expires; the ledger stays shared."""
        return replace(
            self,
            graph=self.graph.copy(),
            memory={name: _copied(memory) for name, memory in self.memory.items()},
            samples=dict(self.samples),
            models=dict(self.models),
            off=dict(self.off),
        )


def _copied(memory: Memory) -> Memory:
    return {name: part.copy() if isinstance(part, Table) else part for name, part in memory.items()}


def cut(batch: Batch, epoch_blocks: int) -> Iterator[Batch]:
    """The batch in pieces that each lie in one epoch."""
    first = batch.first
    while first <= batch.last:
        last = min(batch.last, first - first % epoch_blocks + epoch_blocks - 1)
        yield batch if (first, last) == (batch.first, batch.last) else batch.slice(first, last)
        first = last + 1


def advance(
    state: State, batch: Batch, detectors: Sequence[Detector], settings: EngineSettings
) -> tuple[State, Features]:
    """Takes the state through a batch that lies in one epoch (see `cut`). The state given is used up; the one
    returned goes on.

    Features are as of each row; models are those frozen at the epoch's first block. Facts learn from every
    row; samples for later models are taken after.
    """
    if state.anchor is None:
        state.anchor = (batch.first, bytes(batch.blocks["block_hash"][0]))
    elif state.number // settings.epoch_blocks != batch.first // settings.epoch_blocks:
        _begin_epoch(state, batch.first, detectors, settings)
    state.ledger.learn_tokens(batch.token_metadata)
    state.ledger.note_unproved(batch.transactions)
    state.ledger.learn_wrapped(batch.wrapped_natives)
    features = stream(batch, state.graph, state.ledger, settings.limits)
    columns: dict[str, pl.DataFrame] = {}
    for detector in detectors:
        if isinstance(detector, Remembers):
            memory = state.memory.get(detector.name, {})
            state.memory[detector.name], columns[detector.name] = detector.remember(memory, batch, features)
        if isinstance(detector, Learns):
            samples = state.samples.get(detector.name, Samples())
            epoch = batch.first // settings.epoch_blocks
            state.samples[detector.name] = samples.learn(detector.model, epoch, features.wallets)
    state.number, state.hash = batch.last, batch.last_hash
    return state, replace(features, columns=columns, models=dict(state.models))


def _begin_epoch(state: State, first: int, detectors: Sequence[Detector], settings: EngineSettings) -> None:
    """At a fixed block: ages the tables, and freezes models fitted on what earlier epochs held."""
    due = state.number // settings.generation_blocks != first // settings.generation_blocks
    state.graph.rotate(due)
    for part in (part for memory in state.memory.values() for part in memory.values()):
        if isinstance(part, Table) and (due or part.rows >= GENERATION_ROWS):
            part.rotate()
    for detector in detectors:
        if isinstance(detector, Learns):
            rows = state.samples.get(detector.name, Samples()).matrix(detector.model)
            if len(rows) >= detector.model.least_rows:
                state.models[detector.name] = outliers.fit(detector.model, rows, first)
