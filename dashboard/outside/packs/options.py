"""What the commands about packs share: options, the folder held alone, a change that is noted or not done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.filing.store_option import chosen_store

if TYPE_CHECKING:
    from dashboard.outside.packs.taking import Plan

PacksOption = Annotated[
    Path | None,
    typer.Option("--packs", metavar="DIR", help="Where packs are kept.  [default: ~/.undertow/packs]"),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")]
Models = Annotated[
    Path | None,
    typer.Option(
        "--models",
        envvar="UNDERTOW_MODELS",
        metavar="DIR",
        help="Models that may stand on it: they are named.",
    ),
]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why: it is kept, and told.")]


def own(name: str) -> Path:
    """A file or folder of undertow's home."""
    from ingest.machine.tools import home

    return home() / name


def folder_of(packs: Path | None) -> Path:
    """Where packs are kept."""
    return packs or own("packs")


def day(told: datetime | None) -> date:
    """UTC's, where none is told: everybody's day is the same."""
    return (told or datetime.now(UTC)).date()


def reasoned(text: str) -> str:
    """A reason as it is kept. Raises BadParameter."""
    from ingest.model.redact import shown

    if not 0 < len(text.strip()) <= 150:
        raise typer.BadParameter("--reason takes 1 to 150 letters")
    return shown(text.strip())


def looked(models: Path | None) -> list[Path]:
    """The folders in which models are looked at."""
    return [] if models is None else [models]


@contextmanager
def settled(packs: Path | None, dry_run: bool) -> Iterator[Path]:
    """The folder, held alone, with what a killed command left undone done first; not so for a dry run."""
    from dashboard.outside.packs.register import locked, registered, settle

    folder = folder_of(packs)
    with locked(folder):
        if not dry_run:
            settle(folder, registered(folder))
        yield folder


def do(folder: Path, plan: Plan, dry_run: bool, store: str | None, action: str, subject: str) -> None:
    """Says what changes, and does it where something does and it is no dry run."""
    from dashboard.outside.packs.register import registered
    from dashboard.outside.packs.taking import carry_out

    for line in plan.lines:
        typer.echo(line)
    if dry_run:
        typer.echo("nothing was changed")
    elif plan.register != registered(folder) or plan.keys is not None:
        carry_out(folder, plan, noted(store, action, subject, {"changes": list(plan.lines[:40])}))
        typer.echo("done")


@contextmanager
def noted(store: str | None, action: str, subject: str, told: dict[str, Any]) -> Iterator[None]:
    """In the audit, or not done."""
    from dashboard.store import open_desk, whoever_types

    with (
        closing(open_desk(chosen_store(store))) as desk,
        desk.pack_change(whoever_types(), action, subject, told),
    ):
        yield
