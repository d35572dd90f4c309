"""Asks the detectors about pieces that another process took through memory.

It has a copy of what `score` reads of memory, and is sent with each piece what was added since. So it may run
on any machine, and a piece is judged with memory as it stood at that piece's end: the same findings.
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from detectors.base import Detector
from detectors.engine.facts import Facts
from detectors.engine.judge import Asked, Judge, Off
from detectors.engine.sight import Look, Tables
from detectors.engine.state import State
from detectors.kernels.rows import Piece
from detectors.memory.copying import Growth, grow
from detectors.memory.memory import Memory, folder_of
from detectors.models.outliers import Model
from detectors.parts.ledger import Ledger, Token
from detectors.registry import explanations, parts
from ingest.machine.ray.same_code import refuse_other_code
from ingest.model.batch import Batch


@dataclass(frozen=True, slots=True)
class Added:
    """What a piece added to memory, and what tokens said of themselves in it."""

    growth: Growth
    tokens: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Parcel:
    """A piece: what it says, what parts say of it, and what it brought; `off` need not be asked."""

    piece: Piece
    tables: Mapping[str, Tables]
    batch: Batch
    off: Mapping[str, Off]


@dataclass(frozen=True, slots=True)
class Start:
    """Where a run begins: `files` of a chain's folder of state, by name; none for an empty one."""

    code: str
    chain_id: int
    detectors: Sequence[Detector]
    native: Token
    tokens: pl.DataFrame
    files: Mapping[str, bytes]


class Scorer:
    """The detectors and explanations of a run. Raises BadInput where its code is another than the asker's."""

    def __init__(self, start: Start) -> None:
        refuse_other_code(start.code)
        own = explanations()
        self._folder = tempfile.TemporaryDirectory(prefix="undertow-scorer-") if start.files else None
        self._memory = Memory(_laid(self._folder, start), start.chain_id, follows=False)
        self._state = State.within(self._memory, start.detectors, own, parts())
        self._memory.open()
        self._ledger = Ledger(native=start.native)
        self._ledger.learn_tokens(start.tokens)
        self._judge = Judge(start.detectors, own)
        self._models: Mapping[str, Model] = {}

    def ready(self) -> bool:
        return True

    def learn(self, models: Mapping[str, Model]) -> None:
        """From the next piece on these judge. They are copied, so that kernels meet arrays of the kind that
        they are compiled for.
        """
        self._models = pickle.loads(pickle.dumps(models))

    def grow(self, added: Added) -> None:
        """Memory goes on by a piece."""
        grow(self._memory, added.growth)
        self._ledger.learn_tokens(added.tokens)

    def asked(self, parcel: Parcel) -> Asked:
        """What is found in the piece that memory went on by last."""
        sight, tables = self._state.sight, dict(parcel.tables)
        facts = Facts(parcel.batch, sight.chronicle.names, parcel.piece)
        look = Look(sight, parcel.piece, tables, self._ledger, self._models, facts)
        asked = self._judge.asked(look, parcel.off)
        look.end()
        return asked


def _laid(folder: tempfile.TemporaryDirectory[str] | None, start: Start) -> Path | None:
    """The state that was sent, in a folder of this process."""
    if folder is None:
        return None
    own = folder_of(Path(folder.name), start.chain_id)
    own.mkdir()
    for name, data in start.files.items():
        (own / name).write_bytes(data)
    return Path(folder.name)
