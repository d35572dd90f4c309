"""The commands of `dashboard`. Light to import: what a command needs is imported inside it."""

from __future__ import annotations

import typer

from dashboard import demo_cli


def mount(app: typer.Typer) -> None:
    """Adds this package's commands to the front door."""
    demo_cli.mount(app)
