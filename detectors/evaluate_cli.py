"""The command `evaluate`. Light to import, like `detectors.cli`, which mounts it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def evaluate(
    alerts: Annotated[
        Path | None, typer.Option("--alerts", metavar="FILE", help="The book of alerts to judge.")
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels", metavar="FILE", help="What really happened, as `undertow simulate` writes it."
        ),
    ] = None,
    lake: Annotated[
        Path | None,
        typer.Option(
            "--lake", envvar="UNDERTOW_LAKE", metavar="DIR", help="The lake judged: counts its transactions."
        ),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Also write it as JSON.")
    ] = None,
    recorded: Annotated[
        Path | None,
        typer.Option(
            "--recorded",
            metavar="DIR",
            help="Instead of --alerts and --labels: judge the detectors by recorded chain data with answers, "
            "in the folders mainnet_mev, exploits and poisoning of DIR.",
        ),
    ] = None,
) -> None:
    """Hold a book of alerts against labels, or the detectors against recorded chain data."""
    if recorded is not None and alerts is None and labels is None:
        _by_recordings(recorded, json_file)
    elif recorded is None and alerts is not None and labels is not None:
        _by_labels(alerts, labels, lake, json_file)
    else:
        raise typer.BadParameter("give --alerts and --labels, or --recorded alone")


def _by_labels(alerts: Path, labels: Path, lake: Path | None, json_file: Path | None) -> None:
    from detectors.batch import write_lines
    from detectors.evaluate import counts, judge, load_book, load_labels, table
    from ingest.lake import Lake

    truth = load_labels(labels)
    batches = () if lake is None else Lake.open(lake).batches(truth.chain_id)
    transactions = sum(batch.transactions.height for batch in batches)
    counted = counts(judge(load_book(alerts), truth), transactions or None)
    typer.echo("\n".join(table(counted)))
    if json_file is not None:
        write_lines(json_file, [json.dumps(counted, sort_keys=True)])


def _by_recordings(folder: Path, json_file: Path | None) -> None:
    from detectors.batch import write_lines
    from detectors.evaluate.recorded import judge_recorded
    from detectors.registry import detectors

    report = judge_recorded(folder, detectors())
    typer.echo("\n".join(report.lines()))
    if json_file is not None:
        write_lines(json_file, [json.dumps(report.to_dict(), sort_keys=True)])
