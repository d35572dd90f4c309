"""The commands of `detectors`. Light to import: what a command needs is imported inside it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from detectors.alerts.alert import DEFAULT_FINALITY
from detectors.commands.canary_cli import canary
from detectors.commands.each_chain import detect_each
from detectors.commands.evaluate_cli import evaluate
from detectors.commands.train_cli import train
from ingest.commands.budgeting import PendingBudget, expect_optional_work
from ingest.commands.kafka_access import KafkaConfig, KafkaPlaintext, choose_access
from ingest.commands.observing import LogFormatOption, MetricsPort, OtlpOption, Standby

if TYPE_CHECKING:
    from detectors.base import Detector
    from detectors.engine.settings import EngineSettings
    from detectors.runs.over_lake import Judged, LakeRun
    from ingest.machine.logs import LogFormat
    from ingest.machine.progress import Progress

DEFAULT_KAFKA = "127.0.0.1:9092"


def mount(app: typer.Typer) -> None:
    """Adds this package's commands to the front door."""
    app.command("detect")(detect)
    app.command("evaluate")(evaluate)
    app.command("train")(train)
    app.command("canary")(canary)
    app.command("settings")(settings)
    app.command()(setup)


_Kafka = Annotated[
    str,
    typer.Option(
        "--kafka",
        envvar="UNDERTOW_KAFKA",
        metavar="HOST:PORT",
        help="Live: the broker to read blocks from and send alerts to.",
    ),
]
_ChainIds = Annotated[
    list[int] | None,
    typer.Option(
        "--chain-id",
        envvar="UNDERTOW_CHAIN_ID",
        min=0,
        help="The chain to judge. Live: may be given several times, each chain gets a process of its own. In "
        "batch: needed where the lake holds several.",
    ),
]
_State = Annotated[
    Path | None,
    typer.Option(
        "--state",
        envvar="UNDERTOW_STATE",
        metavar="DIR",
        help="Where the checkpoint is kept: live, and in batch with --ray, where none is kept without it.  "
        "[default: ~/.undertow/detect]",
    ),
]
_Until = Annotated[
    int | None, typer.Option("--until-block", help="Live: end once this block is judged and sent.")
]
_Rebuild = Annotated[
    bool,
    typer.Option(
        "--rebuild",
        help="Live: forget the checkpoint, judge the whole log anew (with --lake also what it no longer "
        "holds), send only what differs from before.",
    ),
]
_Lake = Annotated[
    Path | None,
    typer.Option(
        "--lake",
        envvar="UNDERTOW_LAKE",
        metavar="DIR",
        help="Batch: the lake to judge, instead of --kafka. Live, with --rebuild: the lake that holds what "
        "lies below the log.",
    ),
]
_Alerts = Annotated[
    Path | None, typer.Option("--alerts", metavar="FILE", help="Batch: where the book of alerts is written.")
]
_From = Annotated[
    int | None, typer.Option("--from-block", help="Batch: first block; default: the lake's first.")
]
_To = Annotated[int | None, typer.Option("--to-block", help="Batch: last block; default: the lake's last.")]
_AllowGaps = Annotated[
    bool,
    typer.Option(
        "--allow-gaps",
        help="Where blocks are missing, begin anew with empty memory instead of ending: in batch, and live "
        "with --rebuild.",
    ),
]
_Scores = Annotated[
    Path | None, typer.Option("--scores", metavar="FILE", help="Batch: also write all scores, as Parquet.")
]
_Tier = Annotated[
    Literal["transfers", "logs", "receipts", "traces", "code"] | None,
    typer.Option(
        "--tier",
        help="Batch: judge as if the lake held no more than this: what a tier is worth.  [default: all]",
    ),
]
_Ray = Annotated[
    str | None,
    typer.Option(
        "--ray",
        envvar="UNDERTOW_RAY",
        metavar="ADDRESS",
        help="Batch: have pieces of the lake scored by Ray: `local` starts one here, HOST:PORT is the head "
        "of a running one; needs undertow[ray].",
    ),
]
_Finality = Annotated[
    int,
    typer.Option(
        "--finality",
        envvar="UNDERTOW_FINALITY",
        min=1,
        max=2**31 - 1,
        help="Blocks on top of a block before it is final.",
    ),
]

_NativeSymbol = Annotated[
    str | None,
    typer.Option(
        "--native-symbol",
        envvar="UNDERTOW_NATIVE_SYMBOL",
        metavar="SYMBOL",
        help="What alerts call the chain's native coin.  [default: as the chain id is known to call it]",
    ),
]
_Models = Annotated[
    Path | None,
    typer.Option(
        "--models",
        envvar="UNDERTOW_MODELS",
        metavar="DIR",
        help="A folder of models of `undertow train`: each adds its score to the scores, and alerts on "
        "nothing.",
    ),
]
_Pending = Annotated[
    bool,
    typer.Option(
        "--pending",
        help="Live: judge what waits to be mined (`undertow ingest --mempool`) into fraud.pending, with "
        "state of its own; never into the book.",
    ),
]


