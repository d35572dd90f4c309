"""Scorers in this process, to which everything goes as bytes, as it goes to Ray's workers."""

from __future__ import annotations

import pickle
from typing import Any

from detectors.runs.distributed.scorer import Scorer, Start


class Here:
    """A `Crew` that answers late: what is asked is done when its answer is wanted, or another's after it."""

    def __init__(self, start: Start, count: int) -> None:
        self.count = count
        self.scorers = [Scorer(pickle.loads(pickle.dumps(start))) for _ in range(count)]
        self._asked: list[list[tuple[str, bytes]]] = [[] for _ in range(count)]
        self._given: list[list[Any]] = [[] for _ in range(count)]

    def ask(self, which: int, method: str, *given: Any) -> tuple[int, int]:
        self._asked[which].append((method, pickle.dumps(given)))
        return which, len(self._asked[which]) - 1

    def put(self, value: Any) -> Any:
        return value

    def is_given(self, answer: tuple[int, int]) -> bool:
        return answer[1] < len(self._given[answer[0]])

    def given(self, answer: tuple[int, int]) -> Any:
        which, number = answer
        for method, given in self._asked[which][len(self._given[which]) : number + 1]:
            asked = getattr(self.scorers[which], method)(*pickle.loads(given))
            self._given[which].append(pickle.loads(pickle.dumps(asked)))
        return self._given[which][number]

    def end(self) -> None:
        for each in range(self.count):
            self.given(self.ask(each, "ready"))
