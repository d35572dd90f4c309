"""Packs of labels: who says what a file of labels says, since when and till when it counts, and its digest.
What was withdrawn, has expired, or is not what was given out is refused by name, before anything is learned.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ingest.machine.tools import home
from ingest.model.errors import BadInput
from ingest.model.redact import shown

SUFFIX, FORMAT = ".pack.json", "undertow-labels/1"
WITHDRAWN = "withdrawn.txt"
"""In the folder of packs, for `withdrawn_in`."""
_KEYS = {"format", "name", "source", "made", "expires", "withdrawn", "labels", "digest"}
MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Pack:
    """`labels`: the file; `digest`: its SHA-256; `own`: that of the pack's own file, None for a bare file of
    labels, which is named after its digest.
    """

    name: str
    labels: Path
    digest: str
    own: str | None = None


def pack_of(path: Path, on: date, withdrawn: Mapping[str, str]) -> Pack:
    """A pack (NAME.pack.json), or a bare file of labels, as it counts on a day. `withdrawn`: reasons by the
    digest of labels. Raises BadInput, with the pack's name, for what does not count.
    """
    pack = _read(path, on) if path.name.endswith(SUFFIX) else _bare(path)
    if pack.digest in withdrawn:
        raise BadInput(f"the label pack {pack.name} ({path}) was withdrawn: {withdrawn[pack.digest]}; {_OUT}")
    return pack


_OUT = "leave it out, with its --lake"


def _bare(path: Path) -> Pack:
    digest = _digest(path)
    return Pack(f"labels-{digest[:16]}", path, digest)


def _read(path: Path, on: date) -> Pack:
    text = _bytes(path)
    try:
        told: dict[str, Any] = json.loads(text)
        if set(told) != _KEYS or told["format"] != FORMAT:
            raise ValueError(f"it takes exactly the keys {', '.join(sorted(_KEYS))}, and format {FORMAT}")
        name, digest = shown(str(told["name"]), 80), str(told["digest"])
        made = date.fromisoformat(told["made"])
        expires = None if told["expires"] is None else date.fromisoformat(told["expires"])
        labels = path.parent / str(told["labels"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadInput(f"{path} is no label pack: {shown(str(error), 200)}") from error
    if told["withdrawn"] is not None:
        reason = shown(str(told["withdrawn"]), 200)
        raise BadInput(f"the label pack {name} ({path}) was withdrawn: {reason}; {_OUT}")
    if made > on:
        raise BadInput(f"the label pack {name} ({path}) is of {made}, which is after {on}: check --on")
    if expires is not None and expires < on:
        raise BadInput(
            f"the label pack {name} ({path}) expired on {expires}, and it is {on}: get a newer one from "
            f"{shown(str(told['source']), 80)}, or {_OUT}"
        )
    found = _digest(labels)
    if found != digest:
        raise BadInput(
            f"the labels of pack {name} ({labels}) hash to {found[:16]}…, and the pack says {digest[:16]}…: "
            "they were changed; get both again"
        )
    return Pack(name, labels, digest, hashlib.sha256(text).hexdigest())


def own_withdrawn() -> Path | None:
    """What `undertow packs` notes as withdrawn, where it does."""
    path = home() / "packs" / WITHDRAWN
    return path if path.is_file() else None


def withdrawn_in(path: Path | None) -> dict[str, str]:
    """Of a list of what was withdrawn, a line each (SHA-256 of labels, a space, the reason), reasons by
    digest. Raises BadInput with the line that is none.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(_bytes(path).decode(errors="replace").splitlines() if path else (), 1):
        digest, _, reason = line.strip().partition(" ")
        if not digest or digest.startswith("#"):
            continue
        if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
            raise BadInput(f"line {number} of {path} is no digest and a reason: 64 hex digits come first")
        found[digest] = shown(reason or "no reason is given", 200)
    return found


def _digest(path: Path) -> str:
    return hashlib.sha256(_bytes(path, 10**10)).hexdigest()


def _bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    try:
        if path.stat().st_size > most:
            raise BadInput(f"{path} is too large: it has more than {most} bytes")
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}; give another --labels") from error
