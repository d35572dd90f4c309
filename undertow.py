"""The front door: one command, `undertow`, that mounts each package's commands and imports them only when they are called."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable

import typer

from ingest.errors import UndertowError

__version__ = "0.1.0"

app = typer.Typer(
    name="undertow",
    help="Watch an EVM chain for fraud as it happens: proved ingestion, alerts that follow the chain, live = backfill.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
