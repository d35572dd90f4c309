"""Asks for blocks before they are needed: the node makes the next ones while those it gave are proved."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType

from ingest.blocks.answers import Answer

Fetch = Callable[[int, int], list[Answer]]
"""Brings blocks by the first and the last of them; fewer where not all are there."""

REQUESTS = 2
"""Under way at once: with one, a node idles while its answer is on the way."""


@dataclass(frozen=True, slots=True)
class _Coming:
    first: int
    last: int
    answers: Future[list[Answer]]


class Ahead:
    """Blocks in order, so many a request; so many `requests` are under way while one is worked on. On leaving
    they are waited for.
    """

    def __init__(self, fetch: Fetch, blocks: int, requests: int = REQUESTS) -> None:
        self._fetch, self._blocks, self._requests = fetch, blocks, requests
        self._threads = ThreadPoolExecutor(max(1, requests), thread_name_prefix="ahead")
        self._coming: deque[_Coming] = deque()

    def take(self, first: int, last: int) -> list[Answer]:
        """Blocks from `first` on, none after `last`, for as many as a request carries. What was asked for
        ahead and failed fails here, and is asked for anew when it is taken again.
        """
        coming = self._coming.popleft() if self._coming else None
        if coming is None or coming.first != first or coming.last > last:
            self.forget()
            answers = self._fetch(first, self._end(first, last))
        else:
            answers = self._result(coming.answers)
        self._ask_ahead(first, last, answers)
        return answers

    def forget(self) -> None:
        """Nothing that was asked for ahead is taken any more."""
        for coming in self._coming:
            coming.answers.cancel()
        self._coming.clear()

    def _result(self, coming: Future[list[Answer]]) -> list[Answer]:
        try:
            return coming.result()
        except BaseException:
            self.forget()
            raise

    def _ask_ahead(self, first: int, last: int, answers: list[Answer]) -> None:
        """A node that gave fewer blocks than asked for will do so again: what comes after them is unknown."""
        after, is_whole = first + len(answers), len(answers) == self._blocks
        if self._coming and self._coming[0].first != after:
            self.forget()
        start = self._coming[-1].last + 1 if self._coming else after
        most = self._requests if is_whole else min(1, self._requests)
        while answers and start <= last and len(self._coming) < most:
            end = self._end(start, last)
            self._coming.append(_Coming(start, end, self._threads.submit(self._fetch, start, end)))
            start = end + 1

    def _end(self, first: int, last: int) -> int:
        return min(last, first + self._blocks - 1)

    def __enter__(self) -> Ahead:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(cancel_futures=True)
