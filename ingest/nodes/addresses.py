"""Which transport the address of a node asks for, and the name it is shown by: never with a key in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from ingest.model.errors import BadInput
from ingest.model.redact import redact
from ingest.nodes.transport import Channel, ChannelTransport, Transport
from ingest.nodes.transport_http import HttpTransport
from ingest.nodes.transport_ipc import IpcChannel
from ingest.nodes.transport_websocket import WebSocketChannel

_HTTP = ("http://", "https://")
_WEBSOCKET = ("ws://", "wss://")
_IPC = "ipc://"
_HOST = re.compile(r"\w+://[^\s\\]+$")


def source_of(url: str) -> str:
    """The address without its secrets: scheme, host and port, or the name of the socket's file."""
    path = _socket_path(url)
    return redact(url) if path is None else f"ipc://{Path(path).name}"


def open_transport(url: str, cap_bytes: int) -> Transport:
    """Nothing is connected yet. Raises BadInput where `url` is no address of a node."""
    if _is_url(url, _HTTP):
        return HttpTransport(url, cap_bytes)
    connect = channel_to(url, cap_bytes)
    if connect is None:
        raise BadInput(
            f"the node's address {redact(url)} is no http://, https://, ws:// or wss:// URL, "
            "and no path that ends in .ipc"
        )
    return ChannelTransport(connect)


def channel_to(url: str, cap_bytes: int = 1 << 20) -> Callable[[], Channel] | None:
    """Opens a connection that stays open; None where the address asks for none."""
    if _is_url(url, _WEBSOCKET):
        return lambda: WebSocketChannel(url, cap_bytes)
    path = _socket_path(url)
    return None if path is None else lambda: IpcChannel(path, cap_bytes)


def _is_url(url: str, schemes: tuple[str, ...]) -> bool:
    """Whether `url` has one of these schemes, in letters of any case, and names a host."""
    if not url.lower().startswith(schemes) or "://" in url[8:] or not _HOST.match(url):
        return False
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port is not False  # a port that is none raises
    except ValueError:
        return False


def _socket_path(url: str) -> str | None:
    if url.startswith(_IPC):
        return url.removeprefix(_IPC)
    return url if url.endswith(".ipc") and "://" not in url else None
