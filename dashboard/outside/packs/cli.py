"""The commands `undertow packs …`. Light to import: what a command needs is imported inside it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.filing.store_option import AuditOption
from dashboard.outside.packs import keys_cli
from dashboard.outside.packs.options import (
    DryRun,
    Models,
    PacksOption,
    Reason,
    day,
    do,
    folder_of,
    looked,
    own,
    reasoned,
    settled,
)

if TYPE_CHECKING:
    from dashboard.outside.packs.pack import Pack
    from dashboard.outside.packs.taking import Places

_File = Annotated[Path, typer.Argument(help="A pack, NAME.pack.")]
_On = Annotated[
    datetime | None,
    typer.Option(
        "--on", metavar="DATE", formats=["%Y-%m-%d"], help="The day that it must count on.  [default: today]"
    ),
]
_Chain = Annotated[
    int | None,
    typer.Option(
        "--chain-id",
        envvar="UNDERTOW_CHAIN_ID",
        min=0,
        help="Refuse what is of another chain.  [default: any]",
    ),
]
_Facts = Annotated[
    Path | None,
    typer.Option(
        "--facts",
        envvar="UNDERTOW_FACTS",
        metavar="DIR",
        help="Where lists are put, for `ingest --facts`.  [default: lists, in --packs]",
    ),
]
_ModelsPut = Annotated[
    Path | None,
    typer.Option(
        "--models",
        envvar="UNDERTOW_MODELS",
        metavar="DIR",
        help="Where models are put, for `detect --models`.  [default: models, in --packs]",
    ),
]
_Name = Annotated[str, typer.Argument(help="What the pack is called.")]


def mount(app: typer.Typer) -> None:
    """Adds the commands to the front door."""
    group = typer.Typer(
        help="Signed lists, labels and models: take them in, and take them back.", no_args_is_help=True
    )
    group.command()(make)
    group.command()(check)
    group.command("import")(take_in)
    group.command()(withdraw)
    group.command()(show)
    group.command()(fetch)
    keys_cli.mount(group)
    app.add_typer(group, name="packs")


def make(
    file: Annotated[
        Path,
        typer.Argument(help="A list of addresses, labels, a model, a release, or a pack to be withdrawn."),
    ],
    kind: Annotated[
        str, typer.Option(help="What it is: `list`, `labels`, `model`, `histograms` or `withdrawal`.")
    ],
    name: Annotated[str, typer.Option(help="What it is called, in every version.")],
    source: Annotated[str, typer.Option(metavar="TEXT", help="Who says so.")],
    licence: Annotated[str, typer.Option(metavar="TEXT", help="What others may do with it.")],
    expires: Annotated[
        datetime, typer.Option(metavar="DATE", formats=["%Y-%m-%d"], help="The last day on which it counts.")
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write; replaced as a whole.")],
    version: Annotated[int, typer.Option(min=1, help="One more than that of the last one.")] = 1,
    made: Annotated[
        datetime | None,
        typer.Option(
            metavar="DATE", formats=["%Y-%m-%d"], help="The first day on which it counts.  [default: today]"
        ),
    ] = None,
    chain_id: Annotated[int | None, typer.Option("--chain-id", min=0, help="Of a list: its chain.")] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="Of a withdrawal: why.")
    ] = None,
    key_file: Annotated[
        Path | None,
        typer.Option(
            envvar="UNDERTOW_EVIDENCE_KEY",
            metavar="FILE",
            help="The key that signs, made where there is none.  [default: ~/.undertow/evidence.key]",
        ),
    ] = None,
) -> None:
    """Sign a list, labels, a model, or a withdrawal, as one file that others can take in."""
    from dashboard.filing.export import write_whole
    from dashboard.outside.evidence.signing import Signer
    from dashboard.outside.packs.making import Told
    from dashboard.outside.packs.making import made as made_of
    from dashboard.outside.packs.pack import KINDS, SUFFIX

    if kind not in KINDS:
        raise typer.BadParameter(f"--kind is one of {', '.join(KINDS)}")
    if not out.name.endswith(SUFFIX):
        raise typer.BadParameter(f"--out ends in {SUFFIX}: that is what is looked for")
    told = Told(name, version, source, licence, day(made), day(expires), chain_id, reason)
    signer = Signer(key_file or own("evidence.key"))
    write_whole(out, made_of(kind, file, told, signer).decode())
    typer.echo(f"{name} {version} in {out}, signed by {signer.public}")


def check(file: _File, packs: PacksOption = None, on: _On = None, chain_id: _Chain = None) -> None:
    """Say what a pack is and whether it counts here today; nothing is changed."""
    from dashboard.outside.packs.pack import read
    from dashboard.outside.packs.taking import to_import
    from dashboard.outside.packs.trust import trusted

    folder, found = folder_of(packs), read(file)
    for line in _head(found):
        typer.echo(line)
    to_import(folder, found, _places(folder, None, None), day(on), chain_id)
    typer.echo(f"it counts: {trusted(folder)[found.signature.key].signer} signed it, and may")


def take_in(
    file: _File,
    dry_run: DryRun = False,
    packs: PacksOption = None,
    facts: _Facts = None,
    models: _ModelsPut = None,
    on: _On = None,
    chain_id: _Chain = None,
    store: AuditOption = None,
) -> None:
    """Take in a pack, or the withdrawal of one, after saying what changes."""
    from dashboard.outside.packs.pack import read
    from dashboard.outside.packs.taking import to_import

    with settled(packs, dry_run) as folder:
        found = read(file)
        plan = to_import(folder, found, _places(folder, facts, models), day(on), chain_id, looked(models))
        do(folder, plan, dry_run, store, "import pack", f"pack {found.called}")


def withdraw(
    name: _Name,
    reason: Reason,
    dry_run: DryRun = False,
    packs: PacksOption = None,
    models: Models = None,
    store: AuditOption = None,
) -> None:
    """Take back a pack with what leans on it: entries of its list, models of its labels."""
    from dashboard.outside.packs.taking import to_withdraw

    with settled(packs, dry_run) as folder:
        plan = to_withdraw(folder, name, reasoned(reason), looked(models))
        do(folder, plan, dry_run, store, "withdraw pack", f"pack {name}")


def show(
    packs: PacksOption = None,
    models: Annotated[
        Path | None,
        typer.Option(
            "--models",
            envvar="UNDERTOW_MODELS",
            metavar="DIR",
            help="Name those that stand on withdrawn labels.",
        ),
    ] = None,
) -> None:
    """Say which packs were taken in, by whom, until when, and which are withdrawn and why."""
    from dashboard.outside.packs.effects import line_of, standing_on
    from dashboard.outside.packs.register import registered

    with settled(packs, False) as folder:
        found = registered(folder)
        for entry in found.packs:
            typer.echo(line_of(entry))
        for line in standing_on(found, looked(models)):
            typer.echo(line)
    if not found.packs:
        typer.echo("no pack was taken in: `undertow packs import FILE`", err=True)


def fetch(
    url: Annotated[str, typer.Argument(help="Another instance's API, https://HOST:PORT.")],
    name: Annotated[
        str | None, typer.Argument(help="Write its last version to --out.  [default: list all]")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write; replaced as a whole.")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The token that the other side gave you.")
    ] = None,
) -> None:
    """List the packs that another instance gives out, or write one to a file; it is not taken in yet."""
    from dashboard.filing.export import write_whole
    from dashboard.outside.packs.fetching import fetched, offered, token_in
    from ingest.model.errors import BadInput

    if (name is None) != (out is None):
        raise typer.BadParameter("give NAME and --out together, or neither to list all")
    token = token_in(token_file)
    found = offered(url, token)
    if name is None or out is None:
        for each in found:
            typer.echo(f"{each.name} {each.version}\t{each.kind}\t{each.digest}")
        return
    mine = [each for each in found if each.name == name]
    if not mine:
        raise BadInput(f"there is no pack {name!a:.80} there: `undertow packs fetch URL` lists them")
    newest = max(mine, key=lambda each: each.version)
    pack, content = fetched(url, newest.digest, token)
    write_whole(out, content.decode())
    typer.echo(f"{pack.called} in {out}: `undertow packs import {out} --dry-run` says what it would change")


def _places(folder: Path, facts: Path | None, models: Path | None) -> Places:
    from dashboard.outside.packs.taking import Places

    return Places(facts or folder / "lists", folder / "labels", models or folder / "models")


def _head(found: Pack) -> Iterator[str]:
    from ingest.model.redact import shown

    head = found.head
    what = head.kind if head.lists is None else f"{head.kind} of {head.lists}"
    yield f"{found.called}: {what}, chain {'any' if head.chain_id is None else head.chain_id}"
    yield f"from {shown(head.source)}, licence {shown(head.licence)}, {head.made} to {head.expires}"
    yield f"signed by {found.signature.key}; SHA-256 of the file {found.digest}"
