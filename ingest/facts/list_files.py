"""Lists of addresses in files: sanctions, phishing, allow-lists, mixers, exchanges, bridges, as their
publishers give them out.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ingest.model.errors import BadInput

KINDS = {
    "sanctions": "sanctions",
    "ofac": "sanctions",
    "phishing": "phishing",
    "forta": "phishing",
    "allow": "allow",
    "mixer": "mixer",
    "exchange": "exchange",
    "bridge": "bridge",
}
"""What a list is of (one of `schema.LIST_KINDS`), by the beginning of its file's name."""

MOST_BYTES = 64 * 1024 * 1024
"""Cap of one list's file: about a million addresses."""

TAG_BYTES = 256
"""Cap of a tag: a longer one is cut there."""

FROM, UNTIL = ("valid_from", "from", "since"), ("valid_until", "until", "to")
"""What a column of a CSV list may be called that says when an entry begins or ends to hold."""

Dates = tuple[int | None, int | None]
"""Since when an entry holds, and from when on it does no more, in whole seconds UTC; None: not said."""

_ALWAYS: Dates = (None, None)
_ENDINGS = {".txt", ".csv"}
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class ListFile:
    """A list as its file has it: the tag (or None) of each address, the file's SHA-256, and the time of its
    last change in whole seconds UTC. `dates` has those entries that say when they hold.
    """

    source: str
    kind: str
    date: int
    digest: bytes
    tags: dict[bytes, str | None]
    dates: dict[bytes, Dates] = field(default_factory=dict)


def listed_files(folder: Path) -> list[Path]:
    """The lists in a folder: its `.txt` and `.csv` files, by name. Raises BadInput where it is none."""
    try:
        return sorted(file for file in folder.iterdir() if file.suffix.lower() in _ENDINGS and file.is_file())
    except OSError as error:
        raise BadInput(f"the lists in {folder} cannot be read: {error.strerror}: see --facts") from error


def read(file: Path) -> ListFile:
    """Reads one list: an address a line (`#` begins a comment), or CSV with a column `address`. Of an address
    that is named twice the first entry counts.

    Raises BadInput, with the line, for what is neither, and for a name that does not say what it lists.
    """
    kind = next((kind for start, kind in KINDS.items() if file.name.lower().startswith(start)), None)
    if kind is None:
        raise BadInput(
            f"{file}: what is listed here? Begin the file's name with one of {', '.join(KINDS)}, or move it"
        )
    try:
        changed, size = int(file.stat().st_mtime), file.stat().st_size
        if size > MOST_BYTES:
            raise BadInput(f"{file} is larger than {MOST_BYTES} bytes: split it")
        data = file.read_bytes()
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{file} is not UTF-8 text: byte {error.start} is none of it") from error
    entries = _csv_entries(file, text) if file.suffix.lower() == ".csv" else _lines(file, text)
    tags: dict[bytes, str | None] = {}
    dates: dict[bytes, Dates] = {}
    for address, tag, when in entries:
        if address not in tags:
            tags[address] = tag
            if when != _ALWAYS:
                dates[address] = when
    return ListFile(file.name, kind, changed, hashlib.sha256(data).digest(), tags, dates)


def _lines(file: Path, text: str) -> Iterator[tuple[bytes, str | None, Dates]]:
    for number, line in enumerate(text.splitlines(), 1):
        plain, _, comment = line.partition("#")
        if plain.strip():
            yield _address(plain.strip(), file, number), _tag(comment), _ALWAYS


def _csv_entries(file: Path, text: str) -> Iterator[tuple[bytes, str | None, Dates]]:
    rows = csv.DictReader(io.StringIO(text, newline=""))
    names = [name.strip().lower() for name in rows.fieldnames or []]
    if "address" not in names:
        raise BadInput(f"{file}, line 1: a list in CSV has a column `address` in its header")
    rows.fieldnames = names
    tag = next((name for word in ("tag", "label") for name in names if word in name), None)
    try:
        for row in rows:
            address = (row["address"] or "").strip()
            if address:
                when = _dates(row, names, file, rows.line_num)
                yield _address(address, file, rows.line_num), _tag(row[tag] if tag else None), when
    except csv.Error as error:
        raise BadInput(f"{file}, line {rows.line_num}: not CSV: {error}") from error


def _address(text: str, file: Path, line: int) -> bytes:
    if not _ADDRESS.fullmatch(text):
        raise BadInput(f"{file}, line {line}: {text[:_SHOWN]!r} is no address (0x and 40 hex digits)")
    return bytes.fromhex(text[2:])


def _dates(row: dict[str, str | None], names: list[str], file: Path, line: int) -> Dates:
    """From when until when an entry holds."""
    begin, end = (next((name for name in columns if name in names), None) for columns in (FROM, UNTIL))
    since, until = (_time(row[name], file, line) if name else None for name in (begin, end))
    if since is not None and until is not None and until <= since:
        raise BadInput(f"{file}, line {line}: an entry that ends before it begins never held: remove it")
    return since, until


def _time(text: str | None, file: Path, line: int) -> int | None:
    """A day (2022-08-08), a time of ISO 8601 (UTC where it does not say), or seconds since 1970."""
    plain = (text or "").strip()
    if not plain:
        return None
    try:
        if plain.isascii() and plain.isdigit() and len(plain) > len("20220808"):
            seconds = int(plain)
        else:
            said = datetime.fromisoformat(plain)
            seconds = int((said if said.tzinfo else said.replace(tzinfo=UTC)).timestamp())
    except ValueError:
        seconds = -1
    if not 0 <= seconds < 2**62:
        raise BadInput(
            f"{file}, line {line}: {plain[:_SHOWN]!r} is no date (2022-08-08, or seconds since 1970)"
        )
    return seconds


def _tag(text: str | None) -> str | None:
    """Cut to `TAG_BYTES` between letters; None where nothing is said."""
    plain = (text or "").strip().encode()[:TAG_BYTES].decode(errors="ignore")
    return plain or None
