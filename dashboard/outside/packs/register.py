"""What was taken in, and what follows from it on disk.

`register.json` is what counts: it is replaced whole, and every other file is made from it and from the kept
packs by `settle`, which each command does first. So whenever a command is killed the register is the one of
before or of after, and the next command makes the files fit it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

import msgspec
from msgspec import Struct

from dashboard.accounts.own_files import held, read_own, write_whole
from dashboard.filing.export import write_whole as write_text
from dashboard.outside.packs.pack import SUFFIX, Digest, Kind, Name, Pack, Words, read, refusal
from dashboard.outside.packs.trust import FILE as TRUSTED
from detectors.evaluate.training.packs import FORMAT as LABELS_FORMAT
from detectors.evaluate.training.packs import SUFFIX as LABELS_SUFFIX
from detectors.evaluate.training.packs import WITHDRAWN
from ingest.model.errors import BadInput

FILE, KEPT = "register.json", "kept"


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """A pack of a name, the highest version that was ever taken in. `place`: the file that it became;
    `withdrawn`: why it counts no more, None while it is in force.
    """

    signer: Name
    key: Digest
    name: Name
    kind: Kind
    version: int
    digest: Digest
    content: Digest
    place: str
    expires: date
    withdrawn: Words | None = None


class Gone(Struct, frozen=True, forbid_unknown_fields=True):
    """A file of a pack that is never taken in again, and the content it had. `signer`: whose withdrawal it
    is, None for the operator's own: nobody withdraws what another gave out.
    """

    digest: Digest
    content: Digest | None
    name: Name
    kind: Kind | None
    reason: Words
    signer: Name | None = None


class Register(Struct, frozen=True, forbid_unknown_fields=True):
    """All of it."""

    version: int = 1
    packs: list[Entry] = []
    gone: list[Gone] = []

    def of(self, name: str) -> Entry | None:
        return next((each for each in self.packs if each.name == name), None)

    def of_file(self, digest: str) -> Entry | None:
        return next((each for each in self.packs if each.digest == digest), None)

    def in_force(self, kind: str | None = None) -> list[Entry]:
        return [each for each in self.packs if each.withdrawn is None and kind in (None, each.kind)]

    def why_gone(self, digest: str, signer: str | None = None) -> str | None:
        """Of the SHA-256 of a pack's file, or of its content; `signer`: who gave it out, where known."""
        for each in self.gone:
            if digest in (each.digest, each.content) and (
                None in (signer, each.signer) or each.signer == signer
            ):
                return each.reason
        return None

    def with_entry(self, entry: Entry) -> Register:
        others = [each for each in self.packs if each.name != entry.name]
        ordered = sorted([*others, entry], key=lambda each: each.name)
        return msgspec.structs.replace(self, packs=ordered)

    def without(self, digest: str, name: str, reason: str, signer: str | None = None) -> Register:
        """Whatever is of this file is withdrawn, and never taken in again."""
        entry = self.of_file(digest)
        content, kind = (None, None) if entry is None else (entry.content, entry.kind)
        told = Gone(digest, content, name, kind, reason, signer)
        found = msgspec.structs.replace(self, gone=[*self.gone, told])
        if entry is None or entry.withdrawn is not None:
            return found
        return found.with_entry(msgspec.structs.replace(entry, withdrawn=reason))


def locked(folder: Path) -> AbstractContextManager[None]:
    """Only one command at a time changes what is in the folder. Raises BadInput."""
    return held(folder / "lock", "give another --packs")


def registered(folder: Path) -> Register:
    """Empty where nothing was taken in yet. Raises BadInput."""
    path = folder / FILE
    try:
        found = msgspec.json.decode(read_own(path, "which packs are in force"), type=Register)
    except FileNotFoundError:
        return Register()
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(f"{path} is no register of packs ({error}): bring back a copy of it") from error
    if found.version != 1:
        raise BadInput(f"{path} is of version {found.version}, this undertow knows 1: update undertow")
    return found


def write_register(folder: Path, register: Register) -> None:
    """The moment from which it counts. Raises BadInput."""
    write_whole(folder / FILE, msgspec.to_builtins(register))


def keep(folder: Path, pack: Pack, content: bytes) -> None:
    """Before it is registered. Raises BadInput."""
    _fit(kept_at(folder, pack.digest), content.decode())


def kept_at(folder: Path, digest: str) -> Path:
    return folder / KEPT / f"{digest}{SUFFIX}"


def kept(folder: Path, entry: Entry) -> Pack:
    """The pack of an entry, as it was signed. Raises BadInput and PackRefused."""
    path = kept_at(folder, entry.digest)
    if not path.is_file():
        raise BadInput(f"{path} is gone, which {entry.name} was taken in from: bring back a copy of {folder}")
    found = read(path)
    if found.digest != entry.digest:
        raise refusal(
            path, f"it is not the one that {entry.name} was taken in from", "bring back a copy of it"
        )
    return found


def settle(folder: Path, register: Register) -> None:
    """Makes the files fit the register; what fits already is not touched. Raises BadInput."""
    for name in (FILE, TRUSTED):
        _sweep(folder / name)
    named = {kept_at(folder, entry.digest) for entry in register.packs}
    for path in (folder / KEPT).glob("*"):
        if path not in named:  # an earlier version, or one whose import was killed
            _fit(path, None)
    for entry in register.packs:
        for path, text in _files(folder, entry):
            _fit(path, text)
    gone = {each.content: each.reason for each in register.gone if each.kind == "labels" and each.content}
    text = "".join(f"{digest} {reason}\n" for digest, reason in sorted(gone.items()))
    _fit(folder / WITHDRAWN, text or None)


def _files(folder: Path, entry: Entry) -> Iterator[tuple[Path, str | None]]:
    """Each file of an entry with what it holds, None where it is not there; a pack after its labels."""
    place = Path(entry.place)
    pack = kept(folder, entry)
    yield place, pack.content if entry.withdrawn is None else None
    if entry.kind == "labels":
        told = {
            "format": LABELS_FORMAT, "name": entry.name, "source": pack.head.source, "labels": place.name,
            "made": pack.head.made.isoformat(), "expires": pack.head.expires.isoformat(),
            "withdrawn": entry.withdrawn, "digest": entry.content,
        }  # fmt: skip
        yield place.with_name(f"{entry.name}{LABELS_SUFFIX}"), json.dumps(told, sort_keys=True) + "\n"


def _sweep(path: Path) -> None:
    """What a killed command was writing beside it."""
    for half in path.parent.glob(f".{path.name}.*"):
        half.unlink()


def _fit(path: Path, text: str | None) -> None:
    """The file holds this text, or is not there. Raises BadInput."""
    try:
        _sweep(path)
        if text is None:
            path.unlink(missing_ok=True)
        elif not path.is_file() or path.read_bytes() != text.encode():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text(path, text)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}") from error
