"""The commands of `dashboard`. Light to import: what a command needs is imported inside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.accounts import cli as accounts_cli
from dashboard.demo import cli as demo_cli
from dashboard.filing import fees_cli, moving_cli
from dashboard.filing.doctor import cli as doctor_cli
from dashboard.filing.store_option import StoreOption, chosen_store
from dashboard.outside import cli as outside_cli
from dashboard.outside.evidence import cli as evidence_cli
from dashboard.transfers.advice import cli as advice_cli
from ingest.commands.kafka_access import KafkaConfig, KafkaPlaintext, choose_access
from ingest.commands.observing import LogFormatOption, MetricsPort, OtlpOption, Standby

if TYPE_CHECKING:
    from dashboard.store import Known

_Kafka = Annotated[
    str, typer.Option("--kafka", envvar="UNDERTOW_KAFKA", metavar="HOST:PORT", help="The Kafka to read.")
]
_Chain = Annotated[
    int | None,
    typer.Option("--chain-id", envvar="UNDERTOW_CHAIN_ID", min=0, help="Only this chain.  [default: all]"),
]


def mount(app: typer.Typer) -> None:
    """Adds this package's commands to the front door."""
    app.command()(sink)
    app.command()(dashboard)
    app.command()(export)
    app.command()(status)
    checks = typer.Typer(
        help="Who did what in a store, and whether it is as it was written.", no_args_is_help=True
    )
    checks.command("verify")(audit_verify)
    app.add_typer(checks, name="audit")
    evidence_cli.mount(app)
    advice_cli.mount(app)
    doctor_cli.mount(app)
    fees_cli.mount(app)
    moving_cli.mount(app)
    outside_cli.mount(app)
    accounts_cli.mount(app)
    demo_cli.mount(app)


def sink(
    store: StoreOption = None,
    kafka: _Kafka = "127.0.0.1:9092",
    kafka_config: KafkaConfig = None,
    kafka_plaintext: KafkaPlaintext = False,
    chain_id: _Chain = None,
    until_block: Annotated[
        int | None, typer.Option(min=0, help="End once this block is filed.  [default: run on]")
    ] = None,
    keep_scores: Annotated[
        int,
        typer.Option(
            envvar="UNDERTOW_KEEP_SCORES",
            metavar="DAYS",
            min=1,
            max=100_000,
            help="Days of block time before the head for which scores are kept; alerts and cases always are.",
        ),
    ] = 90,
    canary: Annotated[
        Path | None,
        typer.Option(
            envvar="UNDERTOW_CANARY",
            metavar="FILE",
            help="Labels with canaries, as `undertow simulate --canary` writes them: silence is an alarm.",
        ),
    ] = None,
    shadow_canary: Annotated[
        bool, typer.Option("--shadow-canary", help="Listen for what `undertow canary` finds instead.")
    ] = False,
    canary_within: Annotated[
        int,
        typer.Option(
            metavar="SECONDS", min=10, max=10_000_000, help="Silence of the canary after which it is one."
        ),
    ] = 600,
    budget_cpu: Annotated[
        float | None,
        typer.Option(
            envvar="UNDERTOW_BUDGET_CPU",
            metavar="SECONDS",
            help="CPU seconds that a block may cost; beyond it forecasts are left out, never what is filed.  "
            "[default: no limit]",
        ),
    ] = None,
    standby: Standby = None,
    metrics: MetricsPort = None,
    otlp: OtlpOption = None,
    log_format: LogFormatOption = "text",
) -> None:
    """File alerts and scores from Kafka into a store, for the dashboard, until Ctrl-C or SIGTERM."""
    from contextlib import closing

    from dashboard.filing.canary import Canary
    from dashboard.filing.metrics import StoreMetrics
    from dashboard.filing.sink import Goal, run
    from dashboard.filing.standing_by import Check, in_store_turns
    from dashboard.store import Turn, open_reader, open_writer
    from ingest.machine.logs import sayer
    from ingest.machine.metrics import metrics as answering
    from ingest.machine.signals import stop_on_signal
    from ingest.machine.traces import exporting

    if canary is not None and shadow_canary:
        raise typer.BadParameter("give one of --canary and --shadow-canary: one run has one kind of canary")
    choose_access(kafka_config, kafka_plaintext)
    heard = Canary(canary, canary_within) if canary is not None or shadow_canary else None
    url, say = chosen_store(store), sayer("sink", log_format)
    goal = Goal(chain_id, until_block, keep_scores, heard, budget_cpu)
    work = "sink" if chain_id is None else f"sink of chain {chain_id}"
    with stop_on_signal() as stop:

        def file(turn: Turn, check: Check) -> None:
            with closing(open_writer(url, turn)) as writer:
                run(kafka, writer, goal, stop, say, check)

        counted = StoreMetrics(lambda: open_reader(url))
        with closing(counted), answering(metrics, counted), exporting(otlp, say):
            in_store_turns(url, work, standby, stop, say, file)


