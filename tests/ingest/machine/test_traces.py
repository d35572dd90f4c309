"""A block's spans of all roles join in one trace at a real collector; without an endpoint nothing is."""

from __future__ import annotations

import gzip
import subprocess
import sys
import time

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ingest.machine import traces
from ingest.machine.processes import free_port, wait_until
from ingest.machine.traces import exporting, note_blocks
from ingest.model.errors import BadInput
from tests.dashboard.outside.receivers import Received, receiver

BLOCK, OTHER = (7, b"\x07" * 32), (8, b"\x08" * 32)


def spans(received: Received) -> list[tuple[str, str, bytes, bytes, bytes]]:
    """(service, name, trace, span, parent) of each, decoded from what came."""
    found = []
    for headers, body in received.posts:
        plain = gzip.decompress(body) if headers.get("Content-Encoding") == "gzip" else body
        for told in ExportTraceServiceRequest.FromString(plain).resource_spans:
            service = next(a.value.string_value for a in told.resource.attributes if a.key == "service.name")
            for span in (span for scope in told.scope_spans for span in scope.spans):
                assert 0 < span.start_time_unix_nano <= span.end_time_unix_nano
                found.append((service, span.name, span.trace_id, span.span_id, span.parent_span_id))
    return found


def test_three_roles_of_a_block_are_one_trace_and_another_block_or_chain_is_another() -> None:
    with receiver() as received:
        for role in traces.ROLES:  # each in a process of its own, in life
            with exporting(received.url, print):
                note_blocks(role, 5, [BLOCK, OTHER], time.time_ns())
        found = [
            span for span in spans(received) if span[2] == traces.trace_id(5, BLOCK[1]).to_bytes(16, "big")
        ]
        assert [span[:2] for span in found] == [(f"undertow-{role}", role) for role in traces.ROLES]
        first, second, third = found
        assert first[4] == b"" and second[4] == first[3] and third[4] == second[3]
        assert len({span[3] for span in spans(received)}) == len(spans(received)) == 6
    assert traces.trace_id(5, BLOCK[1]) != traces.trace_id(6, BLOCK[1])


def test_a_block_that_is_done_again_gives_the_same_ids() -> None:
    with receiver() as received, exporting(f"{received.url}/v1/traces", print):
        note_blocks("detect", 5, [BLOCK], time.time_ns())
        note_blocks("detect", 5, [BLOCK], time.time_ns())
        wait_until(lambda: len(spans(received)) == 2, 30, "no span came")
        assert len(set(spans(received))) == 1


def test_without_an_endpoint_nothing_is_sent_and_nothing_is_imported() -> None:
    program = (
        "import sys, ingest.machine.traces as t\n"
        "with t.exporting(None, print): t.note_blocks('sink', 5, [(7, b'')], 0)\n"
        "print(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout == "False\n"


def test_a_collector_that_is_away_is_waited_for_and_what_is_lost_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(traces, "KEPT", 3)
    monkeypatch.setattr(traces, "EVERY_S", 600.0)
    monkeypatch.setattr(traces, "END_S", 60.0)
    monkeypatch.setattr(traces, "_ANSWER_S", 0.5)
    said: list[str] = []
    port = free_port()
    with exporting(f"http://127.0.0.1:{port}", said.append):
        note_blocks("ingest", 5, [(number, bytes([number])) for number in range(5)], time.time_ns())
    assert said[0].endswith("does not take them: they wait")
    assert said[-1] == f"traces: 5 spans did not arrive at http://127.0.0.1:{port}"


@pytest.mark.parametrize("endpoint", ["", "collector:4318", "grpc://collector:4317", "http://", "http://[x"])
def test_what_is_no_collector_is_refused(endpoint: str) -> None:
    with pytest.raises(BadInput, match=r"--otlp: .* give http://HOST:4318"), exporting(endpoint, print):
        pass


def test_who_asks_without_the_extra_is_told_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces, "find_spec", lambda _name: None)
    with (
        pytest.raises(BadInput, match=r"pip install 'undertow\[otel\]'"),
        exporting("http://here:4318", print),
    ):
        pass
