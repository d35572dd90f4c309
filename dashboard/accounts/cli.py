"""The commands `undertow users …`: who may sign in. A password never stands on a command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.filing.store_option import AuditOption, chosen_store

if TYPE_CHECKING:
    from dashboard.accounts.users import User

_Name = Annotated[str, typer.Argument(help="Who: a name, or the e-mail address that the provider knows.")]
_Role = Annotated[
    str,
    typer.Option(help="A viewer looks, an analyst works on cases, an admin also decides who may sign in."),
]
_Users = Annotated[
    Path | None,
    typer.Option(
        envvar="UNDERTOW_USERS",
        metavar="FILE",
        help="Who may sign in.  [default: ~/.undertow/users.json, where it is there]",
    ),
]


def mount(app: typer.Typer) -> None:
    """Adds the commands to the front door."""
    group = typer.Typer(help="Who may sign in to the dashboard.", no_args_is_help=True)
    for command in (add, remove, passwd, role):
        group.command()(command)
    group.command("list")(list_users)
    app.add_typer(group, name="users")


def add(
    name: _Name,
    role: _Role = "analyst",
    provider: Annotated[
        bool, typer.Option("--provider", help="They sign in at the provider and have no password here.")
    ] = False,
    users: _Users = None,
    store: AuditOption = None,
) -> None:
    """Let somebody sign in. The password is asked for, or is the first line of standard input."""
    from dashboard.accounts.users import User, checked_name, checked_role, hashed

    called, allowed = checked_name(name), checked_role(role)
    path = _path(users)
    _refuse_known(path, called)
    password = None if provider else hashed(_password())
    _change(path, store, "add person", called, lambda _: User(called, allowed, password))
    typer.echo(f"{called} may sign in as {allowed}")


def remove(name: _Name, users: _Users = None, store: AuditOption = None) -> None:
    """Let somebody sign in no longer; who is signed in is out at their next click."""
    _change(_path(users), store, "remove person", name, lambda _: None)
    typer.echo(f"{name} may no longer sign in")


def passwd(name: _Name, users: _Users = None, store: AuditOption = None) -> None:
    """Give somebody another password: asked for, or the first line of standard input."""
    from dashboard.accounts.users import hashed

    path = _path(users)
    _known(path, name)
    password = hashed(_password())
    _change(path, store, "change password", name, lambda user: replace(user, password=password))
    typer.echo(f"{name} has another password")


def role(
    name: _Name,
    to: Annotated[str, typer.Argument(help="The role that they have from now on.")],
    users: _Users = None,
    store: AuditOption = None,
) -> None:
    """Give somebody another role, from their next click on."""
    from dashboard.accounts.users import checked_role

    allowed = checked_role(to)
    _change(_path(users), store, "change role", name, lambda user: replace(user, role=allowed))
    typer.echo(f"{name} is {allowed}")


def list_users(users: _Users = None) -> None:
    """Say who may sign in, as what, and how."""
    from dashboard.accounts.users import read_users
    from detectors.alerts.text import visible

    found = read_users(_path(users))
    for key in sorted(found):
        user = found[key]
        how = "provider" if user.password is None else "password"
        typer.echo(f"{visible(user.name)}\t{user.role}\t{how}")
    if not found:
        typer.echo("nobody may sign in: `undertow users add NAME`", err=True)


def _change(
    path: Path, store: str | None, action: str, name: str, change: Callable[[User], User | None]
) -> None:
    """Puts what `change` makes of somebody into the file, and into the audit, or into neither."""
    from contextlib import closing

    from dashboard.accounts.users import User, folded, read_users, write_users
    from dashboard.store import open_desk, whoever_types

    with closing(open_desk(chosen_store(store))) as desk:
        people = read_users(path)
        before = people.pop(folded(name), None)
        if before is None and action != "add person":
            _known(path, name)
        after = change(before or User(name, "viewer", None))
        if after is not None:
            people[folded(name)] = after
        told = (None if user is None else {"role": user.role} for user in (before, after))
        with desk.user_change(whoever_types(), action, name if after is None else after.name, *told):
            write_users(path, people)


def _known(path: Path, name: str) -> None:
    from dashboard.accounts.users import folded, read_users
    from dashboard.store import quoted
    from ingest.model.errors import BadInput

    if folded(name) not in read_users(path):
        raise BadInput(f"nobody is called {quoted(name)} in {path}: see `undertow users list`")


def _refuse_known(path: Path, name: str) -> None:
    from dashboard.accounts.users import folded, read_users
    from ingest.model.errors import BadInput

    if folded(name) in read_users(path):
        raise BadInput(f"{name} may sign in already: see `undertow users passwd` and `undertow users role`")


def _password() -> str:
    """Typed twice on a terminal, else the first line of standard input."""
    import sys

    if sys.stdin.isatty():
        typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        return typed
    return sys.stdin.readline().rstrip("\r\n")


def _path(users: Path | None) -> Path:
    return users or own_users()


def own_users() -> Path:
    """The file that serves where none is named."""
    from ingest.machine.tools import home

    return home() / "users.json"
