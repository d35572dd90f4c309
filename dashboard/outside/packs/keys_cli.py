"""The commands `undertow packs trust`, `revoke` and `keys`: whose packs are taken in. Light to import."""

from __future__ import annotations

from typing import Annotated

import typer

from dashboard.filing.store_option import AuditOption
from dashboard.outside.packs.options import (
    DryRun,
    Models,
    PacksOption,
    Reason,
    day,
    do,
    folder_of,
    looked,
    noted,
    reasoned,
    settled,
)


def mount(group: typer.Typer) -> None:
    """Adds the commands to `undertow packs`."""
    group.command()(trust)
    group.command()(revoke)
    group.command()(keys)


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
    packs: PacksOption = None,
    store: AuditOption = None,
) -> None:
    """Pin a key, and what it may sign; nothing else makes a pack count."""
    from dashboard.outside.packs.trust import checked_key, trusted, write_trusted
    from ingest.model.errors import BadInput

    with settled(packs, False) as folder:
        known = trusted(folder)
        found = checked_key(signer, key, [each.strip() for each in may.split(",")], chain or None)
        if found.key in known and known[found.key].revoked is not None:
            raise BadInput(f"the key {found.key[:16]}… is revoked, and stays so: ask {signer} for another")
        told = {"signer": found.signer, "key": found.key, "may": found.may, "chains": found.chains}
        with noted(store, "trust key", f"key {found.key[:16]} of {found.signer}", told):
            write_trusted(folder, known | {found.key: found})
    typer.echo(f"{found.signer} may sign {', '.join(found.may)}")


def revoke(
    key: Annotated[str, typer.Argument(help="The public key, as `undertow packs keys` lists it.")],
    reason: Reason,
    dry_run: DryRun = False,
    packs: PacksOption = None,
    models: Models = None,
    store: AuditOption = None,
) -> None:
    """Let a key count no more, for ever, and withdraw what it signed."""
    from dashboard.outside.packs.taking import to_revoke

    with settled(packs, dry_run) as folder:
        plan = to_revoke(folder, key, reasoned(reason), day(None), looked(models))
        do(folder, plan, dry_run, store, "revoke key", f"key {key[:16]}")


def keys(packs: PacksOption = None) -> None:
    """Say whose packs are taken in, by which key, and what each may sign."""
    from dashboard.outside.packs.trust import trusted

    found = trusted(folder_of(packs))
    for each in sorted(found.values(), key=lambda key: (key.signer, key.key)):
        chains = "any chain" if each.chains is None else "chain " + ", ".join(map(str, each.chains))
        gone = each.revoked and f"revoked {each.revoked.on}: {each.revoked.reason}"
        typer.echo(f"{each.signer}\t{each.key}\t{', '.join(each.may)}\t{chains}\t{gone or 'trusted'}")
    if not found:
        typer.echo("nobody's packs are taken in: `undertow packs trust NAME KEY --may list`", err=True)
