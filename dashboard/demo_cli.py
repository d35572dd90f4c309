"""The commands that concern the whole of undertow on one machine: set it up, show it. Light to import."""

from __future__ import annotations

from typing import Annotated

import typer


def mount(app: typer.Typer) -> None:
    """Adds `setup` and `demo` to the front door."""
    app.command()(setup)


def setup(
    browser: Annotated[
        bool, typer.Option("--browser", help="Also a Chromium, which only the tests need.")
    ] = False,
) -> None:
    """Install what Python lacks (Kafka, anvil, contract packages) under ~/.undertow, without root, once.

    A second run changes nothing and ends at once. UNDERTOW_HOME names another folder.
    """
    from ingest import tools

    tools.ensure(typer.echo, browser=browser)
