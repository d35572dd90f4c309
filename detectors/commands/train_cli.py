"""The command `train`. Light to import, like `detectors.commands.cli`, which mounts it."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

LeaveOut = Literal["families", "worlds", "both"]

_Lake = Annotated[
    list[Path],
    typer.Option(
        "--lake",
        metavar="DIR",
        help="A lake to learn from. May be repeated, and with it --labels in the same order.",
    ),
]
_Labels = Annotated[
    list[Path],
    typer.Option(
        "--labels",
        metavar="FILE",
        help="What really happened in that lake, as `undertow simulate` writes it, or a label pack "
        "(NAME.pack.json).",
    ),
]
_Model = Annotated[
    str, typer.Option("--model", metavar="NAME", help="What it reads: `contract-code` or `wallet`.")
]
_Out = Annotated[
    Path,
    typer.Option("--out", metavar="FILE", help="Where the model is written: a new file, NAME.model.json."),
]
_LeaveOut = Annotated[
    LeaveOut,
    typer.Option(
        "--leave-out",
        help="What is left out of training to be tested on: each family of attacks, each world (with several "
        "lakes), or both; by families takes longest.",
    ),
]
_On = Annotated[
    datetime | None,
    typer.Option(
        "--on",
        metavar="DATE",
        formats=["%Y-%m-%d"],
        help="The day that packs must count on.  [default: today]",
    ),
]
_Withdrawn = Annotated[
    Path | None,
    typer.Option(
        "--withdrawn",
        metavar="FILE",
        help="Labels that were withdrawn: a line each, SHA-256 and reason.  [default: "
        "~/.undertow/packs/withdrawn.txt, where it is there]",
    ),
]
_Seed = Annotated[int, typer.Option("--seed", min=0, help="Which honest rows are drawn.")]


def train(
    lake: _Lake,
    labels: _Labels,
    model: _Model,
    out: _Out,
    leave_out: _LeaveOut = "both",
    seed: _Seed = 1,
    on: _On = None,
    withdrawn: _Withdrawn = None,
) -> None:
    """Train a model on labelled lakes: boosted trees, and how they do on what is left out of training."""
    from detectors.evaluate.training.left_out import table_of
    from detectors.evaluate.training.pack_noise import doubts, lines_of
    from detectors.evaluate.training.packs import own_withdrawn, pack_of, withdrawn_in
    from detectors.evaluate.training.train import table_named
    from detectors.evaluate.training.train import train as trained_on
    from detectors.models.growing import Growth
    from detectors.models.model_file import expect_new, to_text
    from detectors.runs.over_lake import write_lines
    from ingest.machine.progress import ProgressLine

    if len(lake) != len(labels):
        raise typer.BadParameter(
            f"give --labels once for each --lake, in the same order: there are {len(labels)} for {len(lake)}"
        )
    table = table_named(model)
    if leave_out == "worlds" and len(lake) < 2:
        raise typer.BadParameter("--leave-out worlds needs several: give --lake and --labels again")
    expect_new(out)
    gone, day = withdrawn_in(withdrawn or own_withdrawn()), (on or datetime.now()).date()
    packs = [pack_of(each, day, gone) for each in labels]
    worlds = list(zip(lake, [pack.labels for pack in packs], strict=True))
    show = ProgressLine(sys.stderr).show
    made, tried, rows = trained_on(table, worlds, seed, show, leave_out=leave_out, packs=packs)
    typer.echo(f"{made.rows} rows, {made.positives} of attacks; AUC with a part left out of training:")
    typer.echo("\n".join(table_of(tried)))
    for each in packs:
        typer.echo(f"label pack {each.name}: {each.labels}, {each.digest}")
    typer.echo("\n".join(lines_of(doubts(rows, rows.truth, [each.name for each in packs], Growth(), seed))))
    if rows.left_out:
        typer.echo(f"{rows.left_out} labels left out: they end above the last block of their lake", err=True)
    write_lines(out, [to_text(made).rstrip("\n")])
    typer.echo(f"{made.name} in {out}", err=True)
