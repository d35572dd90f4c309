"""Lets people in: who somebody is, by password or by what a provider says, and what they may do now."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dashboard.accounts.tries import Tries
from dashboard.accounts.users import NOBODYS, User, fits, folded, read_users
from dashboard.store import Actor, NotAllowed, quoted
from ingest.model.errors import BadInput

_UNKNOWN = ""
"""Under which tries of names count that nobody has."""


class Notes(Protocol):
    """Where it is noted who came: `Desk`."""

    def signed_in(self, actor: Actor, how: str) -> None: ...

    def sign_in_refused(self, name: str, how: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Provider:
    """What a provider of OpenID Connect says of who signed in there: the claims of their identity token."""

    claims: Mapping[str, object]

    def email(self) -> str:
        """Raises NotAllowed where the provider gives none, or does not vouch for it."""
        email = self.claims.get("email")
        if not isinstance(email, str) or not email.strip():
            raise NotAllowed("the provider gave no e-mail address: ask for the scope `email`")
        if self.claims.get("email_verified", True) not in (True, "true"):
            raise NotAllowed(f"the provider has not verified {quoted(email)}: verify it there")
        return email


class Entry:
    """Who may come in, by the file of users; anybody, as the local analyst, where there is none."""

    def __init__(self, users: Path | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = users
        self._tries = Tries(clock)
        self._one_at_a_time = threading.Lock()
        self._known: tuple[tuple[int, int, int], dict[str, User]] | None = None

    @property
    def is_open(self) -> bool:
        """Whether nobody has to sign in: only on this machine, which `launch` makes sure of."""
        return self._path is None

    def sign_in(self, name: str, password: str, notes: Notes) -> Actor:
        """Raises NotAllowed, in the same words and after the same time for a wrong name and a wrong password.

        What cannot be noted in the audit does not happen.
        """
        key = folded(name)
        with self._one_at_a_time:  # Argon2 takes 64 MiB: a crowd of strangers does not get them all at once
            user = self._users().get(key)
            counted = key if user is not None else _UNKNOWN
            if wait_s := self._tries.wait_s(counted):
                raise NotAllowed(f"too many wrong passwords: wait {wait_s:.0f} s and try again")
            kept = user.password if user is not None else None
            if not fits(kept or NOBODYS, password) or user is None or kept is None:
                self._tries.wrong(counted)
                if user is not None:
                    notes.sign_in_refused(user.name, "password")
                raise NotAllowed("the name or the password is wrong")
            self._tries.right(counted)
        actor = Actor(user.name, user.role)
        notes.signed_in(actor, "password")
        return actor

    def from_provider(self, said: Provider) -> Actor:
        """Who signed in at the provider. Raises NotAllowed where nobody gave them a role here."""
        email = said.email()
        user = self._users().get(folded(email))
        if user is None or user.password is not None:
            raise NotAllowed(
                f"{quoted(email)} may not sign in here: an admin adds them with "
                "`undertow users add --provider`"
            )
        return Actor(user.name, user.role)

    def proof_of(self, actor: Actor) -> str:
        """By what the person came in: it changes with their password."""
        user = self._users().get(folded(actor.name))
        return "" if user is None else user.password or "provider"

    def still(self, actor: Actor, proof: str) -> Actor | None:
        """The person as the file has them now; None where they may no longer come in, or came in by a proof
        that has changed since.
        """
        user = self._users().get(folded(actor.name))
        is_in = user is not None and (user.password or "provider") == proof
        return Actor(user.name, user.role) if user is not None and is_in else None

    def _users(self) -> dict[str, User]:
        """Read again when the file has changed: who was removed is out at their next click."""
        assert self._path is not None, "nobody signs in where nobody has to"
        try:
            found = self._path.stat()
        except OSError as error:
            raise BadInput(f"{self._path} cannot be read: {error.strerror}") from error
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        if self._known is None or self._known[0] != stamp:
            self._known = (stamp, read_users(self._path))
        return self._known[1]


LOCAL_ONLY = Entry(None)
