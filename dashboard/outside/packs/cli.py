"""The commands `undertow packs …`. Light to import: what a command needs is imported inside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.filing.store_option import AuditOption, chosen_store

if TYPE_CHECKING:
    from dashboard.outside.packs.pack import Pack
    from dashboard.outside.packs.taking import Places, Plan

_File = Annotated[Path, typer.Argument(help="A pack, NAME.pack.")]
_Packs = Annotated[
    Path | None,
    typer.Option("--packs", metavar="DIR", help="Where packs are kept.  [default: ~/.undertow/packs]"),
]
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
_Models = Annotated[
    Path | None,
    typer.Option(
        "--models",
        envvar="UNDERTOW_MODELS",
        metavar="DIR",
        help="Where models are put, for `detect --models`.  [default: models, in --packs]",
    ),
]
_Dry = Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")]
_Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why: it is kept, and told.")]
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
    group.command()(trust)
    group.command()(revoke)
    group.command()(keys)
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
    told = Told(name, version, source, licence, _day(made), _day(expires), chain_id, reason)
    signer = Signer(key_file or _home("evidence.key"))
    write_whole(out, made_of(kind, file, told, signer).decode())
    typer.echo(f"{name} {version} in {out}, signed by {signer.public}")


def check(file: _File, packs: _Packs = None, on: _On = None, chain_id: _Chain = None) -> None:
    """Say what a pack is and whether it counts here today; nothing is changed."""
    from dashboard.outside.packs.judging import expect_counting
    from dashboard.outside.packs.pack import read
    from dashboard.outside.packs.register import registered
    from dashboard.outside.packs.trust import trusted

    folder, found = _folder(packs), read(file)
    for line in _head(found):
        typer.echo(line)
    signer = expect_counting(found, trusted(folder), registered(folder), _day(on), chain_id)
    typer.echo(f"it counts: {signer.signer} signed it, and may")


def take_in(
    file: _File,
    dry_run: _Dry = False,
    packs: _Packs = None,
    facts: _Facts = None,
    models: _Models = None,
    on: _On = None,
    chain_id: _Chain = None,
    store: AuditOption = None,
) -> None:
    """Take in a pack, or the withdrawal of one, after saying what changes."""
    from dashboard.outside.packs.pack import read
    from dashboard.outside.packs.taking import to_import

    with _settled(packs, dry_run) as folder:
        found = read(file)
        plan = to_import(folder, found, _places(folder, facts, models), _day(on), chain_id, _looked(models))
        _do(folder, plan, dry_run, store, "import pack", f"pack {found.called}")


def withdraw(
    name: _Name,
    reason: _Reason,
    dry_run: _Dry = False,
    packs: _Packs = None,
    models: Annotated[
        Path | None,
        typer.Option(
            "--models",
            envvar="UNDERTOW_MODELS",
            metavar="DIR",
            help="Models that may stand on it: they are named.",
        ),
    ] = None,
    store: AuditOption = None,
) -> None:
    """Take back a pack with what leans on it: entries of its list, models of its labels."""
    from dashboard.outside.packs.taking import to_withdraw

    with _settled(packs, dry_run) as folder:
        plan = to_withdraw(folder, name, _reason(reason), _looked(models))
        _do(folder, plan, dry_run, store, "withdraw pack", f"pack {name}")


def show(
    packs: _Packs = None,
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

    with _settled(packs, False) as folder:
        found = registered(folder)
        for entry in found.packs:
            typer.echo(line_of(entry))
        for line in standing_on(found, _looked(models)):
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


def trust(
    signer: Annotated[str, typer.Argument(help="What you call who signs.")],
    key: Annotated[
        str, typer.Argument(help="The public key, 64 hex digits, from who signs, by another way.")
    ],
    may: Annotated[
        str,
        typer.Option(metavar="KINDS", help="What it may sign, by commas: list, labels, model, histograms."),
    ],
    chain: Annotated[
        list[int] | None,
        typer.Option("--chain", min=0, help="Only for this chain; may be repeated.  [default: all]"),
    ] = None,
    packs: _Packs = None,
    store: AuditOption = None,
) -> None:
    """Pin a key, and what it may sign; nothing else makes a pack count."""
    from dashboard.outside.packs.trust import checked_key, trusted, write_trusted
    from ingest.model.errors import BadInput

    with _settled(packs, False) as folder:
        known = trusted(folder)
        found = checked_key(signer, key, [each.strip() for each in may.split(",")], chain or None)
        if found.key in known and known[found.key].revoked is not None:
            raise BadInput(f"the key {found.key[:16]}… is revoked, and stays so: ask {signer} for another")
        told = {"signer": found.signer, "key": found.key, "may": found.may, "chains": found.chains}
        with _noted(store, "trust key", f"key {found.key[:16]} of {found.signer}", told):
            write_trusted(folder, known | {found.key: found})
    typer.echo(f"{found.signer} may sign {', '.join(found.may)}")


def revoke(
    key: Annotated[str, typer.Argument(help="The public key, as `undertow packs keys` lists it.")],
    reason: _Reason,
    dry_run: _Dry = False,
    packs: _Packs = None,
    models: Annotated[
        Path | None,
        typer.Option(
            "--models",
            envvar="UNDERTOW_MODELS",
            metavar="DIR",
            help="Models that may stand on it: they are named.",
        ),
    ] = None,
    store: AuditOption = None,
) -> None:
    """Let a key count no more, for ever, and withdraw what it signed."""
    from dashboard.outside.packs.taking import to_revoke

    with _settled(packs, dry_run) as folder:
        plan = to_revoke(folder, key, _reason(reason), _day(None), _looked(models))
        _do(folder, plan, dry_run, store, "revoke key", f"key {key[:16]}")


def keys(packs: _Packs = None) -> None:
    """Say whose packs are taken in, by which key, and what each may sign."""
    from dashboard.outside.packs.trust import trusted

    found = trusted(_folder(packs))
    for each in sorted(found.values(), key=lambda key: (key.signer, key.key)):
        chains = "any chain" if each.chains is None else "chain " + ", ".join(map(str, each.chains))
        gone = each.revoked and f"revoked {each.revoked.on}: {each.revoked.reason}"
        typer.echo(f"{each.signer}\t{each.key}\t{', '.join(each.may)}\t{chains}\t{gone or 'trusted'}")
    if not found:
        typer.echo("nobody's packs are taken in: `undertow packs trust NAME KEY --may list`", err=True)


def _home(name: str) -> Path:
    from ingest.machine.tools import home

    return home() / name


def _folder(packs: Path | None) -> Path:
    return packs or _home("packs")


def _day(told: datetime | None) -> date:
    """UTC's, where none is told: everybody's day is the same."""
    return (told or datetime.now(UTC)).date()


def _reason(text: str) -> str:
    from ingest.model.redact import shown

    if not 0 < len(text.strip()) <= 150:
        raise typer.BadParameter("--reason takes 1 to 150 letters")
    return shown(text.strip())


def _places(folder: Path, facts: Path | None, models: Path | None) -> Places:
    from dashboard.outside.packs.taking import Places

    return Places(facts or folder / "lists", folder / "labels", models or folder / "models")


def _looked(models: Path | None) -> list[Path]:
    return [] if models is None else [models]


def _head(found: Pack) -> Iterator[str]:
    from ingest.model.redact import shown

    head = found.head
    what = head.kind if head.lists is None else f"{head.kind} of {head.lists}"
    yield f"{found.called}: {what}, chain {'any' if head.chain_id is None else head.chain_id}"
    yield f"from {shown(head.source)}, licence {shown(head.licence)}, {head.made} to {head.expires}"
    yield f"signed by {found.signature.key}; SHA-256 of the file {found.digest}"


@contextmanager
def _settled(packs: Path | None, dry_run: bool) -> Iterator[Path]:
    """The folder, held alone, with what a killed command left undone done first; not so for a dry run."""
    from dashboard.outside.packs.register import locked, registered, settle

    folder = _folder(packs)
    with locked(folder):
        if not dry_run:
            settle(folder, registered(folder))
        yield folder


def _do(folder: Path, plan: Plan, dry_run: bool, store: str | None, action: str, subject: str) -> None:
    from dashboard.outside.packs.register import registered
    from dashboard.outside.packs.taking import carry_out

    for line in plan.lines:
        typer.echo(line)
    if dry_run:
        typer.echo("nothing was changed")
    elif plan.register != registered(folder) or plan.keys is not None:
        told = {"changes": list(plan.lines)[:40]}
        carry_out(folder, plan, lambda _: _noted(store, action, subject, told))
        typer.echo("done")


@contextmanager
def _noted(store: str | None, action: str, subject: str, told: dict[str, Any]) -> Iterator[None]:
    """In the audit, or not done."""
    import getpass

    from dashboard.store import Actor, open_desk

    whoever_types = Actor(f"{getpass.getuser()} (command line)", "admin")
    with (
        closing(open_desk(chosen_store(store))) as desk,
        desk.pack_change(whoever_types, action, subject, told),
    ):
        yield
