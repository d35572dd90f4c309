"""The commands that bring a chain in: `ingest` (live, into Kafka) and `backfill` (history, into the lake)."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ingest.commands.budgeting import PendingBudget, expect_optional_work
from ingest.commands.kafka_access import KafkaConfig, KafkaPlaintext, choose_access
from ingest.commands.observing import LogFormatOption, MetricsPort, OtlpOption, Standby
from ingest.lake import RANGE_BLOCKS

if TYPE_CHECKING:
    from threading import Event

    from ingest.live.follower import Say
    from ingest.live.mempool.picture import Mempool
    from ingest.live.mempool.spending import Spending
    from ingest.live.wiring import FollowSettings, Start
    from ingest.model.health import Vitals

Verify = Literal["strict", "warn", "off"]

Rpc = Annotated[
    str,
    typer.Option(
        "--rpc",
        envvar="UNDERTOW_RPC",
        metavar="URL[,URL…]",
        help="The node to read: an http(s) or ws(s) URL, or the path of an .ipc socket; further ones, after "
        "commas, take over when it fails.",
    ),
]
VerifyOption = Annotated[
    Verify,
    typer.Option(
        envvar="UNDERTOW_VERIFY",
        help="What becomes of a block that cannot be proved: wait before it, mark it, or do not look.",
    ),
]
ChainId = Annotated[
    int | None,
    typer.Option(min=1, help="Refuse a node that serves another chain.  [default: the chain it serves]"),
]

Facts = Annotated[
    Path | None,
    typer.Option(
        envvar="UNDERTOW_FACTS",
        metavar="DIR",
        help="Folder of lists (sanctions*, ofac*, phishing*, forta*, allow*, mixer*, exchange*, bridge*; "
        ".txt or .csv) to tell as facts; a file that changes is told again.",
    ),
]
Traces = Annotated[bool, typer.Option("--traces", help="Also read the calls inside transactions.")]

CheckSenders = Annotated[
    bool,
    typer.Option(
        "--check-senders",
        envvar="UNDERTOW_CHECK_SENDERS",
        help="Also hold each transaction's hash and sender against its signature; takes longer than the "
        "proof.",
    ),
]
WrappedNative = Annotated[
    list[str] | None,
    typer.Option(
        "--wrapped-native",
        envvar="UNDERTOW_WRAPPED_NATIVE",
        metavar="ADDRESS[,ADDRESS…]",
        help="A contract that wraps the chain's native coin, beside those known by chain id or by code: its "
        "Deposit and Withdrawal move tokens, in the blocks that are read from now on.",
    ),
]
BridgeFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--bridge",
        metavar="FILE",
        help="A bridge to another chain (TOML or JSON, see the README of ingest): what crosses it is told as "
        "facts, of the other chain once it is final there. May be given several times.",
    ),
]
Kafka = Annotated[
    str, typer.Option(envvar="UNDERTOW_KAFKA", metavar="HOST:PORT", help="The broker to publish to.")
]
MempoolOption = Annotated[
    bool,
    typer.Option(
        "--mempool",
        help="Also simulate what waits at the node as one block that does not exist, into chain.pending: for "
        "`undertow detect --pending`.",
    ),
]
FirstBlock = Annotated[
    str,
    typer.Option(
        metavar="N|earliest|latest",
        help="First block to read. Counts only where Kafka holds nothing of the chain yet.",
    ),
]
Archive = Annotated[Path | None, typer.Option(help="Also keep final blocks in this lake.")]
LakeEvery = Annotated[
    int,
    typer.Option(
        min=1,
        max=RANGE_BLOCKS,
        help="Blocks that go to the lake at once; fewer come sooner, in more files. A divisor of 1000.",
    ),
]
UntilBlock = Annotated[
    int | None, typer.Option(min=0, help="End once this block is published.  [default: never]")
]
PollMs = Annotated[
    int,
    typer.Option(envvar="UNDERTOW_POLL_MS", min=1, help="Pause between questions at the head, milliseconds."),
]
Confirmations = Annotated[
    int,
    typer.Option(
        envvar="UNDERTOW_CONFIRMATIONS",
        min=0,
        help="Blocks that must lie on top of a block before it is published.",
    ),
]
Quorum = Annotated[
    int,
    typer.Option(
        envvar="UNDERTOW_QUORUM", min=1, help="Nodes that must hold a block before it is published."
    ),
]
RayOption = Annotated[
    str | None,
    typer.Option(
        "--ray",
        envvar="UNDERTOW_RAY",
        metavar="ADDRESS",
        help="Have ranges read by Ray: `local` starts one here, HOST:PORT is the head of a running one; "
        "needs undertow[ray].",
    ),
]
NodeDeadline = Annotated[
    float,
    typer.Option(envvar="UNDERTOW_NODE_DEADLINE", min=0.1, help="Seconds that a node has for one answer."),
]


def mount(app: typer.Typer) -> None:
    """Adds the commands to the front door."""
    app.command("ingest")(ingest)
    app.command("backfill")(backfill)


def ingest(
    context: typer.Context,
    rpc: Rpc,
    kafka: Kafka = "127.0.0.1:9092",
    kafka_config: KafkaConfig = None,
    kafka_plaintext: KafkaPlaintext = False,
    start: FirstBlock = "latest",
    verify: VerifyOption = "strict",
    lake: Archive = None,
    lake_every: LakeEvery = RANGE_BLOCKS,
    until_block: UntilBlock = None,
    chain_id: ChainId = None,
    poll_ms: PollMs = 50,
    confirmations: Confirmations = 0,
    quorum: Quorum = 1,
    node_deadline: NodeDeadline = 30.0,
    facts: Facts = None,
    traces: Traces = False,
    check_senders: CheckSenders = False,
    wrapped_native: WrappedNative = None,
    bridge: BridgeFiles = None,
    standby: Standby = None,
    mempool: MempoolOption = False,
    budget_cpu: PendingBudget = None,
    metrics: MetricsPort = None,
    otlp: OtlpOption = None,
    log_format: LogFormatOption = "text",
) -> None:
    """Follow a node's chain, block by block and proved, into Kafka, until Ctrl-C or SIGTERM."""
    from ingest.facts.bridge_files import read_bridges
    from ingest.facts.wrapped import read_addresses
    from ingest.live.wiring import FollowSettings, follow
    from ingest.machine.logs import sayer
    from ingest.machine.metrics import metrics as answering
    from ingest.machine.signals import collect_seldom, stop_on_signal
    from ingest.machine.traces import exporting
    from ingest.model.health import Vitals
    from ingest.nodes import Limits

    expect_optional_work(context, "--mempool", mempool)
    if mempool and standby is not None:
        raise typer.BadParameter(
            "who stands by would show what waits in the place of who works: give --mempool without "
            "--standby, to an `undertow ingest` that has no pair",
            param_hint="--mempool",
        )
    choose_access(kafka_config, kafka_plaintext)
    settings = FollowSettings(
        _start(start), verify, until_block, poll_ms / 1000, confirmations, quorum, Limits(node_deadline),
        traces, facts, check_senders=check_senders,
        wrapped=read_addresses(wrapped_native or (), "--wrapped-native"),
        bridges=read_bridges(tuple(bridge or ())), lake_every=_divisor(lake_every),
        standby_s=standby,
    )  # fmt: skip
    collect_seldom()
    say, vitals = sayer("ingest", log_format, sys.stderr), Vitals()
    spending = _spending(budget_cpu, vitals, say)
    pool = _pool(rpc, chain_id, settings, say) if mempool else None
    with stop_on_signal() as stop, answering(metrics), exporting(otlp, say):
        beside = nullcontext() if pool is None else _watched(pool, kafka, stop, say, spending)
        with beside:
            follow(rpc, kafka, chain_id, settings, lake, stop, say, vitals)


