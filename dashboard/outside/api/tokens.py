"""The file of tokens by which programs come in to the API: who each is, its role, a digest of the token.

A token is 256 bits of chance, so one round of SHA-256 cannot be searched; Argon2, which passwords need, would
cost each request 50 ms.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec

from dashboard.accounts.own_files import read_own, write_whole
from dashboard.store import Role, quoted
from ingest.model.errors import BadInput

VERSION = 1
PREFIX = "undertow_"
_TOKEN = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Token:
    """Who comes with it. `digest` is SHA-256 in hex; `expires` is seconds UTC, None for never."""

    name: str
    role: Role
    digest: str
    created: int
    expires: int | None = None


class _File(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    tokens: list[Token]


def new_token() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def is_spelled_well(token: str) -> bool:
    """Whether it could be one of ours at all."""
    return _TOKEN.fullmatch(token) is not None


def digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def checked_name(name: str) -> str:
    """Raises BadInput for what is no name of a program."""
    if not _NAME.fullmatch(name):
        raise BadInput(
            f"{quoted(name)} is no name of a token: write up to 64 letters, digits, dots or dashes"
        )
    return name


def read_tokens(path: Path) -> dict[str, Token]:
    """Every token of the file, by its digest. Raises BadInput where there is no such file, too."""
    try:
        content = read_own(path, "who may come in")
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}: `undertow tokens add` makes it") from error
    try:
        found = msgspec.json.decode(content, type=_File)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadInput(f"{path} is no file of tokens ({error}): `undertow tokens add` makes one") from error
    if found.version != VERSION:
        raise BadInput(f"{path} is of version {found.version}, not {VERSION}: update undertow")
    if len({each.name for each in found.tokens}) != len(found.tokens):
        raise BadInput(f"{path} names a token twice: leave one of them")
    return {each.digest: each for each in found.tokens}


def write_tokens(path: Path, tokens: Mapping[str, Token]) -> None:
    """All of them or what the file held before; nobody else can read it. Raises BadInput."""
    ordered = sorted(tokens.values(), key=lambda each: each.name)
    write_whole(path, {"version": VERSION, "tokens": [asdict(each) for each in ordered]})


class TokenFile:
    """The file as it stands: read again when it was changed, so that who was removed is out at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mark: tuple[int, int, int] | None = None
        self._tokens: dict[str, Token] = {}

    def find(self, token: str) -> Token | None:
        self._refresh()
        return self._tokens.get(digest(token))

    def _refresh(self) -> None:
        """A file that cannot be read lets nobody in."""
        try:
            found = self._path.stat()
            mark = (found.st_mtime_ns, found.st_size, found.st_ino)
            if mark != self._mark:
                self._tokens, self._mark = read_tokens(self._path), mark
        except (OSError, BadInput):
            self._tokens, self._mark = {}, None
