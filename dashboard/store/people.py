"""Who does something, and whether they may: asked by whatever writes, so that no screen has to be trusted."""

from __future__ import annotations

import getpass
from dataclasses import dataclass, replace
from typing import Literal, get_args

from dashboard.store.refusals import NotAllowed
from dashboard.store.texts import LONGEST_NAME, written
from dashboard.store.values import quoted

Role = Literal["viewer", "analyst", "admin"]
ROLES: tuple[str, ...] = get_args(Role)
"""From the one who may do least: a role may do all that those before it may."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A person as they are signed in, and what they may do: a viewer looks, an analyst works on cases, an
    admin also decides who may sign in.
    """

    name: str
    role: Role


LOCAL = Actor("local analyst", "analyst")
"""Whoever sits at this machine, where nobody has to sign in."""


def whoever_types() -> Actor:
    """Whoever can write the files of this machine decides what stands in them: its account is noted."""
    return Actor(f"{getpass.getuser()} (command line)", "admin")


def require(actor: Actor, least: Role, to: str) -> Actor:
    """`actor` as the store names them. Raises NotAllowed where they may not do what `least` may; `to` says
    what they wanted to do.
    """
    is_known = type(actor) is Actor and actor.role in ROLES
    if not is_known or ROLES.index(actor.role) < ROLES.index(least):
        who = (
            f"{quoted(actor.name)} is {quoted(actor.role)}" if type(actor) is Actor else "nobody is signed in"
        )
        raise NotAllowed(f"only a person of role {least} or above may {to}: {who}")
    return named(actor)


def named(actor: Actor) -> Actor:
    """With a name that both databases can hold."""
    return replace(actor, name=written(actor.name, "the name of a person", LONGEST_NAME))
