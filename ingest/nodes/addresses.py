"""Which transport the address of a node asks for, and the name it is shown by: never with a key in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ingest.model.errors import BadInput
from ingest.model.redact import redact
from ingest.nodes.transport import Channel, ChannelTransport, Transport
from ingest.nodes.transport_http import HttpTransport
from ingest.nodes.transport_ipc import IpcChannel
from ingest.nodes.transport_websocket import WebSocketChannel

_HTTP = ("http://", "https://")
_WEBSOCKET = ("ws://", "wss://")
_IPC = "ipc://"


def source_of(url: str) -> str:
    """The address without its secrets: scheme, host and port, or the name of the socket's file."""
    path = _socket_path(url)
    return redact(url) if path is None else f"ipc://{Path(path).name}"


def open_transport(url: str, cap_bytes: int) -> Transport:
    """Nothing is connected yet. Raises BadInput where `url` is no address of a node."""
    if url.startswith(_HTTP) and "://" not in url[8:]:
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
    if url.startswith(_WEBSOCKET) and "://" not in url[6:]:
        return lambda: WebSocketChannel(url, cap_bytes)
    path = _socket_path(url)
    return None if path is None else lambda: IpcChannel(path, cap_bytes)


def _socket_path(url: str) -> str | None:
    if url.startswith(_IPC):
        return url.removeprefix(_IPC)
    return url if url.endswith(".ipc") and "://" not in url else None
