"""The commands of `dashboard.outside`. Light to import: what a command needs is imported inside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dashboard.filing.store_option import StoreOption, chosen_store
from dashboard.outside import rules_cli, tokens_cli
from dashboard.outside.anchoring import cli as anchor_cli
from dashboard.outside.guarding import cli as guard_cli
from dashboard.outside.inspecting import cli as inspecting_cli
from dashboard.outside.packs import cli as packs_cli
from dashboard.outside.sharing import cli as sharing_cli
from dashboard.outside.tuning import cli as tuning_cli
from ingest.commands.observing import LogFormatOption, MetricsPort, Standby


def mount(app: typer.Typer) -> None:
    """Adds the commands to the front door."""
    app.command()(api)
    app.command()(notify)
    tokens_cli.mount(app)
    anchor_cli.mount(app)
    guard_cli.mount(app)
    inspecting_cli.mount(app)
    tuning_cli.mount(app)
    packs_cli.mount(app)
    sharing_cli.mount(app)
    rules_cli.mount(app)


def api(
    store: StoreOption = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; any but this machine's own needs tokens and TLS.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(envvar="UNDERTOW_API_PORT", min=1, max=65535, help="Port of that address.")
    ] = 8601,
    tokens: Annotated[
        Path | None,
        typer.Option(
            envvar="UNDERTOW_TOKENS",
            metavar="FILE",
            help="Who may ask, as `undertow tokens add` writes it; without, whoever is on this machine.",
        ),
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(metavar="FILE", help="Certificate, for HTTPS.")] = None,
    tls_key: Annotated[Path | None, typer.Option(metavar="FILE", help="Its key.")] = None,
    rate: Annotated[
        float,
        typer.Option(
            min=0.1, max=100_000, help="Requests a second of each who asks; ten seconds' worth at once."
        ),
    ] = 20.0,
    lake: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The lake that tokens and flows read transfers from."),
    ] = None,
    publish: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Give out the packs in this folder, to whoever may ask.  [default: none]"
        ),
    ] = None,
    metrics: MetricsPort = None,
    log_format: LogFormatOption = "text",
) -> None:
    """Answer programs over HTTP: alerts, events as they happen, cases, until Ctrl-C or SIGTERM."""
    from dashboard.outside.api.serving import Listening, serve
    from dashboard.outside.packs.shelf import Shelf, expect_folder
    from ingest.machine.logs import sayer
    from ingest.machine.signals import stop_on_signal

    listening, say = Listening(host, port, tokens, tls_cert, tls_key, rate), sayer("api", log_format)
    shelf = None if publish is None else Shelf(expect_folder(publish))
    with stop_on_signal() as stop:
        serve(chosen_store(store), str(lake or ""), listening, stop, say, metrics, shelf)


def notify(
    routes: Annotated[
        Path,
        typer.Option(envvar="UNDERTOW_ROUTES", metavar="FILE", help="TOML: channels, and what each is told."),
    ],
    store: StoreOption = None,
    once: Annotated[bool, typer.Option("--once", help="End when nothing is left to be told now.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Only read the file and what it refers to.")] = False,
    retry_dead: Annotated[bool, typer.Option("--retry-dead", help="Try again what was given up.")] = False,
    mark: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What was told, noted outside of the store; let no backup hold both.  [default: "
            "~/.local/state/undertow/told.txt]",
        ),
    ] = None,
    standby: Standby = None,
    metrics: MetricsPort = None,
    log_format: LogFormatOption = "text",
) -> None:
    """Tell people of alerts, by webhook, Slack, PagerDuty, e-mail and Apprise, until Ctrl-C or SIGTERM."""
    import time
    from contextlib import closing, nullcontext

    from dashboard.accounts.own_files import own_state
    from dashboard.filing.metrics import StoreMetrics
    from dashboard.filing.standing_by import Check, in_store_turns
    from dashboard.outside.outbox.mark import Mark
    from dashboard.outside.outbox.routes import read_routes
    from dashboard.outside.outbox.running import Notifier, run, senders
    from dashboard.store import Turn, alone, open_outbox, open_reader
    from ingest.machine.logs import sayer
    from ingest.machine.metrics import metrics as answering
    from ingest.machine.signals import stop_on_signal

    found, say, url = read_routes(routes), sayer("notify", log_format), chosen_store(store)
    channels = ", ".join(sorted(senders(found)))
    say(f"notify: {len(found.routes)} routes to {channels}")
    if check:
        return
    with stop_on_signal() as stop:

        def tell(turn: Turn, expect_turn: Check) -> None:
            with open_outbox(url, turn) as outbox:
                if retry_dead:
                    say(f"notify: {outbox.revive(int(time.time()))} messages are tried again")
                noted = Mark(mark or own_state("told.txt"), int(time.time()))
                run(Notifier(outbox, found, say, noted, check=expect_turn), stop, say, once)

        counted = StoreMetrics(lambda: open_reader(url))
        lone = alone(url, "notify") if standby is None else nullcontext()
        with lone, closing(counted), answering(metrics, counted):
            in_store_turns(url, "notify", standby, stop, say, tell)
