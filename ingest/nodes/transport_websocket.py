"""WebSocket: messages of JSON-RPC over one open connection, which can also tell of new heads."""

from __future__ import annotations

import time

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.frames import CloseCode
from websockets.sync.client import ClientConnection, connect

from ingest.nodes.transport import CONNECT_S, AnswerTooLarge, TooSlow, TransportError, is_loopback


class WebSocketChannel:
    """One connection. The cap holds for a message after it was unpacked."""

    def __init__(self, url: str, cap_bytes: int) -> None:
        """Raises TransportError where no WebSocket is opened."""
        self._cap = cap_bytes
        try:
            self._socket: ClientConnection = connect(
                url, max_size=cap_bytes, open_timeout=CONNECT_S, close_timeout=0.2, legacy=True,
                proxy=None if is_loopback(url) else True,
            )  # fmt: skip
        except TimeoutError as error:
            raise TooSlow("no answer in time") from error
        except (OSError, InvalidURI, InvalidHandshake) as error:
            raise TransportError("connection refused or lost") from error

    def send(self, message: bytes) -> None:
        try:
            self._socket.send(message.decode())
        except (ConnectionClosed, OSError) as error:
            raise TransportError("connection refused or lost") from error

    def receive(self, until: float) -> bytes:
        try:
            message = self._socket.recv(timeout=max(0.0, until - time.monotonic()), decode=False)
        except TimeoutError as error:
            raise TooSlow("no answer in time") from error
        except ConnectionClosed as error:
            if error.sent is not None and error.sent.code == CloseCode.MESSAGE_TOO_BIG:
                raise AnswerTooLarge(f"an answer larger than {self._cap} bytes") from error
            raise TransportError("connection refused or lost") from error
        return message.encode() if isinstance(message, str) else message

    def close(self) -> None:
        self._socket.close()
