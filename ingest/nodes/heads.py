"""New heads as nodes tell of them (WebSocket, IPC): the loop sleeps until there is something to do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from ingest.nodes import jsonrpc
from ingest.nodes.transport import Channel, TransportError

POLL_S = 1.0
"""While a node tells of its heads it is still asked this often: a subscription can fall silent unnoticed."""

_SILENT_S = 60.0
"""A subscription that told of nothing for so long is opened anew."""

_SUBSCRIBE_S, _PAUSE_S, _LOOK_S = 5.0, 1.0, 0.05


class HeadWatch:
    """Subscriptions to new heads, each kept open by a thread of its own."""

    def __init__(self, connects: Sequence[Callable[[], Channel]]) -> None:
        """`connects` open a channel each, raising TransportError."""
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._open: set[Channel] = set()
        for connect in connects:
            threading.Thread(target=self._keep_open, args=(connect,), daemon=True, name="heads").start()

    @property
    def is_listening(self) -> bool:
        """Whether a subscription is in force."""
        return bool(self._open)

    def wait(self, stop: threading.Event, poll_s: float) -> None:
        """Returns on a new head, once `stop` is set, or after `poll_s` seconds: longer while nodes tell."""
        until = time.monotonic() + (max(poll_s, POLL_S) if self.is_listening else poll_s)
        while not stop.is_set() and (left_s := until - time.monotonic()) > 0:
            if self._wake.wait(min(left_s, _LOOK_S)):
                self._wake.clear()
                return

    def close(self) -> None:
        self._closed.set()
        for channel in list(self._open):
            channel.close()

    def _keep_open(self, connect: Callable[[], Channel]) -> None:
        while not self._closed.is_set():
            try:
                channel = connect()
            except TransportError:
                self._closed.wait(_PAUSE_S)
                continue
            try:
                self._listen(channel)
            except TransportError:
                self._closed.wait(_PAUSE_S)
            except jsonrpc.NotJsonRpc:
                return  # a node without subscriptions: it is polled
            finally:
                self._open.discard(channel)
                channel.close()

    def _listen(self, channel: Channel) -> None:
        channel.send(jsonrpc.encode([("eth_subscribe", ["newHeads"])]))
        reply = jsonrpc.decode(channel.receive(time.monotonic() + _SUBSCRIBE_S), 1)[0]
        if reply.error is not None and reply.error.lacks_method:
            raise jsonrpc.NotJsonRpc(reply.error.message)
        if reply.error is not None:
            raise TransportError("it did not subscribe")
        self._open.add(channel)
        while not self._closed.is_set():
            channel.receive(time.monotonic() + _SILENT_S)
            self._wake.set()
