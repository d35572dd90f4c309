"""The commands `undertow tokens …`: which programs may ask the API. A token is shown once, and never kept."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.filing.store_option import AuditOption, chosen_store

if TYPE_CHECKING:
    from dashboard.outside.api.tokens import Token

_Name = Annotated[str, typer.Argument(help="What the program is called.")]
_Tokens = Annotated[
    Path | None,
    typer.Option(
        envvar="UNDERTOW_TOKENS", metavar="FILE", help="Who may ask.  [default: ~/.undertow/tokens.json]"
    ),
]
DAY_S = 86_400


def mount(app: typer.Typer) -> None:
    """Adds the commands to the front door."""
    group = typer.Typer(help="Which programs may ask the API.", no_args_is_help=True)
    group.command()(add)
    group.command()(remove)
    group.command("list")(list_tokens)
    app.add_typer(group, name="tokens")


def add(
    name: _Name,
    role: Annotated[
        str, typer.Option(help="A viewer reads, an analyst changes cases too, an admin also reads the audit.")
    ] = "viewer",
    days: Annotated[
        int | None, typer.Option(min=1, max=36_500, help="After so many days it expires.  [default: never]")
    ] = None,
    tokens: _Tokens = None,
    store: AuditOption = None,
) -> None:
    """Let a program ask. Its token is printed once: what is kept cannot be turned back into it."""
    from dashboard.accounts.users import checked_role
    from dashboard.outside.api.tokens import Token, checked_name, digest, new_token
    from ingest.model.errors import BadInput

    called, allowed, path = checked_name(name), checked_role(role), _path(tokens)
    known = _known(path)
    if any(each.name == called for each in known.values()):
        raise BadInput(f"{called} has a token already: `undertow tokens remove {called}` first")
    made, now = new_token(), int(time.time())
    token = Token(called, allowed, digest(made), now, None if days is None else now + days * DAY_S)
    _write(path, store, "add token", None, token, known | {token.digest: token})
    typer.echo(made)
    typer.echo(f"{called} may ask as {allowed}: keep the token, it is not shown again", err=True)


def remove(name: _Name, tokens: _Tokens = None, store: AuditOption = None) -> None:
    """Let a program ask no longer, from its next request on."""
    from dashboard.store import quoted
    from ingest.model.errors import BadInput

    path = _path(tokens)
    known = _known(path)
    gone = next((each for each in known.values() if each.name == name), None)
    if gone is None:
        raise BadInput(f"no token is called {quoted(name)} in {path}: see `undertow tokens list`")
    rest = {key: each for key, each in known.items() if each is not gone}
    _write(path, store, "remove token", gone, None, rest)
    typer.echo(f"{name} may no longer ask")


def list_tokens(tokens: _Tokens = None) -> None:
    """Say which programs may ask, as what, and until when."""
    found = _known(_path(tokens))
    for each in sorted(found.values(), key=lambda token: token.name):
        typer.echo(f"{each.name}\t{each.role}\t{_until(each)}")
    if not found:
        typer.echo("no program may ask: `undertow tokens add NAME`", err=True)


def _until(token: Token) -> str:
    if token.expires is None:
        return "for ever"
    day = time.strftime("%Y-%m-%d", time.gmtime(token.expires))
    return f"expired {day}" if token.expires <= time.time() else f"until {day}"


def _known(path: Path) -> dict[str, Token]:
    from dashboard.outside.api.tokens import read_tokens

    return read_tokens(path) if path.exists() else {}


def _write(
    path: Path, store: str | None, action: str, before: Token | None, after: Token | None,
    tokens: dict[str, Token],
) -> None:  # fmt: skip
    """Into the file, and into the audit, or into neither."""
    from dashboard.outside.api.tokens import write_tokens
    from dashboard.store import open_desk, whoever_types

    name = next(each.name for each in (before, after) if each is not None)
    told = [
        None if each is None else {"role": each.role, "expires": each.expires} for each in (before, after)
    ]
    with (
        closing(open_desk(chosen_store(store))) as desk,
        desk.user_change(whoever_types(), action, f"{name} (token)", *told),
    ):
        write_tokens(path, tokens)


def _path(tokens: Path | None) -> Path:
    from ingest.machine.tools import home

    return tokens or home() / "tokens.json"
