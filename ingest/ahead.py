"""Asks for blocks before they are needed: the node makes the next ones while those it gave are proved."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from ingest.answers import Answer

Fetch = Callable[[int, int], list[Answer]]
"""Brings blocks by the first and the last of them; fewer where not all are there."""

REQUESTS = 2
"""Under way at once: with one, a node idles while its answer is on the way."""


class Ahead:
    """Blocks up to `last`, so many a request, in order; so many `requests` are under way while one is worked
    on.
    """

    def __init__(self, fetch: Fetch, last: int, blocks: int, requests: int = REQUESTS) -> None:
        self._fetch, self._last, self._blocks, self._requests = fetch, last, blocks, requests
        self._threads = ThreadPoolExecutor(requests, thread_name_prefix="ahead")
        self._coming: deque[tuple[int, Future[list[Answer]]]] = deque()

    def take(self, first: int) -> list[Answer]:
        """Blocks from `first` on. What was asked for ahead and failed fails here, and is asked for anew when
        it is taken again.
        """
        coming = self._coming.popleft() if self._coming else None
        if coming is None or coming[0] != first:
            self._forget()
            answers = self._request(first)
        else:
            answers = self._result(coming[1])
        self._ask_ahead(first, answers)
        return answers

    def _result(self, coming: Future[list[Answer]]) -> list[Answer]:
        try:
            return coming.result()
        except BaseException:
            self._forget()
            raise

    def _ask_ahead(self, first: int, answers: list[Answer]) -> None:
        """A node that gave fewer blocks than asked for will do so again: what comes after them is unknown."""
        after, is_whole = first + len(answers), len(answers) == self._blocks
        if self._coming and self._coming[0][0] != after:
            self._forget()
        start = self._coming[-1][0] + self._blocks if self._coming else after
        while answers and start <= self._last and len(self._coming) < (self._requests if is_whole else 1):
            self._coming.append((start, self._threads.submit(self._request, start)))
            start += self._blocks

    def _request(self, first: int) -> list[Answer]:
        return self._fetch(first, min(self._last, first + self._blocks - 1))

    def _forget(self) -> None:
        for _, coming in self._coming:
            coming.cancel()
        self._coming.clear()

    def __enter__(self) -> Ahead:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(cancel_futures=True)
