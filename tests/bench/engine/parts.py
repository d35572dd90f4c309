"""`python -m tests.bench.engine.parts`: rows with names and each part, over eleven consecutive mainnet blocks
(where they were recorded beside the checkout, else made ones), a hundred at once and one at a time.

Every round begins with empty memory. Medians of five, in processor time.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

from detectors.engine.sight import Look, Sight
from detectors.memory.memory import Memory
from detectors.parts.contract import Part
from detectors.parts.ledger import Ledger
from detectors.registry import parts
from ingest import schema
from ingest.model.batch import Batch
from tests.bench.__main__ import show
from tests.bench.engine.decoding import MANY, ROUNDS, made, recorded, renumbered

CHAIN = 1


def main() -> None:
    """Prints a table: rows with names (decoding among it), then each part, then all parts."""
    blocks = recorded() or made()
    lines = [["", "rows", "transfers", "us a row", "us a transfer", "ms a block"]]
    lines += measured(f"{MANY} blocks a piece", [renumbered(blocks, MANY)])
    lines += measured("one block a piece", blocks)
    show(lines)


def measured(title: str, batches: Sequence[Batch]) -> list[list[str]]:
    """A line for rows, one for each part beside rows and what it reads, one for all."""
    for batch in batches:
        assert batch.transfers is not None  # decoded before, as the engine does for itself
    transfers, blocks = sum(b.transfers.height for b in batches), sum(map(len, batches))
    took: dict[str, list[float]] = {}
    rows = 0
    for turn in range(ROUNDS + 1):
        found, rows = _one_round(batches)
        for name, seconds in found.items():
            took.setdefault(name, []).extend([seconds] if turn else [])
    names = ["rows with names", *(part.name for part in parts()), "all parts"]
    return [
        [
            f"{title}: {name}",
            f"{rows:,}",
            f"{transfers:,}",
            f"{1e6 * seconds / rows:.3f}",
            f"{1e6 * seconds / transfers:.3f}",
            f"{1e3 * seconds / blocks:.3f}",
        ]
        for name in names
        for seconds in [statistics.median(took[name])]
    ]


def _one_round(batches: Sequence[Batch]) -> tuple[dict[str, float], int]:
    memory, ledger, clock = Memory(None, CHAIN, False), Ledger(), _Clock()
    ledger.wrapped_here = schema.wrapped_natives(CHAIN)
    timed = [_Timed(part, clock) for part in parts()]
    sight = Sight.within(memory, timed, {"bench": [part.name for part in timed]})
    assert sight is not None
    memory.open()
    rows, whole = 0, 0.0
    for at, batch in enumerate(batches):
        if at == 0:
            memory.age(batch.first, int(batch.blocks["timestamp"][0]))
        start = time.process_time()
        look: Look = sight.take(batch, ledger, {})
        whole += time.process_time() - start
        memory.mark(batch.last)
        rows += int(look.piece.rows["number"].size)
    took = dict(clock.took)
    return took | {"all parts": sum(took.values()), "rows with names": whole - sum(took.values())}, rows


class _Clock:
    def __init__(self) -> None:
        self.took: dict[str, float] = {}

    def times(self, name: str, work: Callable[[], Any]) -> Any:
        start = time.process_time()
        done = work()
        self.took[name] = self.took.get(name, 0.0) + time.process_time() - start
        return done


class _Timed:
    """A part, and how long it took."""

    def __init__(self, part: Part, clock: _Clock) -> None:
        self.name, self.reads, self.kinds, self.settings = part.name, part.reads, part.kinds, part.settings
        self._part, self._clock = part, clock
        clock.took[part.name] = 0.0

    def memory(self) -> Any:
        return self._part.memory()

    def take(self, memory: Any, seen: Any) -> Any:
        return self._clock.times(self.name, lambda: self._part.take(memory, seen))


if __name__ == "__main__":
    main()
