"""The commands of `detectors`. Light to import: what a command needs is imported inside it."""

from __future__ import annotations

import typer


def mount(app: typer.Typer) -> None:
    """Adds this package's commands to the front door."""
