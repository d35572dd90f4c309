"""The command `undertow fees`: what gas will cost, and when to send."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from dashboard.filing.store_option import StoreOption, chosen_store

MOST_DEADLINE = 300


def mount(app: typer.Typer) -> None:
    """Adds the command to the front door."""
    app.command()(fees)


def fees(
    store: StoreOption = None,
    lake: Annotated[
        Path | None, typer.Option(metavar="DIR", help="From the blocks of this lake, instead of a store.")
    ] = None,
    rpc: Annotated[
        str | None, typer.Option(metavar="URL", help="From the headers of this node, instead of a store.")
    ] = None,
    chain_id: Annotated[
        int | None,
        typer.Option(
            "--chain-id", envvar="UNDERTOW_CHAIN_ID", min=0, help="Of this chain.  [default: the only one]"
        ),
    ] = None,
    deadline: Annotated[
        int,
        typer.Option(
            metavar="BLOCKS", min=1, max=MOST_DEADLINE, help="The last block that will do, counted from now."
        ),
    ] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of lines.")] = False,
) -> None:
    """Forecast base fee, blob base fee and congestion from blocks, and say when to send."""
    from dashboard.filing import fees as when
    from dashboard.filing.fee_sources import of_lake, of_node, of_store
    from detectors.runs.forecasts.forecast import forecast

    if lake is not None and rpc is not None:
        raise typer.BadParameter("give one of --store, --lake and --rpc")
    if lake is not None:
        chain, blocks = of_lake(lake, chain_id)
    elif rpc is not None:
        chain, blocks = of_node(rpc, chain_id)
    else:
        chain, blocks = of_store(chosen_store(store), chain_id)
    found = forecast(chain, blocks)
    if as_json:
        typer.echo(json.dumps({"chain_id": chain, **asdict(found)}))
        return
    typer.echo(f"chain {chain}: {when.sentence(found, deadline)}")
    for line in (*when.told(found), *_table([when.HEAD, *when.rows(found, deadline)])):
        typer.echo(line)


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
