"""The command `undertow move-store`. Light to import: what it needs is imported inside it."""

from __future__ import annotations

from typing import Annotated

import typer

from dashboard.filing.store_option import StoreOption, chosen_store


def mount(app: typer.Typer) -> None:
    """Adds the command to the front door."""
    app.command()(move_store)


def move_store(
    to: Annotated[
        str,
        typer.Option(metavar="URL", help="An empty database: postgresql://HOST/DATABASE or sqlite:///FILE."),
    ],
    store: StoreOption = None,
) -> None:
    """Copy a store with its cases and audit into an empty database; end the roles that write to it before."""
    from dashboard.store import move
    from ingest.model.redact import redact

    counts = move(chosen_store(store), to)
    told = ", ".join(f"{name} {counts[name]:,}" for name in ("alerts", "cases", "comments", "audit"))
    typer.echo(f"{sum(counts.values()):,} rows are in {redact(to)} ({told}); its audit is as it was written")
    typer.echo("give the new one as --store to every role from now on: the old one was left as it is")
