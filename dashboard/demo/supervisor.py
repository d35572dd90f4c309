"""Parts of undertow run as processes under one roof: started in order, watched, and ended together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from types import TracebackType

from ingest.machine.processes import Child
from ingest.model.errors import SetupFailed

_POLL_S = 0.1
_GRACE_S = 20.0

Say = Callable[[str], None]


class Stopped(Exception):
    """Somebody asked for the end while parts were still coming up."""


@dataclass(frozen=True, slots=True)
class Part:
    """One process. Of its log, `ready` makes the lines that say it is up, and None until it is."""

    name: str
    argv: Sequence[str | Path]
    ready: Callable[[Path], Sequence[str] | None]
    ends: bool = False
    """Whether it may end by itself, with status 0."""
    deadline_s: float = 600.0
    """A busy machine takes minutes for what takes a quiet one seconds; who hangs is ended all the same."""


@dataclass(slots=True)
class Supervisor:
    """Starts parts, says when each is up, notices when one dies, and on leaving ends all, newest first."""

    logs: Path
    stop: threading.Event
    say: Say
    env: Mapping[str, str] = field(default_factory=dict)
    """Added to our own environment for every part."""
    _started: list[list[tuple[Part, Child]]] = field(default_factory=list)

    def start(self, *parts: Part) -> None:
        """Starts `parts` at once and returns when all are up, having said so in their order.

        Raises SetupFailed where one dies or takes too long, Stopped when the end is asked for.
        """
        together: list[tuple[Part, Child]] = []
        self._started.append(together)
        for part in parts:
            log = self.logs / f"{part.name}.log"
            log.unlink(missing_ok=True)
            together.append((part, Child.start(part.name, part.argv, self.env, log)))
        begun = time.monotonic()
        for part, child in together:
            self._await(part, child, begun + part.deadline_s)

    def check(self) -> None:
        """Raises SetupFailed, with its last words, for a part that ended and should not have."""
        for part, child in self._running():
            status = child.poll()
            if status is not None and not (part.ends and status == 0):
                raise SetupFailed(f"{part.name} ended by itself (status {status}); {_last_words(child)}")

    def has_ended(self, name: str) -> bool:
        """Whether the part of that name has done its work."""
        return any(child.poll() is not None for part, child in self._running() if part.name == name)

    def pids(self) -> dict[str, int]:
        """The process of each part, by name."""
        return {part.name: child.pid for part, child in self._running()}

    def end(self) -> None:
        """Ends every part: those started together at once, and all before those they were started after."""
        while self._started:
            together = [child for _, child in self._started[-1]]
            for child in together:
                child.ask_to_end()
            for child in together:
                child.stop(_GRACE_S)
            self._started.pop()

    def _running(self) -> Iterator[tuple[Part, Child]]:
        return chain.from_iterable(self._started)

    def _await(self, part: Part, child: Child, deadline: float) -> None:
        assert child.log is not None
        while (lines := part.ready(child.log)) is None:
            self.check()
            if self.stop.wait(_POLL_S):
                raise Stopped
            if time.monotonic() > deadline:
                raise SetupFailed(
                    f"{part.name} was not up within {part.deadline_s:g} s; {_last_words(child)}"
                )
        for line in lines:
            self.say(line)

    def __enter__(self) -> Supervisor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()


def _last_words(child: Child) -> str:
    return f"its last words: {child.last_lines() or 'none'} (all of them: {child.log})"
