"""A limit on what a block may cost a role, kept by leaving out work that nobody's safety hangs on.

What may be left out is listed here and asks `allows` before each piece. Proofs, facts, parts, models and
detectors are not in the list, and their rooms cannot import this one (an import contract in pyproject.toml).
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from typing import Literal, get_args

from ingest.model.errors import BadInput
from ingest.model.health import OptionalHealth, OptionalState, Vitals

OptionalWork = Literal["forecasts", "pending", "pictures"]
OPTIONAL_WORK: tuple[str, ...] = get_args(OptionalWork)
SAVED_BLOCKS, OWED_BLOCKS = 20, 100
"""Blocks whose budget can be saved up for later, and of how many one can be behind: after a while of dear
blocks optional work waits no longer than these take.
"""
LOOKED_AT = 20
"""Last questions that the state of a work is told from."""


class Budget:
    """Of a process: CPU seconds that it may use a block, all of its work together; None: no limit.

    Each block adds its budget, all that the process uses is taken off, and optional work is done while
    something is left. So it is done more seldom the dearer blocks are, and not at all where what must be done
    takes everything. Whenever the state of a work becomes another, `say` is told one line. Belongs to one
    thread.
    """

    def __init__(
        self,
        cpu_s_a_block: float | None = None,
        clock: Callable[[], float] = time.process_time,
        say: Callable[[str], None] = lambda _line: None,
    ) -> None:
        """Raises BadInput for a budget that is no positive number."""
        if cpu_s_a_block is not None and not 0 < cpu_s_a_block < float("inf"):
            raise BadInput(f"a budget of {cpu_s_a_block} CPU seconds a block is none: give a number above 0")
        self.cpu_s_a_block = cpu_s_a_block
        self._clock = clock
        self._say = say
        self._said: dict[str, OptionalState] = {}
        self._looked = clock()
        self._left = 0.0
        self._done: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()
        self._answers: dict[str, deque[bool]] = defaultdict(lambda: deque(maxlen=LOOKED_AT))

    def blocks(self, count: int) -> None:
        """So many more blocks are done."""
        self._settle(count)

    def allows(self, work: OptionalWork) -> bool:
        """Whether a piece of this work is to be done now. Raises ValueError for what is not optional."""
        if work not in OPTIONAL_WORK:
            raise ValueError(f"{work} is not optional: only {', '.join(OPTIONAL_WORK)} are")
        self._settle(0)
        is_allowed = self.cpu_s_a_block is None or self._left > 0
        self._answers[work].append(is_allowed)
        (self._done if is_allowed else self._left_out)[work] += 1
        self._say_change(work)
        return is_allowed

    def tell(self, vitals: Vitals) -> None:
        """What a role tells of its budget, and of what it leaves out."""
        vitals.budget_cpu_s, vitals.optional = self.cpu_s_a_block, self.states()

    def _say_change(self, work: OptionalWork) -> None:
        state, before = _state(self._answers[work]), self._said.get(work, "on")
        self._said[work] = state
        if state == before:
            return
        told = "all of it is done again" if state == "on" else f"{state} by the budget"
        self._say(
            f"{work}: {told}; a block may cost {self.cpu_s_a_block:g} CPU s "
            f"({self._done[work]} done, {self._left_out[work]} left out so far)"
        )

    def states(self) -> list[OptionalHealth]:
        """Of every work that was asked for, in order of its name."""
        return [
            OptionalHealth(name, _state(answers), self._done[name], self._left_out[name])
            for name, answers in sorted(self._answers.items())
        ]

    def _settle(self, blocks: int) -> None:
        now, budget = self._clock(), self.cpu_s_a_block or 0.0
        left = self._left + blocks * budget - (now - self._looked)
        self._left = min(SAVED_BLOCKS * budget, max(-OWED_BLOCKS * budget, left))
        self._looked = now


def _state(answers: deque[bool]) -> OptionalState:
    if all(answers):
        return "on"
    return "slowed" if any(answers) else "paused"
