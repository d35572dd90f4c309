"""The file that says who may sign in: names, roles, and passwords as Argon2 leaves of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from dashboard.accounts.own_files import read_own, write_whole
from dashboard.store import LOCAL, ROLES, Role, quoted
from detectors.alerts.text import visible
from ingest.model.errors import BadInput

VERSION = 1
LONGEST_NAME = 254
LEAST_PASSWORD, LONGEST_PASSWORD = 12, 1_000
"""Characters: shorter ones are found by trying, and longer ones only cost time."""
_HASHER = PasswordHasher()
NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$bm9ib2R5cyBzYWx0$uS0kW7ewjYIXxqWYyaHbWy5tCcuVvEvUJ6aX0dTHGZY"
"""No password fits it: it is tried where there is no such person, so that this takes as long."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in. `password` is its Argon2 hash; None for who signs in at the provider, where
    `name` is their e-mail address.
    """

    name: str
    role: Role
    password: str | None


class _File(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    users: list[User]


def read_users(path: Path) -> dict[str, User]:
    """Everybody in the file, by their folded name; nobody where there is no file. Raises BadInput."""
    try:
        content = read_own(path, "who may sign in")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from error
    try:
        found = msgspec.json.decode(content, type=_File)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadInput(f"{path} is no file of users ({error}): make one with `undertow users add`") from error
    if found.version != VERSION:
        raise BadInput(f"{path} is of version {found.version}, not {VERSION}: update undertow")
    users = {folded(user.name): user for user in found.users}
    if len(users) != len(found.users):
        raise BadInput(f"{path} names somebody twice: leave one of them")
    return users


def write_users(path: Path, users: Mapping[str, User]) -> None:
    """All of them or what the file held before; nobody else can read it. Raises BadInput."""
    write_whole(path, {"version": VERSION, "users": [asdict(users[name]) for name in sorted(users)]})


def folded(name: str) -> str:
    """Names that differ by capitals only are one person's."""
    return name.strip().casefold()


def checked_name(name: str) -> str:
    """Raises BadInput for a name that could be taken for another, or for none."""
    plain = name.strip()
    if not plain or len(plain) > LONGEST_NAME or visible(plain) != plain or not plain.isascii():
        raise BadInput(
            f"{quoted(name)} is no name: write up to {LONGEST_NAME} letters of ASCII, or an e-mail address"
        )
    if folded(plain) == folded(LOCAL.name):
        raise BadInput(f"{LOCAL.name!r} is who works without signing in: choose another name")
    return plain


def checked_role(role: str) -> Role:
    if role not in ROLES:
        raise BadInput(f"no role {quoted(role)}: choose {', '.join(ROLES)}")
    return role  # type: ignore[return-value]


def hashed(password: str) -> str:
    """Raises BadInput for a password that is too short or too long."""
    if not LEAST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise BadInput(f"a password has {LEAST_PASSWORD} to {LONGEST_PASSWORD:,} characters")
    return _HASHER.hash(_bytes(password))


def fits(kept: str, password: str) -> bool:
    """Whether `password` is the one that `kept` was made of; False for what was made by no Argon2."""
    try:
        return _HASHER.verify(kept, _bytes(password[:LONGEST_PASSWORD]))
    except (Argon2Error, InvalidHashError):
        return False


def _bytes(password: str) -> bytes:
    """Of any text that a browser or a terminal can send."""
    return password.encode(errors="surrogatepass")
