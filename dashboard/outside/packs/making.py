"""Making a pack of what one has: a list, labels, a model, or the withdrawal of a pack given out before."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec

from dashboard.outside.evidence.signing import Signer
from dashboard.outside.packs import contents, pack
from dashboard.outside.packs.pack import Head, Pack
from dashboard.outside.sharing import release
from detectors.evaluate.labels import load_labels
from detectors.models.model_file import load, to_text
from detectors.parts.model_tables import COLUMNS
from ingest.facts import list_files
from ingest.model.errors import BadInput


@dataclass(frozen=True, slots=True)
class Told:
    """What a person says of a pack."""

    name: str
    version: int
    source: str
    licence: str
    made: date
    expires: date
    chain_id: int | None = None
    reason: str | None = None


def made(kind: str, file: Path, told: Told, signer: Signer) -> bytes:
    """The pack as a file. Raises BadInput for what could not be taken in by anybody."""
    text, lists, chain_id = _content(kind, file, told)
    encoded = text.encode()
    plain = {
        "format": pack.FORMAT, "kind": kind, "name": told.name, "version": told.version, "lists": lists,
        "chain_id": chain_id, "source": told.source, "licence": told.licence,
        "made": told.made.isoformat(), "expires": told.expires.isoformat(),
        "content": {"bytes": len(encoded), "sha256": hashlib.sha256(encoded).hexdigest()},
    }  # fmt: skip
    try:
        head = msgspec.convert(plain, Head)
    except msgspec.ValidationError as error:
        raise BadInput(f"no pack can be made of {file}: {error}") from error
    contents.expect_fitting(head, text)
    signature = pack.Signature(signer.public, signer.sign_as(pack.message(head)))
    found = pack.as_bytes(head, text, signature)
    pack.opened(found, str(file))
    return found


def _content(kind: str, file: Path, told: Told) -> tuple[str, str | None, int | None]:
    """The text, what a list is of, and the chain."""
    if kind == "list":
        listed = list_files.read(file)
        return contents.as_list(listed, told.expires), listed.kind, told.chain_id
    if kind == "labels":
        labels = load_labels(file)
        return file.read_text(encoding="utf-8"), None, labels.chain_id
    if kind == "model":
        model = load(file, COLUMNS)
        return to_text(model), None, contents.chain_of(model)
    if kind == "histograms":
        released = release.read(file)
        return release.text_of(released), None, released.chain_id
    if told.reason is None:
        raise BadInput("a withdrawal says why: give --reason")
    return _withdrawal(pack.read(file), told.reason), None, None


def _withdrawal(of: Pack, reason: str) -> str:
    told = contents.Withdrawn(of.digest, of.head.name, reason)
    return msgspec.json.encode(told).decode()