def _spending(budget_cpu: float | None, vitals: Vitals, say: Say) -> Spending:
    from ingest.live.mempool.spending import Spending
    from ingest.model.budget import Budget

    return Spending(Budget(budget_cpu, say=lambda line: say(f"mempool: {line}")), vitals)


def _pool(rpc: str, chain_id: int | None, settings: FollowSettings, say: Say) -> Mempool:
    from ingest.live.mempool.picture import opened
    from ingest.localchain.chain.chain import private_fork

    return opened(rpc, chain_id, settings.traces, settings.wrapped, private_fork, say)


def _watched(
    pool: Mempool, kafka: str, stop: Event, say: Say, spending: Spending
) -> AbstractContextManager[None]:
    """Of a Kafka that this user may write pending transactions to."""
    from ingest.kafka import Cluster
    from ingest.live.mempool.watching import watched

    Cluster(kafka).expect_rights("mempool")
    return watched(pool, kafka, stop, say, spending)


def backfill(
    rpc: Rpc,
    from_block: Annotated[int, typer.Option(min=0, help="First block.")],
    to_block: Annotated[int, typer.Option(min=0, help="Last block, included.")],
    lake: Annotated[Path, typer.Option(help="Folder of the lake; made where it is missing.")],
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Processes, each with a range of 1,000 blocks at a time.")
    ] = 4,
    verify: VerifyOption = "strict",
    allow_unfinalised: Annotated[
        bool,
        typer.Option(
            "--allow-unfinalised",
            help="Also read blocks that may still be replaced; implied where none ever is (as on anvil).",
        ),
    ] = False,
    chain_id: ChainId = None,
    facts: Facts = None,
    traces: Traces = False,
    check_senders: CheckSenders = False,
    wrapped_native: WrappedNative = None,
    bridge: BridgeFiles = None,
    ray: RayOption = None,
) -> None:
    """Copy history from a node, proved, into a lake of Parquet files; run again, it goes on."""
    from ingest.facts.bridge_files import read_bridges
    from ingest.facts.wrapped import read_addresses
    from ingest.lake.backfill import BackfillSettings
    from ingest.lake.backfill import backfill as run
    from ingest.machine.progress import ProgressLine
    from ingest.machine.signals import collect_seldom, stop_on_signal

    if from_block > to_block:
        raise typer.BadParameter(f"--from-block {from_block} is above --to-block {to_block}")
    wrapped = read_addresses(wrapped_native or (), "--wrapped-native")
    settings = BackfillSettings(
        from_block, to_block, workers, verify, allow_unfinalised, traces, facts, check_senders, wrapped,
        read_bridges(tuple(bridge or ())), ray,
    )  # fmt: skip
    collect_seldom()
    with stop_on_signal() as stop:
        run(rpc, chain_id, settings, lake, stop, _say, ProgressLine(sys.stderr).show)


def _start(text: str) -> Start:
    names: dict[str, Start] = {"earliest": "earliest", "latest": "latest"}
    if text in names:
        return names[text]
    if not text.isdecimal():
        raise typer.BadParameter(
            f"{text!r} is no block number, nor `earliest`, nor `latest`", param_hint="--start"
        )
    return int(text)


def _divisor(blocks: int) -> int:
    """So that no range goes over the end of another."""
    if RANGE_BLOCKS % blocks:
        raise typer.BadParameter(
            f"{blocks} does not divide {RANGE_BLOCKS}: choose one that does, such as 20, 50 or 250",
            param_hint="--lake-every",
        )
    return blocks


def _say(line: str) -> None:
    typer.echo(line, err=True)
