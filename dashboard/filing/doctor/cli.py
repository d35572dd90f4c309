"""The command `undertow doctor`: whether all that is needed is there, and what to do where it is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.commands.kafka_access import KafkaConfig, KafkaPlaintext, choose_access

if TYPE_CHECKING:
    from dashboard.filing.doctor.found import Found


def mount(app: typer.Typer) -> None:
    """Adds the command to the front door."""
    app.command()(doctor)


def doctor(
    rpc: Annotated[
        str | None,
        typer.Option(envvar="UNDERTOW_RPC", metavar="URL[,URL…]", help="The nodes that are to be read."),
    ] = None,
    kafka: Annotated[
        str | None, typer.Option(envvar="UNDERTOW_KAFKA", metavar="HOST:PORT", help="The Kafka to ask.")
    ] = None,
    kafka_config: KafkaConfig = None,
    kafka_plaintext: KafkaPlaintext = False,
    store: Annotated[
        str | None, typer.Option(envvar="UNDERTOW_STORE", metavar="URL", help="The store to read.")
    ] = None,
    lake: Annotated[
        Path | None, typer.Option(envvar="UNDERTOW_LAKE", metavar="DIR", help="The lake to read.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line instead of text.")] = False,
) -> None:
    """Say whether all that is needed is there, and what to do where it is not; exit status 1 then."""
    choose_access(kafka_config, kafka_plaintext)
    is_well = True
    for each in _checks(rpc, kafka, store, lake):
        is_well = is_well and each.is_well
        typer.echo(json.dumps(asdict(each), sort_keys=True) if as_json else each.line())
    if not is_well:
        raise typer.Exit(1)


def _checks(rpc: str | None, kafka: str | None, store: str | None, lake: Path | None) -> Iterator[Found]:
    from dashboard.filing.doctor import installation, machine, programs

    yield from installation.installation()
    yield from machine.machine()
    yield from programs.programs()
    if rpc is None and kafka is None and store is None and lake is None:
        return
    from dashboard.filing.doctor import peers

    for url in (each.strip() for each in (rpc or "").split(",") if each.strip()):
        yield from peers.node(url)
    if kafka is not None:
        yield peers.kafka(kafka)
    if store is not None:
        yield peers.store(store)
    if lake is not None:
        yield peers.lake(lake)
