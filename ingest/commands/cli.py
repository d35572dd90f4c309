"""The commands of `ingest`. Light to import: what a command needs is imported inside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ingest.commands import acls_cli, stream_cli
from ingest.localchain import cli as localchain_cli


def mount(app: typer.Typer) -> None:
    """Adds this package's commands to the front door."""
    app.command()(broker)
    localchain_cli.mount(app)
    stream_cli.mount(app)
    acls_cli.mount(app)


def broker(
    port: Annotated[
        int, typer.Option(help="Port on 127.0.0.1.", envvar="UNDERTOW_BROKER_PORT", min=1, max=65535)
    ] = 9092,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder that keeps the records, also over restarts.  [default: ~/.undertow/broker]",
            envvar="UNDERTOW_BROKER_DATA",
        ),
    ] = None,
) -> None:
    """Run the embedded Kafka: one node, on this machine only, until Ctrl-C or SIGTERM."""
    from ingest.machine import tools
    from ingest.machine.broker import serve
    from ingest.machine.signals import stop_on_signal

    with stop_on_signal() as stop:
        serve(data or tools.home() / "broker", port, stop, typer.echo)
