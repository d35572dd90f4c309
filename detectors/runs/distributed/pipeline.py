"""An engine that goes on while others ask the detectors about the pieces before."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

import polars as pl

from detectors.engine.engine import Engine
from detectors.engine.output import Output
from detectors.engine.sight import Look
from detectors.memory.copying import counts, growth
from detectors.memory.memory import folder_of
from detectors.models.outliers import Model
from detectors.runs.distributed.scorer import Added, Parcel, Start
from ingest.machine.ray.same_code import code_digest
from ingest.model.batch import Batch

AHEAD = 2
"""Pieces that a scorer has, or waits for: one in hand, one on its way."""


class Crew(Protocol):
    """`count` scorers, see `ingest.machine.ray.inside.Workers`."""

    count: int

    def ask(self, which: int, method: str, *given: Any) -> Any: ...

    def put(self, value: Any) -> Any: ...

    def given(self, answer: Any) -> Any: ...

    def is_given(self, answer: Any) -> bool: ...

    def end(self) -> None: ...


class Pipeline:
    """`Taker` of a lake run: what is found in a piece is filed when it is there, in the order of pieces. What
    `take` gives is of pieces of before.
    """

    def __init__(self, engine: Engine, crew: Callable[[Start], Crew]) -> None:
        """`engine` is empty, or was just opened."""
        self.engine = engine
        reads = [*(each.reads for each in engine.detectors), *(each.reads for each in engine.explanations)]
        self._parts = frozenset(name for each in reads for name in each)
        self._crew, self._turn = crew(start_of(engine)), 0
        for answer in [self._crew.ask(each, "ready") for each in range(self._crew.count)]:
            self._crew.given(answer)
        self._known, self._aged = counts(engine.state.memory), engine.state.memory.aged_at
        self._models: tuple[Model, ...] = ()
        self._waiting: deque[tuple[pl.DataFrame, Any]] = deque()

    def take(self, batch: Batch) -> Output:
        self.engine.check_order(batch)
        output = Output()
        for piece, look in self.engine.looks(batch):
            self._hand_out(piece, look)
            while self._waiting and self._may_file():
                self._file(output)
        return output

    def finish(self) -> Output:
        """What is left to be filed."""
        output = Output()
        while self._waiting:
            self._file(output)
        return output

    def end(self) -> None:
        self._crew.end()
        self.engine.close()

    def _may_file(self) -> bool:
        return len(self._waiting) > AHEAD * self._crew.count or self._crew.is_given(self._waiting[0][1])

    def _hand_out(self, piece: Batch, look: Look) -> None:
        """All go on by the piece, one is asked about it."""
        memory, crew = self.engine.state.memory, self._crew
        added = crew.put(Added(growth(memory, self._known, self._aged), piece.token_metadata))
        self._known, self._aged = counts(memory), memory.aged_at
        self._send_models(look)
        for each in range(crew.count):
            crew.ask(each, "grow", added)
        off = dict(self.engine.state.off)
        parcel = Parcel(look.piece, self._said(look), brought(piece), off)
        self._waiting.append((piece.blocks, crew.ask(self._turn, "asked", parcel)))
        self._turn = (self._turn + 1) % crew.count

    def _send_models(self, look: Look) -> None:
        """Where they changed, which is seldom."""
        models = tuple(look.models.values())
        if [*map(id, models)] != [*map(id, self._models)]:
            self._models, sent = models, self._crew.put(dict(look.models))
            for each in range(self._crew.count):
                self._crew.ask(each, "learn", sent)

    def _said(self, look: Look) -> Mapping[str, Any]:
        """Of parts that somebody reads who is asked."""
        return {name: table for name, table in look.tables.items() if name in self._parts}

    def _file(self, output: Output) -> None:
        blocks, answer = self._waiting.popleft()
        engine = self.engine
        engine.file(blocks, engine.judge.decided(self._crew.given(answer), engine.state.off), output)
        engine.forget(int(blocks["block_number"][-1]), int(blocks["timestamp"][-1]))


def start_of(engine: Engine) -> Start:
    """Where the scorers of an engine begin that nothing was taken with since it was opened."""
    files = dict[str, bytes]()
    if engine.folder is not None and engine.state.anchor is not None:
        folder = folder_of(engine.folder, engine.chain_id)
        files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    ledger = engine.state.ledger
    return Start(code_digest(), engine.chain_id, engine.detectors, ledger.native, ledger.facts, files)


def brought(piece: Batch) -> Batch:
    """What `Facts` are asked for; logs are rows by now."""
    return replace(piece, logs=piece.logs.clear())
