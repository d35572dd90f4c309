"""The command `evaluate`. Light to import, like `detectors.cli`, which mounts it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def evaluate(
    alerts: Annotated[Path, typer.Option("--alerts", metavar="FILE", help="The book of alerts to judge.")],
    labels: Annotated[
        Path,
        typer.Option(
            "--labels", metavar="FILE", help="What really happened, as `undertow simulate` writes it."
        ),
    ],
    lake: Annotated[
        Path | None,
        typer.Option(
            "--lake", envvar="UNDERTOW_LAKE", metavar="DIR", help="The lake judged: counts its transactions."
        ),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Also write the counts as JSON.")
    ] = None,
) -> None:
    """Hold a book of alerts against labels: attacks found and missed, hard negatives flagged."""
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
