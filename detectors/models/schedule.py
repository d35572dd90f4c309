"""When models are made: at fixed blocks of a run, so that where batches are cut decides nothing.

What was sampled before a block is frozen there, and the model fitted on it judges from a later block on. So
there is time to fit it beside the stream.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from ingest.model.errors import BadInput


@dataclass(frozen=True, slots=True)
class Step:
    """Samples of the blocks below `frozen` make the model that judges from block `effective` on."""

    frozen: int
    effective: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """`first`: blocks behind the run's first block at which a young run freezes its samples, which take
    effect `first_wait` blocks later; afterwards it does so at multiples of `every`, effective `wait` later.
    One model is in effect before the next one is frozen.

    Raises BadInput for numbers that no run can keep to.
    """

    first: tuple[int, ...] = (50, 100, 200, 400, 700)
    first_wait: int = 25
    every: int = 1_000
    wait: int = 100

    def __post_init__(self) -> None:
        numbers = (*self.first, self.first_wait, self.every, self.wait)
        if not self.first or any(type(number) is not int or number < 1 for number in numbers):
            raise BadInput("a schedule of models is made of whole numbers from 1 on, with at least one first")
        if any(after - before <= self.first_wait for before, after in pairwise(self.first)):
            raise BadInput("a schedule's first blocks lie further apart than first_wait")
        if self.every <= self.wait:
            raise BadInput("a schedule's wait is shorter than every")

    def steps(self, anchor: int, first: int, last: int) -> Iterator[Step]:
        """Those of a run that began at block `anchor` which freeze, or take effect, in blocks `first` to
        `last`, in order.
        """
        for step in self._steps(anchor, first):
            if step.frozen > last:
                return
            if step.effective >= first:
                yield step

    def cuts(self, anchor: int, first: int, last: int) -> list[int]:
        """Blocks in `first` to `last` at which something changes: a piece of a batch begins there."""
        at = (block for step in self.steps(anchor, first, last) for block in (step.frozen, step.effective))
        return sorted(block for block in at if first <= block <= last)

    def _steps(self, anchor: int, above: int) -> Iterator[Step]:
        """The early ones, then without end those at multiples, but for such as are over before `above`."""
        early = [Step(anchor + blocks, anchor + blocks + self.first_wait) for blocks in self.first]
        yield from early
        number = max(early[-1].effective + 1, above - self.wait)
        number += -number % self.every
        while True:
            yield Step(number, number + self.wait)
            number += self.every
