"""Asks for blocks before they are needed: the node makes the next ones while those it gave are proved."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from ingest.answers import Answer

Fetch = Callable[[int, int], list[Answer]]
"""Brings blocks by the first and the last of them; fewer where not all are there."""


class Ahead:
    """Blocks up to `last`, so many a request, in order; one request is under way while one is worked on."""

    def __init__(self, fetch: Fetch, last: int, blocks: int) -> None:
        self._fetch, self._last, self._blocks = fetch, last, blocks
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ahead")
        self._first = -1
        self._coming: Future[list[Answer]] | None = None

    def take(self, first: int) -> list[Answer]:
        """Blocks from `first` on. What was asked for ahead and failed fails here, and is asked for anew when
        it is taken again.
        """
        coming = self._coming if self._first == first else None
        self._coming = None
        answers = self._request(first) if coming is None else coming.result()
        self._first = first + len(answers)
        if answers and self._first <= self._last:
            self._coming = self._thread.submit(self._request, self._first)
        return answers

    def _request(self, first: int) -> list[Answer]:
        return self._fetch(first, min(self._last, first + self._blocks - 1))

    def __enter__(self) -> Ahead:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown(cancel_futures=True)