_Settings = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        envvar="UNDERTOW_SETTINGS",
        metavar="FILE",
        help="TOML with other settings of detectors, as `undertow settings` prints them; live, in force from "
        "--rebuild on.",
    ),
]


_Rules = Annotated[
    Path | None,
    typer.Option(
        "--rules",
        envvar="UNDERTOW_RULES",
        metavar="DIR",
        help="A folder of an analyst's rules (*.rule), each a detector of its own; live, in force from "
        "--rebuild on.",
    ),
]


def settings(chosen: _Settings = None) -> None:
    """Print the settings of all detectors as TOML: of a file, or as they are; to be cut down and changed."""
    from detectors.engine.chosen import as_toml, judges

    for line in as_toml(judges(None, chosen)):
        typer.echo(line)


def setup(
    browser: Annotated[
        bool, typer.Option("--browser", help="Also a Chromium, which only the tests need.")
    ] = False,
) -> None:
    """Install what Python lacks (Kafka, anvil, contract packages) under ~/.undertow, without root, once.

    A second run changes nothing and ends at once. UNDERTOW_HOME names another folder.
    """
    from detectors.runs.kernel_setup import compiling_kernels
    from ingest.machine.setup import ensure

    with compiling_kernels(typer.echo):
        ensure(typer.echo, browser=browser)


def detect(
    context: typer.Context,
    kafka: _Kafka = DEFAULT_KAFKA,
    kafka_config: KafkaConfig = None,
    kafka_plaintext: KafkaPlaintext = False,
    chain_id: _ChainIds = None,
    state: _State = None,
    until_block: _Until = None,
    rebuild: _Rebuild = False,
    lake: _Lake = None,
    alerts: _Alerts = None,
    from_block: _From = None,
    to_block: _To = None,
    allow_gaps: _AllowGaps = False,
    scores: _Scores = None,
    tier: _Tier = None,
    finality: _Finality = DEFAULT_FINALITY,
    native_symbol: _NativeSymbol = None,
    models: _Models = None,
    chosen: _Settings = None,
    rules: _Rules = None,
    standby: Standby = None,
    ray: _Ray = None,
    pending: _Pending = False,
    budget_cpu: PendingBudget = None,
    metrics: MetricsPort = None,
    otlp: OtlpOption = None,
    log_format: LogFormatOption = "text",
) -> None:
    """Judge blocks: live from Kafka (--chain-id) or in batch from a lake (--lake, --alerts). Same code, same
    alerts.
    """
    from detectors.engine.chosen import judges as judging
    from detectors.engine.settings import EngineSettings
    from ingest.machine.signals import collect_seldom

    collect_seldom()
    choose_access(kafka_config, kafka_plaintext)
    chains = list(dict.fromkeys(chain_id or ()))
    own = EngineSettings(finality=finality, native_symbol=_symbol(native_symbol), tier=tier)
    _expect_a_use_of_lake(context, alerts is not None, rebuild)
    expect_optional_work(context, "--pending", pending)
    if pending:
        _expect_only_pending(chains, alerts, rebuild or standby is not None, tier)
    if rebuild and standby is not None:
        raise typer.BadParameter(
            "a rebuild begins at once: give it without --standby, and start the pair when it is done",
            param_hint="--rebuild",
        )
    if len(chains) > 1:
        if alerts is not None or tier is not None:
            raise typer.BadParameter(
                "a book is of one chain: in batch, run detect for each", param_hint="--chain-id"
            )
        detect_each(context, chains, rebuild, metrics, log_format)
    elif lake is not None and alerts is not None:
        judges = judging(models, chosen, rules)
        by = None if ray is None else (ray, state)
        chain, blocks = next(iter(chains), None), (from_block, to_block)
        _detect_lake(lake, chain, alerts, blocks, allow_gaps, scores, own, judges, by)
    elif ray is not None and _was_given(context, "ray"):
        raise typer.BadParameter(
            "give --lake and --alerts with it: a live run is one process", param_hint="--ray"
        )
    elif tier is not None:
        raise typer.BadParameter(
            "give --lake and --alerts with it: live, all that comes is read", param_hint="--tier"
        )
    elif chains and alerts is None:
        with _observed(metrics, otlp, log_format) as say:
            anew = rebuild, lake, allow_gaps
            judges = judging(models, chosen, rules)
            if pending:
                _detect_pending(kafka, chains[0], state, until_block, own, judges, say, budget_cpu)
                return
            _detect_live(kafka, chains[0], state, until_block, anew, own, judges, say, standby)
    else:
        raise typer.BadParameter("give --chain-id (live, with --kafka), or --lake and --alerts (batch)")


def _was_given(context: typer.Context, option: str) -> bool:
    """On the command line, not by a variable that may be set for other commands."""
    source = context.get_parameter_source(option)
    return source is not None and source.name == "COMMANDLINE"


