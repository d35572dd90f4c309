"""HTTP: answers as bytes, only so many of them and only for so long."""

from __future__ import annotations

import email.utils
import socket
import threading
import time
from typing import Any

import requests
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from ingest.nodes.deadlines import Deadlines
from ingest.nodes.transport import (
    CONNECT_S,
    AnswerTooLarge,
    BadStatus,
    TooSlow,
    TransportError,
    is_loopback,
)

LONGEST_REST_S = 3600.0
"""The longest `Retry-After` that is believed."""

_CHUNK = 1 << 18
_HEADERS = {"Content-Type": "application/json", "Accept-Encoding": "gzip", "User-Agent": "undertow"}

_deadlines = Deadlines()
_asking = threading.local()
"""`until`: the deadline of what this thread asks now. The connection has no other way to know."""


class HttpTransport:
    """One node behind http(s). The cap holds for what an answer is after it was unpacked."""

    def __init__(self, url: str, cap_bytes: int) -> None:
        session = requests.Session()
        for scheme in ("http://", "https://"):
            session.mount(scheme, _Adapter(pool_maxsize=32))
        session.trust_env = not is_loopback(url)
        session.headers.update(_HEADERS)
        self._url, self._session, self._cap = url, session, cap_bytes

    def exchange(self, payload: bytes, deadline_s: float) -> bytes:
        until = time.monotonic() + deadline_s
        _asking.until = until
        try:
            with self._session.post(
                self._url, data=payload, stream=True, allow_redirects=False,
                timeout=(min(CONNECT_S, deadline_s), deadline_s),
            ) as response:  # fmt: skip
                if response.status_code != requests.codes.ok:
                    said = self._read_if_whole(response, until)
                    raise BadStatus(response.status_code, _retry_after_s(response), said)
                return self._read(response, until)
        except requests.RequestException as error:
            raise _lost(error) from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            late = time.monotonic() > until or isinstance(error, urllib3.exceptions.ReadTimeoutError)
            if late:
                raise TooSlow("no whole answer in time") from error
            raise TransportError("the answer broke off") from error

    def close(self) -> None:
        self._session.close()

    def _read_if_whole(self, response: requests.Response, until: float) -> bytes:
        """What came with a status that is no success; empty where it did not come whole, or is too large."""
        try:
            return self._read(response, until)
        except (TransportError, urllib3.exceptions.HTTPError, OSError):
            return b""

    def _read(self, response: requests.Response, until: float) -> bytes:
        body = bytearray()
        with _deadlines.ending_at(until, response.raw.shutdown):
            while chunk := response.raw.read1(_CHUNK, decode_content=True):
                body += chunk
                if len(body) > self._cap:
                    raise AnswerTooLarge(f"an answer larger than {self._cap} bytes")
        if time.monotonic() > until:
            raise TooSlow("no whole answer in time")
        return bytes(body)


class _Deadline(HTTPConnection):
    """A timeout of a socket begins anew with every byte: headers that trickle in would never be late."""

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]
        with _deadlines.ending_at(_asking.until, lambda: self.sock.shutdown(socket.SHUT_RDWR)):
            return super().getresponse()


class _SecureDeadline(_Deadline, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Deadline


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureDeadline


class _Adapter(requests.adapters.HTTPAdapter):
    """requests over these connections."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


def _retry_after_s(response: requests.Response) -> float | None:
    """Seconds from now, whether given as seconds or as a date (RFC 9110, 10.2.3)."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return min(float(text), LONGEST_REST_S)
    try:
        wait_s = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(0.0, wait_s), LONGEST_REST_S)


def _lost(error: requests.RequestException) -> TransportError:
    """A reason in a few words, without the URL that the library puts into its own message."""
    if isinstance(error, requests.Timeout):
        return TooSlow("no answer in time")
    is_lost = isinstance(error, requests.ConnectionError)
    return TransportError("connection refused or lost" if is_lost else type(error).__name__)
