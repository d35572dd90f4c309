"""A running API to ask over HTTP, and its stream of events to read."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from dashboard.outside.api.serving import Listening, serve
from ingest.machine.processes import free_port

DEADLINE_S = 60


@dataclass(frozen=True, slots=True)
class Asked:
    """`at` is where it listens; `ask` gives status and body of a question."""

    at: str

    def get(self, path: str, **headers: str) -> requests.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.get(f"{self.at}{path}", headers=named, timeout=DEADLINE_S)

    def ask(self, path: str, **headers: str) -> Any:
        answer = self.get(path, **headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    @contextmanager
    def events(self, query: str = "", last: str | None = None) -> Iterator[Iterator[dict[str, Any]]]:
        """The events of a stream as they come: id, event, and data as an object."""
        headers = {} if last is None else {"Last-Event-ID": last}
        where = f"{self.at}/v1/events{query}"
        with requests.get(where, headers=headers, stream=True, timeout=DEADLINE_S) as answer:
            assert answer.status_code == 200, answer.text
            lines = answer.iter_lines(decode_unicode=True)
            assert next(lines) == "retry: 1000"
            yield _events(map(str, lines))


def _events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    told: dict[str, Any] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if name in ("id", "event", "data"):
            told[name] = json.loads(value) if name == "data" else value
        elif not line and told:
            yield told
            told = {}


@contextmanager
def serving(
    store: str, tokens: Path | None = None, rate: float = 1_000.0, shelf: Any = None, **more: Any
) -> Iterator[Asked]:
    """Until the end of its `with`."""
    listening = Listening(port=free_port(), tokens=tokens, rate=rate, **more)
    stop, said, ready = threading.Event(), list[str](), threading.Event()

    def say(line: str) -> None:
        said.append(line)
        ready.set()

    running = threading.Thread(target=serve, args=(store, "", listening, stop, say, None, shelf))
    running.start()
    try:
        assert ready.wait(DEADLINE_S), "the API did not start"
        scheme = "https" if listening.certificate else "http"
        yield Asked(f"{scheme}://127.0.0.1:{listening.port}")
    finally:
        stop.set()
        running.join()
