"""Writes ranges of blocks into a lake, so that a crash at any point leaves only whole ranges to be seen."""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import polars as pl

from ingest import schema
from ingest.lake.reading import MANIFESTS, Lake, ListedFile, Manifest, overlapping, table_path
from ingest.model.batch import Batch
from ingest.model.errors import BadInput


@dataclass(frozen=True, slots=True)
class EncodedRange:
    """A range as the lake keeps it: its manifest, and the bytes of each file that it lists."""

    manifest: Manifest
    contents: tuple[bytes, ...]


def encoded(batch: Batch, tables: Sequence[schema.Table] = schema.LAKE_TABLES) -> EncodedRange:
    """The blocks of `batch` as one range, the same bytes wherever that is done."""
    frames = {**batch.frames(), "transfers": batch.transfers}
    contents = tuple(_parquet(schema.conform(table, frames[table.name])) for table in tables)
    files = [
        ListedFile(
            table_path(table.name, batch.chain_id, batch.first, batch.last), hashlib.sha256(data).hexdigest()
        )
        for table, data in zip(tables, contents, strict=True)
    ]
    ends = (batch.parent_hash.hex(), batch.last_hash.hex())
    return EncodedRange(Manifest(batch.chain_id, batch.first, batch.last, *ends, files), contents)


def _parquet(frame: pl.DataFrame) -> bytes:
    target = io.BytesIO()
    frame.write_parquet(target, compression="zstd", compression_level=1, statistics=False)
    return target.getvalue()


class LakeWriter:
    """Adds ranges to the lake in a folder, made where it is missing. Raises BadInput where it cannot be."""

    def __init__(self, path: Path) -> None:
        try:
            (path / MANIFESTS).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(f"the lake's folder {path} cannot be made: {error.strerror}") from error
        self._path = path

    def lock(self, chain_id: int) -> int | None:
        """Keeps other processes of this machine from keeping the chain's final blocks here, until what is
        returned is closed; None where one does so.
        """
        folder = (self._path / table_path(schema.BLOCKS.name, chain_id, 0, 0)).parent
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return None
        return descriptor

    def lake(self) -> Lake:
        """The lake as it is now."""
        return Lake.open(self._path)

    def write(self, batch: Batch) -> Manifest:
        """Adds the blocks of `batch` as one range, see `add`."""
        return self.add(encoded(batch))

    def add(self, new: EncodedRange) -> Manifest:
        """Adds a range; one that overlaps it keeps only what lies outside.

        1. the files are written and synced; 2. manifests of ranges that overlap are removed; 3. the new ones
        are renamed in; 4. files that no manifest lists any more are deleted. A crash between 2 and 3 leaves
        blocks out, never two versions of them: backfilling again puts them back. Raises BadInput where the
        folder cannot be written, on a full disk say.
        """
        try:
            return self._add(new)
        except OSError as error:
            raise BadInput(
                f"the lake's folder {self._path} cannot be written: {written_reason(error)}: make room "
                "there, then give the same command again"
            ) from error

    def _add(self, new: EncodedRange) -> Manifest:
        first, last = new.manifest.first, new.manifest.last
        replaced = overlapping(self._path, new.manifest.chain_id, first, last)
        ranges = [new]
        for old in replaced:
            ranges += [encoded(piece, self._tables_of(old)) for piece in self._outside(old, first, last)]
        for range_ in ranges:
            for file, data in zip(range_.manifest.files, range_.contents, strict=True):
                _replace(self._path / file.path, data)
        for old in replaced:
            (self._path / MANIFESTS / old.name).unlink()
        manifests = [range_.manifest for range_ in ranges]
        for manifest in manifests:
            _replace(self._path / MANIFESTS / manifest.name, msgspec.json.encode(manifest))
            _sync(self._path / MANIFESTS)
        kept = {file.path for manifest in manifests for file in manifest.files}
        for file in (file for old in replaced for file in old.files if file.path not in kept):
            (self._path / file.path).unlink(missing_ok=True)
        return new.manifest

    def _outside(self, old: Manifest, first: int, last: int) -> list[Batch]:
        """What an older range holds before and after blocks `first`..`last`; nothing where it is damaged."""
        lake = self.lake()
        if (first <= old.first and old.last <= last) or not lake.intact(old):
            return []
        held = lake.read(old)
        pieces = (held.slice(old.first, first - 1), held.slice(last + 1, old.last))
        return [piece for piece in pieces if len(piece)]

    def _tables_of(self, old: Manifest) -> tuple[schema.Table, ...]:
        """What a range keeps of itself: it must not look as if it had been asked for what is new since."""
        lake, new = self.lake(), (schema.WRAPPED_NATIVES,)
        return tuple(table for table in schema.LAKE_TABLES if table not in new or lake.holds(old, table))


def written_reason(error: Exception) -> str:
    """Why a table could not be written, in a few words: polars has an error of its own for a full disk."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).splitlines()[0].rpartition("IO error: ")[2]


def _replace(target: Path, data: bytes) -> None:
    """The file appears under its name whole, with its bytes on disk, or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        temporary.write_bytes(data)
        _sync(temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