def _expect_a_use_of_lake(context: typer.Context, batch: bool, rebuild: bool) -> None:
    """A live run reads the log; UNDERTOW_LAKE may be set for other commands."""
    if _was_given(context, "lake") and not (batch or rebuild):
        raise typer.BadParameter(
            "a live run reads the log alone: give --lake and --alerts (batch), or --lake and --rebuild",
            param_hint="--lake",
        )
    if batch and rebuild:
        raise typer.BadParameter(
            "--alerts writes what a lake holds, --rebuild mends what was sent to Kafka: give one of them",
            param_hint="--rebuild",
        )


def _expect_only_pending(chains: Sequence[int], alerts: Path | None, of_book: bool, tier: str | None) -> None:
    """`of_book`: an option that only who writes the book has."""
    if not chains or alerts is not None or of_book or tier is not None:
        raise typer.BadParameter(
            "what waits is judged live, from --kafka and --chain-id, without --alerts, --rebuild, --standby "
            "or --tier",
            param_hint="--pending",
        )


def _symbol(text: str | None) -> str | None:
    """A coin's symbol as people write one. It goes into every alert: nothing else does through this flag."""
    if text is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,15}", text):
        raise typer.BadParameter(
            f"{text[:40]!a} is no symbol of a coin: give 1 to 16 of A-Z, a-z, 0-9, and `.`, `_`, `-` after",
            param_hint="--native-symbol",
        )
    return text


def _detect_live(
    kafka: str,
    chain_id: int,
    state: Path | None,
    until: int | None,
    anew: tuple[bool, Path | None, bool],
    settings: EngineSettings,
    judges: Sequence[Detector],
    say: Callable[[str], None],
    standby_s: float | None,
) -> None:
    from detectors.runs.live import Live
    from ingest.machine.signals import stop_on_signal
    from ingest.machine.tools import home

    with stop_on_signal() as stop:
        folder = state or home() / "detect"
        rebuild, lake, allow_gaps = anew
        live = Live(kafka, chain_id, judges, folder, settings, say, lake, allow_gaps, standby_s=standby_s)
        live.run(stop, until, rebuild)


def _detect_pending(
    kafka: str,
    chain_id: int,
    state: Path | None,
    until: int | None,
    settings: EngineSettings,
    judges: Sequence[Detector],
    say: Callable[[str], None],
    budget_cpu: float | None,
) -> None:
    from detectors.runs.pending.run import PendingRun
    from ingest.machine.signals import stop_on_signal
    from ingest.machine.tools import home
    from ingest.model.budget import Budget

    budget = Budget(budget_cpu, say=lambda line: say(f"detect --pending: {line}"))
    with stop_on_signal() as stop:
        folder = (state or home() / "detect") / "pending"
        PendingRun(kafka, chain_id, judges, folder, settings, say, budget).run(stop, until)


@contextmanager
def _observed(port: int | None, otlp: str | None, log_format: LogFormat) -> Iterator[Callable[[str], None]]:
    """How a live run says what it does, while it answers for its metrics."""
    from ingest.machine.logs import sayer
    from ingest.machine.metrics import metrics
    from ingest.machine.traces import exporting

    say = sayer("detect", log_format, sys.stderr)
    with metrics(port), exporting(otlp, say):
        yield say


def _detect_lake(
    lake: Path,
    chain_id: int | None,
    alerts: Path,
    blocks: tuple[int | None, int | None],
    allow_gaps: bool,
    scores: Path | None,
    settings: EngineSettings,
    judges: Sequence[Detector],
    by: tuple[str, Path | None] | None,
) -> None:
    from detectors.runs.over_lake import LakeRun, write_book, write_scores
    from ingest.lake.reading import Lake
    from ingest.machine.progress import ProgressLine

    opened = Lake.open(lake)
    run = LakeRun(
        opened,
        opened.chain_id() if chain_id is None else chain_id,
        judges,
        settings,
        allow_gaps,
        keep_scores=scores is not None,
    )
    judged = _judged(run, blocks, by, ProgressLine(sys.stderr).show)
    written = write_book(alerts, judged, settings.finality)
    if scores is not None:
        write_scores(scores, judged)
    for name, off in judged.off.items():
        print(
            f"detect: {off.told(name)}: the others went on; report this, and judge the lake again once it "
            "is mended",
            file=sys.stderr,
        )
    left_out = f"; {judged.scores_left_out} scores left out, beyond the cap of a block"
    full = ", ".join(f"{name} {times} times" for name, times in judged.forgot_early.items())
    gaps = f", begun anew after {judged.gaps} gaps" if judged.gaps else ""
    print(
        f"{written} alerts up to block {judged.head} of chain {judged.chain_id} in {alerts}{gaps}"
        f"{left_out if judged.scores_left_out else ''}"
        f"{f'; tables that were full forgot their oldest rows early: {full}' if full else ''}",
        file=sys.stderr,
    )


def _judged(
    run: LakeRun,
    blocks: tuple[int | None, int | None],
    by: tuple[str, Path | None] | None,
    report: Callable[[Progress], None],
) -> Judged:
    """`by`: the address of a Ray, and a folder of state."""
    if by is None:
        return run.run(*blocks, report)
    from detectors.runs.distributed.run import judged, order_of

    address, state = by
    return judged(address, os.cpu_count() or 1, order_of(run, *blocks, state), report)
