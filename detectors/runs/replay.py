"""The log judged anew, event by event: without what left it too deep, and after what comes from a lake."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from detectors.engine.engine import Engine
from detectors.engine.kept import IN_LAKE
from detectors.engine.output import Output
from detectors.runs.beginning import Beginning, Seam
from detectors.runs.outbox import block_records
from ingest.model.batch import Batch, Event, Rollback
from ingest.model.errors import RollbackTooDeep

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Left:
    """Blocks above `number` that the log holds before `offset` have left the chain: they are not judged."""

    offset: int
    number: int


class ScoreFile:
    """The score records of the blocks that stand, on disk: a long log has more of them than memory."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._starts: list[tuple[int, int]] = []

    def add(self, output: Output, chain_id: int) -> None:
        if output.rollback is not None:
            self._roll_back(output.rollback.number)
        for number, records in block_records(chain_id, output, again=True):
            self._starts.append((number, self._file.tell()))
            self._file.writelines(record + b"\n" for record in records)

    def records(self) -> Iterator[bytes]:
        self._file.seek(0)
        for line in self._file:
            yield line.rstrip(b"\n")

    def close(self) -> None:
        self._file.close()

    def _roll_back(self, number: int) -> None:
        while self._starts and self._starts[-1][0] > number:
            self._file.seek(self._starts.pop()[1])
        self._file.truncate()


@dataclass(slots=True)
class Replay:
    """The log judged anew, so far: `first` is the lowest block, `offset` where the log goes on."""

    chain_id: int
    engine: Engine
    beginning: Beginning
    say: Say
    stop: threading.Event
    offset: int
    scores: ScoreFile = field(default_factory=ScoreFile)
    first: int | None = None
    seam: Seam | None = None
    """Where the log began to be judged; None while nothing was."""

    def take(self, event: Event, after: int, left: Sequence[Left]) -> None:
        """Raises RollbackTooDeep for a rollback that the engine cannot follow, or one below a seam: the lake
        must lead to where the log goes on then.
        """
        standing, before, self.offset = _standing(event, after, left), self.offset, after
        if standing is None:
            return
        if self.seam is None:
            seam = self.beginning.look(standing, before, after, whole=standing is event)
            if seam is None or not self._begin(seam) or seam.within:
                return
        elif self.seam.in_lake and isinstance(standing, Rollback) and standing.number < self.seam.number:
            raise RollbackTooDeep(f"block {standing.number} lies below what was read from the lake")
        self._judge(standing, after)

    @property
    def over_lake(self) -> bool:
        return self.seam is not None and self.seam.in_lake

    def _begin(self, seam: Seam) -> bool:
        """Judges what comes from the lake. Whether `stop` left it the time."""
        if (words := self.beginning.words(seam)) is not None:
            self.say(f"detect: chain {self.chain_id}: {words}")
        if seam.in_lake:
            for batch in self.beginning.batches(seam):
                if self.stop.is_set():
                    return False
                self._judge(batch, IN_LAKE)
            self.engine.goes_on_at(seam.offset)
        self.seam = seam
        return True

    def _judge(self, event: Event, after: int) -> None:
        before = set(self.engine.state.off)
        self.scores.add(self.engine.take(event, after), self.chain_id)
        for name, off in self.engine.state.off.items():
            if name not in before:
                self.say(
                    f"detect: chain {self.chain_id}: {off.told(name)}: what it said of later blocks is taken "
                    "back; report this, and give --rebuild once it is mended"
                )
        if isinstance(event, Batch):
            self.first = event.first if self.first is None else min(self.first, event.first)


def _standing(event: Event, after: int, left: Sequence[Left]) -> Event | None:
    """`event` without blocks that a later rollback, too deep for the engine, took away."""
    top = min((each.number for each in left if after < each.offset), default=None)
    if top is None:
        return event
    if isinstance(event, Rollback):
        return event if event.number < top else None
    return event.slice(event.first, min(event.last, top)) if event.first <= top else None
