"""The command that runs all of undertow on one machine. Light to import."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def mount(app: typer.Typer) -> None:
    """Adds `demo` to the front door."""
    app.command()(demo)


def demo(
    blocks: Annotated[
        int | None,
        typer.Option(min=1, help="Play so many blocks as fast as possible, then sum up. Without: play on."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Another seed plays another story.")] = None,
    no_dashboard: Annotated[
        bool,
        typer.Option("--no-dashboard", help="Without the screen; with --blocks it ends after the summary."),
    ] = False,
    keep: Annotated[
        bool,
        typer.Option(
            "--continue/--fresh",
            help="Keep the records and alerts of demos before. A local chain ends with its process, so the "
            "actors begin anew under the next chain id.",
        ),
    ] = False,
    canary: Annotated[
        bool,
        typer.Option(
            "--canary", help="Play a harmless attack every minute, and raise an alarm where nobody finds it."
        ),
    ] = False,
    pending: Annotated[
        bool,
        typer.Option(
            "--pending",
            help="Transactions wait before they are mined and are judged meanwhile, beside the book. A block "
            "lasts three seconds then, also with --blocks.",
        ),
    ] = False,
    budget_cpu: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="CPU seconds that a block may cost the sink before it leaves out forecasts, and the "
            "dashboard before it leaves out pictures.  [default: no limit]",
        ),
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="An analyst's rules, for `detect` and the screen; begin with none otherwise."
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Of the dashboard, on 127.0.0.1.")] = 8501,
) -> None:
    """Run everything here: broker, forked chain with labelled actors, ingest, detect, sink, dashboard.

    Ctrl-C ends every process it started. State and logs stay in ~/.undertow/demo until the next
    start, which begins afresh unless --continue is given.
    """
    from dashboard.demo.running import Options, run
    from dashboard.demo.terminal import Terminal
    from ingest.machine.signals import stop_on_signal

    screen = None if no_dashboard else port
    options = Options(blocks, seed, screen, keep, canary, budget_cpu, rules, pending)
    with stop_on_signal() as stop:
        run(options, Terminal(sys.stdout), stop)
