"""Options that every role has, by which operators see what it does."""

from __future__ import annotations

from typing import Annotated

import typer

from ingest.machine.logs import LogFormat

MetricsPort = Annotated[
    int | None,
    typer.Option(
        "--metrics",
        envvar="UNDERTOW_METRICS",
        metavar="PORT",
        min=1,
        max=65535,
        help="Answer Prometheus on this port of 127.0.0.1.  [default: do not]",
    ),
]
OtlpOption = Annotated[
    str | None,
    typer.Option(
        "--otlp",
        envvar="UNDERTOW_OTLP",
        metavar="URL",
        help="Send a span of each block to this OpenTelemetry collector; needs undertow[otel].  "
        "[default: do not]",
    ),
]
SHORTEST_SILENCE_S = 2.0
"""Two beats: with less, who is a little late would lose its turn."""
Standby = Annotated[
    float | None,
    typer.Option(
        "--standby",
        envvar="UNDERTOW_STANDBY",
        metavar="SECONDS",
        min=SHORTEST_SILENCE_S,
        max=3600.0,
        help="Stand by while another process does this, and take over once that was silent for so long.  "
        "[default: take over at once]",
    ),
]
LogFormatOption = Annotated[
    LogFormat,
    typer.Option(
        "--log-format", envvar="UNDERTOW_LOG_FORMAT", help="Lines for people, or one JSON object a line."
    ),
]
