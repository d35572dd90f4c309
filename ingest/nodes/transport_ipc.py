"""IPC: JSON-RPC over the unix socket of a node on the same machine; a message ends where its JSON does."""

from __future__ import annotations

import socket
import time

import msgspec

from ingest.nodes.transport import CONNECT_S, AnswerTooLarge, TooSlow, TransportError

_CHUNK = 1 << 18
_ENDS = (ord("}"), ord("]"))


class IpcChannel:
    """One connection to the socket at `path`."""

    def __init__(self, path: str, cap_bytes: int) -> None:
        """Raises TransportError where nobody listens."""
        self._cap = cap_bytes
        self._held = bytearray()
        self._searched = 0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(CONNECT_S)
        try:
            self._socket.connect(path)
        except OSError as error:
            self._socket.close()
            raise TransportError("nobody listens on this socket") from error

    def send(self, message: bytes) -> None:
        try:
            self._socket.sendall(message + b"\n")
        except OSError as error:
            raise TransportError("connection refused or lost") from error

    def receive(self, until: float) -> bytes:
        while (message := self._whole()) is None:
            self._held += self._more(until)
            if len(self._held) > self._cap:
                raise AnswerTooLarge(f"an answer larger than {self._cap} bytes")
        return message

    def close(self) -> None:
        self._socket.close()

    def _more(self, until: float) -> bytes:
        try:
            self._socket.settimeout(max(0.001, until - time.monotonic()))
            chunk = self._socket.recv(_CHUNK)
        except TimeoutError as error:
            raise TooSlow("no answer in time") from error
        except OSError as error:
            raise TransportError("connection refused or lost") from error
        if not chunk:
            raise TransportError("the answer broke off")
        return chunk

    def _whole(self) -> bytes | None:
        """The message that is complete. Nodes that end each with a newline are understood without parsing;
        of others only what ends like JSON is tried.
        """
        at = self._held.find(b"\n", self._searched)
        self._searched = len(self._held)
        if at < 0:
            if not self._held or self._held[-1] not in _ENDS or not _is_json(self._held):
                return None
            at = len(self._held)
        message = bytes(self._held[:at])
        del self._held[: at + 1]
        self._searched = 0
        return message if message.strip() else None


def _is_json(text: bytearray) -> bool:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except msgspec.DecodeError:
        return False
    return True