def dashboard(
    store: StoreOption = None,
    port: Annotated[
        int, typer.Option(envvar="UNDERTOW_DASHBOARD_PORT", min=1, max=65535, help="Port of that address.")
    ] = 8501,
    address: Annotated[
        str, typer.Option(help="Address to listen on; any but this machine's own asks people to sign in.")
    ] = "127.0.0.1",
    users: Annotated[
        Path | None,
        typer.Option(
            envvar="UNDERTOW_USERS",
            metavar="FILE",
            help="Who may sign in.  [default: ~/.undertow/users.json, where it is there]",
        ),
    ] = None,
    secrets: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="TOML with [auth]: a provider of OpenID Connect to sign in at."),
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(metavar="FILE", help="Certificate, for HTTPS.")] = None,
    tls_key: Annotated[Path | None, typer.Option(metavar="FILE", help="Its key.")] = None,
    host_name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What people call this machine in their browser.  [default: the address, or its own name]",
        ),
    ] = None,
    lake: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The lake that wallets, tokens and flows read transfers from."),
    ] = None,
    evaluation: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What `undertow evaluate --json` wrote, for the screen Truth."),
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(
            envvar="UNDERTOW_RULES",
            metavar="DIR",
            help="The folder of an analyst's rules, for the screen Rules, which writes them.",
        ),
    ] = None,
    budget_cpu: Annotated[
        float | None,
        typer.Option(
            envvar="UNDERTOW_BUDGET_CPU",
            metavar="SECONDS",
            help="CPU seconds of this server that a filed block may cost; beyond it pictures of flows are "
            "drawn when asked for only.  [default: no limit]",
        ),
    ] = None,
) -> None:
    """Show the alerts of a store in the browser, until Ctrl-C or SIGTERM."""
    from dashboard import launch
    from dashboard.accounts.access import Access, check
    from dashboard.accounts.cli import own_users
    from ingest.machine.signals import stop_on_signal

    known = users or (own_users() if own_users().exists() else None)
    access = Access(address, known, secrets, tls_cert, tls_key, host_name)
    said = check(access)
    with stop_on_signal() as stop:
        sources = launch.Sources(lake, evaluation, rules)
        child = launch.start(
            chosen_store(store), port, access=access, sources=sources, budget_cpu_s=budget_cpu
        )
        for line in said:
            typer.echo(f"dashboard: {line}")
        typer.echo(f"dashboard: {launch.url(port, access)}")
        launch.watch(child, stop)


