"""Packs in a folder, given out over HTTP: read as they are asked for, and only what is one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dashboard.outside.packs.pack import SUFFIX, Pack, as_bytes, read
from ingest.model.errors import BadInput

MOST = 1_000
"""Packs of a folder that are given out."""


def expect_folder(folder: Path) -> Path:
    """Raises BadInput where there is none."""
    if not folder.is_dir():
        raise BadInput(f"there is no folder {folder} of packs to give out: see --publish")
    return folder


class Shelf:
    """What lies in a folder as *.pack. A file that is no pack is left out; one that expired is given out:
    whoever takes it in judges it by a day of their own. Files are read again when they were changed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[tuple[Path, int, int], Pack | None] = {}

    def listed(self) -> list[Pack]:
        """By name and version, each without its content."""
        found = [pack for _, pack in self._packs()]
        return sorted(found, key=lambda each: (each.head.name, each.head.version, each.digest))

    def content(self, digest: str) -> bytes | None:
        """The file whose SHA-256 this is."""
        path = next((path for path, pack in self._packs() if pack.digest == digest), None)
        if path is None:
            return None
        found = read(path)
        return as_bytes(found.head, found.content, found.signature) if found.digest == digest else None

    def _packs(self) -> list[tuple[Path, Pack]]:
        now = {}
        for path in sorted(self._folder.glob(f"*{SUFFIX}"))[:MOST]:
            key = _stamp(path)
            now[key] = self._seen[key] if key in self._seen else _without_content(path)
        self._seen = now
        return [(key[0], pack) for key, pack in now.items() if pack is not None]


def _stamp(path: Path) -> tuple[Path, int, int]:
    try:
        found = path.stat()
    except OSError:
        return path, 0, 0
    return path, found.st_mtime_ns, found.st_size


def _without_content(path: Path) -> Pack | None:
    try:
        return replace(read(path), content="")
    except BadInput:
        return None
