"""Traces of blocks for OpenTelemetry, off unless an endpoint is given: the only door to its library, which is
an extra (`pip install undertow[otel]`).

A block's trace id follows from its chain and hash, and the id of each role's span from that and the role: so
ingest, detect and sink join in one trace without telling each other anything. A block that is done again, as
after a crash, gives the same ids.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ingest.model.errors import BadInput
from ingest.model.redact import redact

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext

ROLES = ("ingest", "detect", "sink")
"""In the order in which a block goes through them: each one's span is the child of the one before."""
KEPT = 10_000
"""Spans that wait for a collector that is away; the oldest are dropped beyond it, counted and said."""
AT_ONCE = 500
EVERY_S = 1.0
END_S = 2.0
"""How long the end of a role waits for its last spans."""
_ANSWER_S = 5.0
_PATH = "/v1/traces"

Say = Callable[[str], None]
Block = tuple[int, bytes]
"""Number and hash."""
_exporting: list[_Exporter] = []


def trace_id(chain_id: int, block_hash: bytes) -> int:
    """128 bits, as OpenTelemetry has them."""
    told = b"undertow block" + chain_id.to_bytes(32, "big") + block_hash
    return int.from_bytes(hashlib.sha256(told).digest()[:16], "big")


def span_id(trace: int, role: str) -> int:
    """64 bits."""
    return int.from_bytes(hashlib.sha256(trace.to_bytes(16, "big") + role.encode()).digest()[:8], "big")


def note_blocks(role: str, chain_id: int, blocks: Iterable[Block], began_ns: int) -> None:
    """Notes that a role has done `blocks` from `began_ns` (`time.time_ns`) until now; nothing where
    traces are off, and then `blocks` is not gone through. Never waits.
    """
    if not _exporting:
        return
    told, now = list(blocks), time.time_ns()
    for each in _exporting:
        each.note(role, chain_id, told, began_ns, now)


@contextmanager
def exporting(endpoint: str | None, say: Say) -> Iterator[None]:
    """Sends what is traced inside to a collector by OTLP over HTTP, where there is an endpoint. Raises
    BadInput for what is none, and where the extra is not installed.
    """
    if endpoint is None:
        yield
        return
    exporter = _Exporter(_checked(endpoint), say)
    exporter.begin()
    _exporting.append(exporter)
    try:
        yield
    finally:
        _exporting.remove(exporter)
        exporter.end()


def _checked(endpoint: str) -> str:
    with suppress(ValueError):
        parts = urlsplit(endpoint)
        if parts.scheme in ("http", "https") and parts.hostname and not parts.query:
            if any(find_spec(name) is None for name in ("opentelemetry.sdk", "opentelemetry.exporter")):
                raise BadInput("--otlp needs OpenTelemetry: pip install 'undertow[otel]'")
            path = parts.path.rstrip("/")
            return f"{parts.scheme}://{parts.netloc}{path if path.endswith(_PATH) else path + _PATH}"
    raise BadInput("--otlp: that is no collector: give http://HOST:4318")


class _Exporter:
    """A thread of its own: a collector that is away or slow delays nobody's work."""

    def __init__(self, url: str, say: Say) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import SpanExportResult

        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # what fails is said here, once
        self._library: Any = OTLPSpanExporter(endpoint=url, timeout=_ANSWER_S)
        self._arrived = SpanExportResult.SUCCESS
        self._url, self._say = redact(url), say
        self._waiting: list[ReadableSpan] = []
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._dropped, self._is_away = 0, False
        self._thread = threading.Thread(target=self._run, name="traces", daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """What is not taken in time is lost, and said."""
        self._stop.set()
        self._thread.join(END_S)
        self._library.shutdown()
        with self._lock:
            left = len(self._waiting) + self._dropped
        if left:
            self._say(f"traces: {left} spans did not arrive at {self._url}")

    def note(self, role: str, chain_id: int, blocks: Sequence[Block], began: int, ended: int) -> None:
        made = [_span(role, chain_id, block, began, ended) for block in blocks]
        with self._lock:
            self._keep([*self._waiting, *made])

    def _keep(self, spans: list[ReadableSpan]) -> None:
        """The newest; under the lock."""
        self._dropped += max(0, len(spans) - KEPT)
        self._waiting = spans[-KEPT:]

    def _run(self) -> None:
        while not self._stop.wait(EVERY_S):
            self._send()
        self._send()

    def _send(self) -> None:
        while True:
            with self._lock:
                some, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            if not some:
                return
            if not self._is_taken(some):
                with self._lock:
                    self._keep([*some, *self._waiting])
                return

    def _is_taken(self, spans: list[Any]) -> bool:
        is_taken = bool(self._library.export(spans) == self._arrived)
        if is_taken == self._is_away:
            self._is_away = not is_taken
            self._say(f"traces: {self._url} {'answers' if is_taken else 'does not take them: they wait'}")
        return is_taken


def _span(role: str, chain_id: int, block: Block, began: int, ended: int) -> ReadableSpan:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan

    trace, place = trace_id(chain_id, block[1]), ROLES.index(role)
    return ReadableSpan(
        name=role,
        context=_context(trace, role),
        parent=_context(trace, ROLES[place - 1]) if place else None,
        resource=Resource({"service.name": f"undertow-{role}"}),
        attributes={
            "undertow.chain_id": chain_id,
            "undertow.block": block[0],
            "undertow.hash": block[1].hex(),
        },
        start_time=began,
        end_time=ended,
    )


def _context(trace: int, role: str) -> SpanContext:
    from opentelemetry.trace import SpanContext, TraceFlags

    return SpanContext(trace, span_id(trace, role), True, TraceFlags(TraceFlags.SAMPLED))
