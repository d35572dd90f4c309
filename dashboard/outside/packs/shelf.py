"""Packs in a folder, given out over HTTP: read as they are asked for, and only what is one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dashboard.outside.packs.pack import SUFFIX, Pack, as_bytes, read
from ingest.model.errors import BadInput, PackRefused

MOST = 1_000
"""Packs of a folder that are given out."""


def expect_folder(folder: Path) -> Path:
    """Raises BadInput where there is none."""
    if not folder.is_dir():
        raise BadInput(f"there is no folder {folder} of packs to give out: see --publish")
    return folder


@dataclass(frozen=True, slots=True)
class Shelf:
    """What lies in `folder` as *.pack. A file that is no pack is left out; one that expired is given out:
    whoever takes it in judges it by a day of their own.
    """

    folder: Path

    def listed(self) -> list[Pack]:
        """By name and version."""
        found = []
        for path in sorted(self.folder.glob(f"*{SUFFIX}"))[:MOST]:
            try:
                found.append(read(path))
            except (BadInput, PackRefused):
                continue
        return sorted(found, key=lambda each: (each.head.name, each.head.version, each.digest))

    def content(self, digest: str) -> bytes | None:
        """The file whose SHA-256 this is."""
        of = next((each for each in self.listed() if each.digest == digest), None)
        return None if of is None else as_bytes(of.head, of.content, of.signature)
