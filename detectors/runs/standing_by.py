"""What detection on stand-by does: it judges what the process that works has judged, and sends nothing."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from detectors.engine import checkpoint
from detectors.engine.engine import Engine
from detectors.runs.published import OutputMark, OutputMarks
from ingest.log.blocklog import LogReader
from ingest.model.batch import Event

STEP_S = 0.2
"""Between two looks at whose turn it is; what is under way then is judged to its end."""


@dataclass(slots=True)
class StandbyState:
    """State that follows the mark of who works, and never passes it: who takes over has to judge and to send
    what lies above the last mark, and nothing that lies below.

    `begin` opens the state on disk for a mark, `judge` takes one event for a mark, `save` writes what is due:
    a folder of its own, whose lock refuses a second process.
    """

    bootstrap: str
    chain_id: int
    partition: int
    begin: Callable[[OutputMark | None], tuple[Engine, int | None]]
    judge: Callable[[Engine, Event, int, OutputMark], None]
    save: Callable[[Engine], None]
    _engine: Engine | None = field(default=None, init=False)
    _offset: int | None = field(default=None, init=False)
    _run: str = field(default="", init=False)
    _reader: LogReader | None = field(default=None, init=False)
    _marks: OutputMarks | None = field(default=None, init=False)
    _held: deque[tuple[Event, int]] = field(default_factory=deque, init=False)

    def step(self) -> None:
        """Goes on towards the mark, for `STEP_S` seconds or so. Raises as `begin` and `judge`, and
        BrokerUnreachable.
        """
        if self._marks is None:
            self._marks = OutputMarks(self.bootstrap, self.chain_id, self.partition)
        mark = self._marks.last()
        note = None if mark is None else mark.note()
        if note is not None and (note.rebuilding or note.run != (self._run or note.run)):
            self._let_go()
        if note is not None and note.rebuilding:
            return
        if self._engine is None:
            self._engine, self._offset = self.begin(mark)
        if mark is not None and note is not None:
            self._run = note.run
            self._follow(self._engine, mark)
        self.save(self._engine)

    def _follow(self, engine: Engine, mark: OutputMark) -> None:
        if self._reader is None:
            self._reader = LogReader(self.bootstrap, self.chain_id, self._offset)
        until = time.monotonic() + STEP_S
        while (self._offset or 0) < mark.offset and time.monotonic() < until:
            if not self._held:
                self._held.extend(self._reader.poll(STEP_S))
            while self._held and self._held[0][1] <= mark.offset and time.monotonic() < until:
                event, after = self._held.popleft()
                self.judge(engine, event, after, mark)
                self._offset = after
            if self._held and self._held[0][1] > mark.offset:
                return

    def taken(self, mark: OutputMark | None) -> tuple[Engine, int | None] | None:
        """The state and the offset after what it has judged, for who takes over at `mark`; None where there
        is none that leads there.
        """
        engine, offset = self._engine, self._offset
        fits = mark is not None and not mark.note().rebuilding and (offset or 0) <= mark.offset
        if engine is None or not (fits and mark is not None and mark.note().run in ("", self._run)):
            self._let_go()
            return None
        self._engine = None
        self._let_go()
        return engine, offset

    def end(self) -> None:
        """What can be saved is, so that the next start begins near."""
        if self._engine is not None:
            checkpoint.save(self._engine)
        self.close()

    def _let_go(self) -> None:
        if self._engine is not None:
            self._engine.close()
        if self._reader is not None:
            self._reader.close()
        self._engine, self._offset, self._reader, self._run = None, None, None, ""
        self._held.clear()

    def close(self) -> None:
        self._let_go()
        if self._marks is not None:
            self._marks.close()
            self._marks = None
