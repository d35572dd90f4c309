"""Who takes how long while an engine runs: numbering, each part, each detector, in processor time."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from detectors.base import Detector
from detectors.engine import engine as engines
from detectors.engine import judge
from detectors.kernels.rows import Chronicle
from detectors.parts.contract import Part

NUMBERING, EXPLAINING, REVISING = "numbering, with decoding", "explanations", "alerts and episodes"


class Clock:
    """Seconds by name."""

    def __init__(self) -> None:
        self.took: dict[str, float] = {}

    def timed(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """`work`, which takes its time down."""

        def measured(*given: Any, **named: Any) -> Any:
            start = time.process_time()
            try:
                return work(*given, **named)
            finally:
                self.took[name] = self.took.get(name, 0.0) + time.process_time() - start

        return measured

    def detectors(self, some: Sequence[Detector]) -> list[Detector]:
        """The same, each with what it says under its name."""
        return [self._detector(each) for each in some]

    def parts(self, some: Sequence[Part]) -> list[Part]:
        return [_Timed(part, self) for part in some]

    def _detector(self, detector: Detector) -> Detector:
        timed: Any = copy.copy(detector)
        timed.score = self.timed(f"detector {detector.name}", detector.score)
        found: Detector = timed
        return found


@contextmanager
def measured(clock: Clock) -> Iterator[None]:
    """Takes down what the engine itself does meanwhile."""
    with ExitStack() as patches:
        for owner, name, what in (
            (Chronicle, "take", NUMBERING),
            (judge, "_reason", EXPLAINING),
            (engines.Engine, "_revise", REVISING),
        ):
            patches.enter_context(patch.object(owner, name, clock.timed(what, getattr(owner, name))))
        yield


class _Timed:
    """A part, and how long it took."""

    def __init__(self, part: Part, clock: Clock) -> None:
        self.name, self.reads, self.kinds, self.settings = part.name, part.reads, part.kinds, part.settings
        self.memory, self.take = part.memory, clock.timed(f"part {part.name}", part.take)
