"""What a pack is: one canonical JSON file of a head, its content as text, and a signature over the head.

There is no archive in it: no path, no link, nothing that unpacks to more than it is.
`dashboard/README.md` has the format for somebody without undertow, `docs/check_pack.py` checks one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from dashboard.outside.evidence.canonical import canonical, parsed
from dashboard.outside.evidence.signing import is_signed_as
from ingest.model.errors import BadInput, PackRefused
from ingest.model.redact import shown

FORMAT = "undertow-pack/1"
SUFFIX = ".pack"
MOST_BYTES = 16_000_000
"""Of a whole file: some 150,000 addresses, or a model of far more nodes than `contents.MOST_NODES`."""

Kind = Literal["list", "labels", "model", "histograms", "withdrawal"]
KINDS: tuple[str, ...] = get_args(Kind)

Digest = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Name = Annotated[str, Meta(pattern=r"\A[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?\Z")]
Words = Annotated[str, Meta(min_length=1, max_length=200)]
Number = Annotated[int, Meta(ge=0, le=2**53)]


class Content(Struct, frozen=True, forbid_unknown_fields=True):
    """Of the content as UTF-8."""

    bytes: Number
    sha256: Digest


class Head(Struct, frozen=True, forbid_unknown_fields=True):
    """What is signed. `lists`: of a list what it is of (`ingest.facts.list_files.KINDS`), else None.
    `chain_id`: None for what holds on any chain. A pack counts from the day `made` to the day `expires`.
    """

    format: str
    kind: Kind
    name: Name
    version: Annotated[int, Meta(ge=1, le=10**9)]
    lists: Name | None
    chain_id: Number | None
    source: Words
    licence: Words
    made: date
    expires: date
    content: Content


class Signature(Struct, frozen=True, forbid_unknown_fields=True):
    """Ed25519 (RFC 8032) in hex: the public key, and what it made of `message`."""

    key: Digest
    value: Annotated[str, Meta(pattern=r"\A[0-9a-f]{128}\Z")]


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    head: Head
    content: str
    signature: Signature


@dataclass(frozen=True, slots=True)
class Pack:
    """A file whose bytes are what its signature says; by whom, and whether it counts, is not asked yet.
    `digest`: SHA-256 of the file, by which it is withdrawn.
    """

    head: Head
    content: str
    signature: Signature
    digest: str

    @property
    def called(self) -> str:
        return f"{self.head.name} {self.head.version}"


def message(head: Head) -> bytes:
    """What is signed: the format's name, so that a signature serves nothing else, and the head."""
    return FORMAT.encode() + b"\n" + canonical(msgspec.to_builtins(head))


def as_bytes(head: Head, content: str, signature: Signature) -> bytes:
    """The only file of this pack."""
    told = msgspec.to_builtins(_File(head, content, signature))
    return canonical(told) + b"\n"


def refusal(what: object, why: str, mend: str = "get it again from its source") -> PackRefused:
    """One line that names the pack, the reason, and what to do."""
    return PackRefused(f"the pack {what} is refused: {why}; {mend}")


def read(path: Path) -> Pack:
    """Raises PackRefused for what is no pack, or not the one that was signed; BadInput for no file."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadInput(f"the pack {path} cannot be read: {error.strerror}: give another file") from error
    return opened(content, str(path))


def opened(content: bytes, what: str) -> Pack:
    """The pack of these bytes; `what` names it where it is refused. Raises PackRefused."""
    if len(content) > MOST_BYTES:
        raise refusal(what, f"too large: a pack has at most {MOST_BYTES:,} bytes")
    if not content.endswith(b"}\n"):
        raise refusal(what, f"truncated: after {len(content):,} bytes it does not end as a pack does")
    try:
        plain = parsed(content)
        found = msgspec.convert(plain, _File)
    except (ValueError, RecursionError) as error:  # msgspec's is a ValueError
        raise refusal(what, f"no pack: {shown(str(error), 160)}") from error
    if found.head.format != FORMAT:
        raise refusal(
            what, f"of format {shown(found.head.format, 40)}, this version reads {FORMAT}: update undertow"
        )
    _expect_signed(found, content, what)
    return Pack(found.head, found.content, found.signature, hashlib.sha256(content).hexdigest())


def _expect_signed(found: _File, content: bytes, what: str) -> None:
    """Every byte follows from what is signed. Raises PackRefused."""
    if not is_signed_as(found.signature.key, message(found.head), found.signature.value):
        raise refusal(what, "forged: its signature is not of this head and key")
    try:
        text = found.content.encode()
    except UnicodeEncodeError as error:
        raise refusal(what, "forged: its content has half of a letter, which nobody can write") from error
    if len(text) != found.head.content.bytes or hashlib.sha256(text).hexdigest() != found.head.content.sha256:
        raise refusal(what, "forged: its content is not the one that was signed")
    if as_bytes(found.head, found.content, found.signature) != content:
        raise refusal(what, "forged: it is not written as a pack is, byte for byte")
