"""How bytes go to a node and come back: what every transport promises, and which one an address asks for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlsplit

CONNECT_S = 3.0
"""For opening a connection; an exchange has a deadline of its own."""

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def is_loopback(url: str) -> bool:
    """Whether `url` names this machine: a proxy set for the internet would swallow calls to it."""
    return urlsplit(url).hostname in _LOOPBACK


class TransportError(Exception):
    """An exchange that did not work. Its text is a reason in a few words, without the address."""

    retry_after_s: float | None = None
    status: int | None = None


class TooSlow(TransportError):
    """An answer that did not come, or not in whole, before the deadline."""


class AnswerTooLarge(TransportError):
    """An answer beyond the cap: no more than the cap of it was ever held."""


class BadStatus(TransportError):
    """HTTP that is no 200. `retry_after_s` is what the node asks to be left alone for, in seconds; `body` is
    what came with it: some nodes send errors so.
    """

    def __init__(self, status: int, retry_after_s: float | None, body: bytes = b"") -> None:
        super().__init__(f"HTTP status {status}")
        self.status = status
        self.retry_after_s = retry_after_s
        self.body = body


class Transport(Protocol):
    """Carries one payload and brings the answer to it."""

    def exchange(self, payload: bytes, deadline_s: float) -> bytes:
        """Raises TransportError where no whole answer came within `deadline_s` seconds."""

    def close(self) -> None: ...


class Channel(Protocol):
    """A connection that stays open and carries messages both ways (WebSocket, IPC)."""

    def send(self, message: bytes) -> None: ...

    def receive(self, until: float) -> bytes:
        """The next message. Raises TransportError where there is none by `until` (monotonic seconds)."""

    def close(self) -> None: ...


class ChannelTransport:
    """Exchanges over channels: one question at a time on each, and as many channels as there are askers."""

    def __init__(self, connect: Callable[[], Channel]) -> None:
        self.connect = connect
        self._idle: list[Channel] = []
        self._lock = threading.Lock()

    def exchange(self, payload: bytes, deadline_s: float) -> bytes:
        until = time.monotonic() + deadline_s
        channel = self._take() or self.connect()
        try:
            channel.send(payload)
            answer = channel.receive(until)
        except BaseException:
            channel.close()  # an answer that comes late must not be taken for the next one
            raise
        with self._lock:
            self._idle.append(channel)
        return answer

    def close(self) -> None:
        while (channel := self._take()) is not None:
            channel.close()

    def _take(self) -> Channel | None:
        with self._lock:
            return self._idle.pop() if self._idle else None
