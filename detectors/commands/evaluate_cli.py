"""The command `evaluate`. Light to import, like `detectors.commands.cli`, which mounts it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from detectors.alerts.alert import Alert
    from detectors.evaluate.labels import Labels
    from detectors.evaluate.report import Report
    from detectors.evaluate.survey import Survey
    from detectors.evaluate.worlds import World

_Alerts = Annotated[
    list[Path] | None,
    typer.Option(
        "--alerts",
        metavar="FILE",
        help="The book of alerts to judge. May be repeated, and with it --labels (and --lake, --scores) in "
        "the same order: each world is judged by itself, and all are added up.",
    ),
]
_Labels = Annotated[
    list[Path] | None,
    typer.Option("--labels", metavar="FILE", help="What really happened, as `undertow simulate` writes it."),
]
_Lake = Annotated[
    list[Path] | None,
    typer.Option(
        "--lake",
        envvar="UNDERTOW_LAKE",
        metavar="DIR",
        help="The lake judged: for alerts per 10,000 honest transactions, and for the naive baselines.",
    ),
]
_Json = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Also write it as JSON.")]
_Html = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", help="Also write it as one page with pictures, for a browser."),
]
_Scores = Annotated[
    list[Path] | None,
    typer.Option(
        "--scores",
        metavar="FILE",
        help="What `detect --scores` wrote: whether scores mean what they say, and how close misses were.",
    ),
]
_Baselines = Annotated[
    bool,
    typer.Option(
        "--baselines/--no-baselines", help="Judge the naive baselines over the lake too, in the same table."
    ),
]
_Recorded = Annotated[
    Path | None,
    typer.Option(
        "--recorded",
        metavar="DIR",
        help="Instead of --alerts and --labels: judge the detectors by recorded chain data with answers, "
        "in the folders mainnet_mev, exploits and poisoning of DIR.",
    ),
]


def evaluate(
    alerts: _Alerts = None,
    labels: _Labels = None,
    lake: _Lake = None,
    json_file: _Json = None,
    html_file: _Html = None,
    scores: _Scores = None,
    baselines: _Baselines = True,
    recorded: _Recorded = None,
) -> None:
    """Hold books of alerts against labels, or the detectors against recorded chain data."""
    if recorded is not None and not (alerts or labels or html_file or scores):
        _by_recordings(recorded, json_file)
    elif recorded is None and alerts and labels:
        report = _by_labels(alerts, labels, lake or [], scores or [], baselines)
        _show(report, json_file, html_file)
    else:
        raise typer.BadParameter("give --alerts and --labels, or --recorded alone (or with --json)")


def _by_labels(
    alerts: list[Path], labels: list[Path], lakes: list[Path], scores: list[Path], baselines: bool
) -> Report:
    from detectors.evaluate.categories import built
    from detectors.evaluate.report import evaluate_worlds
    from detectors.registry import detectors

    for option, given in (("--labels", labels), ("--lake", lakes), ("--scores", scores)):
        if given and len(given) != len(alerts):
            raise typer.BadParameter(
                f"give {option} once for each --alerts, in the same order: there are {len(given)} for "
                f"{len(alerts)}"
            )
    nothing: list[None] = [None] * len(alerts)
    worlds = [
        _world(*files, baselines)
        for files in zip(alerts, labels, lakes or nothing, scores or nothing, strict=True)
    ]
    return evaluate_worlds(worlds, built(detectors()))


def _world(alerts: Path, labels: Path, lake: Path | None, scores: Path | None, baselines: bool) -> World:
    """One world, read from its files."""
    from detectors.evaluate import load_book, load_labels
    from detectors.evaluate.calibration import load_scores
    from detectors.evaluate.worlds import World

    truth = load_labels(labels)
    book = load_book(alerts)
    scored = None if scores is None else load_scores(scores, truth.chain_id)
    seen, naive = (None, None) if lake is None else _from_lake(lake, truth, baselines)
    return World(book, truth, seen, naive, scored)


def _from_lake(path: Path, labels: Labels, baselines: bool) -> tuple[Survey, dict[str, list[Alert]] | None]:
    """What the lake holds, and what the naive baselines make of it, where they are asked for."""
    from detectors.evaluate.baselines import MOST_TRANSACTIONS, baseline_books
    from detectors.evaluate.survey import survey
    from ingest.lake.reading import Lake
    from ingest.machine.progress import ProgressLine

    lake = Lake.open(path)
    seen = survey(lake, labels)
    if not baselines:
        return seen, None
    if seen.transactions > MOST_TRANSACTIONS:
        typer.echo(
            f"the naive baselines are left out: the lake holds {seen.transactions} transactions, "
            f"and they keep an alert for each, up to {MOST_TRANSACTIONS}",
            err=True,
        )
        return seen, None
    return seen, baseline_books(lake, labels.chain_id, seen, ProgressLine(sys.stderr).show)


def _show(report: Report, json_file: Path | None, html_file: Path | None) -> None:
    from detectors.evaluate.html_report import page
    from detectors.evaluate.text_table import table
    from detectors.runs.over_lake import write_lines

    typer.echo("\n".join(table(report)))
    if json_file is not None:
        write_lines(json_file, [json.dumps(report.to_dict(), sort_keys=True)])
    if html_file is not None:
        write_lines(html_file, [page(report)])


def _by_recordings(folder: Path, json_file: Path | None) -> None:
    from detectors.evaluate.recorded import judge_recorded
    from detectors.registry import detectors
    from detectors.runs.over_lake import write_lines

    report = judge_recorded(folder, detectors())
    typer.echo("\n".join(report.lines()))
    if json_file is not None:
        write_lines(json_file, [json.dumps(report.to_dict(), sort_keys=True)])
