"""Detection of several chains under one command: a process for each, so that nothing of one chain can reach
another, and what ends one stops no other.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ingest.machine.processes import Child
from ingest.model.errors import UndertowError

POLL_S = 0.2
AGAIN_S = 5.0
"""A process that was killed is started again, at most so often."""
GRACE_S = 30.0


@dataclass(slots=True)
class ChainProcesses:
    """`commands` has the command line of each chain's process; what those say goes where ours goes. `first`
    are further words of it that one is told once, and not when it is started again.
    """

    commands: Mapping[int, Sequence[str]]
    say: Callable[[str], None]
    first: Sequence[str] = ()
    _running: dict[int, Child] = field(default_factory=dict)
    _began: dict[int, float] = field(default_factory=dict)
    _failed: list[int] = field(default_factory=list)

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set, or every process has ended. Raises UndertowError that names the chains whose
        process failed, once all others have ended too.
        """
        try:
            for chain_id in self.commands:
                self._start(chain_id)
            while (self._running or self._waiting()) and not stop.wait(POLL_S):
                self._look()
        finally:
            self._end()
        if self._failed:
            named = ", ".join(map(str, self._failed))
            raise UndertowError(f"detection of chain {named} ended before: its own line above says why")

    def _look(self) -> None:
        for chain_id, child in list(self._running.items()):
            if (status := child.poll()) is not None:
                del self._running[chain_id]
                self._ended(chain_id, status)
        for chain_id in self._waiting():
            if time.monotonic() - self._began[chain_id] >= AGAIN_S:
                self._start(chain_id)

    def _ended(self, chain_id: int, status: int) -> None:
        if status < 0:
            name = signal.Signals(-status).name
            self.say(f"detect: chain {chain_id}: its process was ended by {name} and is started again")
            return
        del self._began[chain_id]
        if status:
            self._failed.append(chain_id)
            left = ", ".join(map(str, sorted(self._began)))
            others = f"the others go on: {left}" if left else "no other is left"
            self.say(f"detect: chain {chain_id}: ended with status {status}; {others}")

    def _waiting(self) -> list[int]:
        """Chains whose process was killed and is to be started again."""
        return [chain_id for chain_id in self._began if chain_id not in self._running]

    def _start(self, chain_id: int) -> None:
        words = () if chain_id in self._began else self.first
        self._began[chain_id] = time.monotonic()
        command = [*self.commands[chain_id], *words]
        self._running[chain_id] = Child.start(f"detect of chain {chain_id}", command)

    def _end(self) -> None:
        for child in self._running.values():
            child.ask_to_end()
        for chain_id, child in self._running.items():
            if child.stop(GRACE_S) > 0:
                self._failed.append(chain_id)
