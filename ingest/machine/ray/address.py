"""Which Ray is spoken to: one that is started here, or the head of a running one; and whether it is safe."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterable, Mapping
from importlib.util import find_spec

from ingest.model.errors import BadInput, ClusterUnreachable

LOCAL = "local"
_ANSWERS_S = 5.0
_NEEDED = ("RAY_TLS_SERVER_CERT", "RAY_TLS_SERVER_KEY", "RAY_TLS_CA_CERT")


def checked(address: str, environment: Mapping[str, str] = os.environ) -> str:
    """`address`, where it can be used. Raises BadInput where Ray is not installed, for what is no address,
    and for one beyond this machine without token and TLS; ClusterUnreachable where nothing listens.
    """
    if find_spec("ray") is None:
        raise BadInput("--ray needs Ray: pip install 'undertow[ray]'")
    if address == LOCAL:
        return address
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise BadInput(f"--ray {address[:80]!a} is no address: give `local`, or HOST:PORT of a running head")
    refuse_open([host], environment)
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWERS_S).close()
    except OSError as error:
        raise ClusterUnreachable(
            f"no Ray head answers at {address} ({error.strerror or error}): start one there, or give "
            "--ray local"
        ) from error
    return address


def refuse_open(hosts: Iterable[str], environment: Mapping[str, str] = os.environ) -> None:
    """Whoever reaches a port of Ray runs what he likes. Raises BadInput for a host that is not this machine's
    loopback, unless Ray asks for a token and speaks TLS.
    """
    beyond = [host for host in hosts if not is_loopback(host)]
    token = environment.get("RAY_AUTH_MODE", "").lower() == "token"
    tls = environment.get("RAY_USE_TLS", "") == "1" and all(environment.get(name) for name in _NEEDED)
    if beyond and not (token and tls):
        raise BadInput(
            f"Ray at {beyond[0]} is beyond this machine: set RAY_AUTH_MODE=token with its token, "
            f"RAY_USE_TLS=1 and {', '.join(_NEEDED)}, there and here"
        )


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