def export(
    alerts: Annotated[Path, typer.Option(metavar="FILE", help="Where to write; replaced as a whole.")],
    kafka: Annotated[str | None, typer.Option(metavar="HOST:PORT", help="Read it from this Kafka.")] = None,
    kafka_config: KafkaConfig = None,
    kafka_plaintext: KafkaPlaintext = False,
    store: Annotated[str | None, typer.Option(metavar="URL", help="Read it from this store.")] = None,
    csv: Annotated[
        bool, typer.Option("--csv", help="Write CSV for a spreadsheet instead of JSON lines.")
    ] = False,
    stix: Annotated[
        bool, typer.Option("--stix", help="Write a bundle of STIX 2.1 instead: wallets and indicators.")
    ] = False,
    forta: Annotated[
        bool,
        typer.Option("--forta", help="Write findings in the shape of Forta's alerts instead, one a line."),
    ] = False,
    chain_id: _Chain = None,
) -> None:
    """Write the book: every alert that stands, as it stands at the head, from Kafka or from a store."""
    from dashboard.filing import export as book

    if (kafka is None) == (store is None):
        raise typer.BadParameter("give one of --kafka and --store: the book is the same from either")
    if csv + stix + forta > 1:
        raise typer.BadParameter("give one of --csv, --stix and --forta: each writes the whole file")
    choose_access(kafka_config, kafka_plaintext)
    chains = book.from_store(store, chain_id) if store else book.from_kafka(str(kafka), chain_id)
    if stix or forta:
        from dashboard.outside.forms import forta as findings
        from dashboard.outside.forms import stix as bundles

        standing = book.standing(chains)
        book.write_whole(alerts, bundles.bundle(standing) if stix else findings.findings(standing))
    else:
        book.write_whole(alerts, book.table(chains) if csv else book.lines(chains))
    for chain in chains:
        for bad in chain.unreadable:
            typer.echo(f"chain {book.shown(chain)}: left out {bad}", err=True)
        if chain.head is not None:
            count = len(chain.book())
            counted = "1 alert" if count == 1 else f"{count} alerts"
            typer.echo(f"chain {chain.chain_id}: {counted} at head {chain.head}, written to {alerts}")


def status(
    kafka: Annotated[
        str | None, typer.Option(envvar="UNDERTOW_KAFKA", metavar="HOST:PORT", help="The Kafka to ask.")
    ] = None,
    kafka_config: KafkaConfig = None,
    kafka_plaintext: KafkaPlaintext = False,
    store: Annotated[
        str | None, typer.Option(envvar="UNDERTOW_STORE", metavar="URL", help="The store to ask.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
    chain_id: Annotated[
        int | None, typer.Option("--chain-id", min=0, help="Only this chain.  [default: all]")
    ] = None,
) -> None:
    """Say how far each chain has come, how far detection is behind, what is filed, what detectors run."""
    import json

    from dashboard.filing import status as standing

    choose_access(kafka_config, kafka_plaintext)
    found = standing.gather(kafka, store, chain_id)
    typer.echo(json.dumps(found.to_dict(), sort_keys=True) if as_json else standing.text(found))


def audit_verify(
    store: StoreOption = None,
    known: Annotated[
        str | None,
        typer.Option(metavar="NUMBER:HASH", help="A row that was noted before: it must still be there."),
    ] = None,
    rpc: Annotated[
        str | None, typer.Option(metavar="URL", help="A node of the chain that its head is anchored on.")
    ] = None,
    contract: Annotated[
        str | None,
        typer.Option("--contract", envvar="UNDERTOW_ANCHOR", metavar="ADDRESS", help="The contract."),
    ] = None,
) -> None:
    """Say whether every row of who did what is as it was written, and name the first that is not."""
    from contextlib import closing

    from dashboard.outside.anchoring.audits import anchored_heads
    from dashboard.store import open_reader

    if (rpc is None) != (contract is None):
        raise typer.BadParameter("give --rpc and --contract together")
    noted = [] if known is None else [_noted(known)]
    if rpc is not None and contract is not None:
        noted += anchored_heads(rpc, contract)
    with closing(open_reader(chosen_store(store))) as reader:
        found = reader.cases.checked(*noted)
    rows = "1 row" if found.rows == 1 else f"{found.rows} rows"
    typer.echo(f"audit: {rows}, each as it was written; nothing was removed")
    if rpc is not None:
        last = max((each.number for each in noted), default=0)
        typer.echo(f"anchored: up to row {last}, by {len(noted) - (known is not None)} heads on the chain")
    typer.echo(f"note the last one outside of this store: --known {found.rows}:{found.hash}")


def _noted(text: str) -> Known:
    from dashboard.store import Known

    number, _, digest = text.partition(":")
    is_hash = len(digest) == 64 and not set(digest) - set("0123456789abcdef")
    if not (number.isascii() and number.isdecimal() and len(number) < 19 and is_hash):
        raise typer.BadParameter(f"{text!r} is no row: give NUMBER:HASH", param_hint="--known")
    return Known(int(number), digest)
