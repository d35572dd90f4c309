"""Writes ranges of blocks into a lake, so that a crash at any point leaves only whole ranges to be seen."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
import polars as pl

from ingest import schema
from ingest.lake.reading import MANIFESTS, Lake, ListedFile, Manifest, table_path
from ingest.model.batch import Batch
from ingest.model.errors import BadInput


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
        """Adds the blocks of `batch` as one range; a range that overlaps it keeps only what lies outside.

        1. the files are written and synced; 2. manifests of ranges that overlap are removed; 3. the new ones
        are renamed in; 4. files that no manifest lists any more are deleted. A crash between 2 and 3 leaves
        blocks out, never two versions of them: backfilling again puts them back. Raises BadInput where the
        folder cannot be written, on a full disk say.
        """
        try:
            return self._write(batch)
        except (OSError, pl.exceptions.ComputeError) as error:
            raise BadInput(
                f"the lake's folder {self._path} cannot be written: {written_reason(error)}: make room "
                "there, then give the same command again"
            ) from error

    def _write(self, batch: Batch) -> Manifest:
        replaced = [
            old for old in self.lake().ranges(batch.chain_id) if old.overlaps(batch.first, batch.last)
        ]
        pieces: list[tuple[Batch, tuple[schema.Table, ...]]] = [(batch, schema.LAKE_TABLES)]
        for old in replaced:
            pieces += [(piece, self._tables_of(old)) for piece in self._outside(old, batch)]
        manifests = [self._write_files(piece, tables) for piece, tables in pieces]
        for old in replaced:
            (self._path / MANIFESTS / old.name).unlink()
        for manifest in manifests:
            _replace(self._path / MANIFESTS / manifest.name, msgspec.json.encode(manifest))
        kept = {file.path for manifest in manifests for file in manifest.files}
        for file in (file for old in replaced for file in old.files if file.path not in kept):
            (self._path / file.path).unlink(missing_ok=True)
        return manifests[0]

    def _outside(self, old: Manifest, batch: Batch) -> list[Batch]:
        """What an older range holds before and after `batch`; nothing where it is damaged."""
        lake = self.lake()
        if (batch.first <= old.first and old.last <= batch.last) or not lake.intact(old):
            return []
        held = lake.read(old)
        pieces = (held.slice(old.first, batch.first - 1), held.slice(batch.last + 1, old.last))
        return [piece for piece in pieces if len(piece)]

    def _tables_of(self, old: Manifest) -> tuple[schema.Table, ...]:
        """What a range keeps of itself: it must not look as if it had been asked for what is new since."""
        lake, new = self.lake(), (schema.WRAPPED_NATIVES,)
        return tuple(table for table in schema.LAKE_TABLES if table not in new or lake.holds(old, table))

    def _write_files(self, batch: Batch, tables: Sequence[schema.Table]) -> Manifest:
        frames = {**batch.frames(), "transfers": batch.transfers}
        files = [self._write_table(frames[table.name], table, batch) for table in tables]
        ends = (batch.parent_hash.hex(), batch.last_hash.hex())
        return Manifest(batch.chain_id, batch.first, batch.last, *ends, files)

    def _write_table(self, frame: pl.DataFrame, table: schema.Table, batch: Batch) -> ListedFile:
        path = table_path(table.name, batch.chain_id, batch.first, batch.last)
        target = self._path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            schema.conform(table, frame).write_parquet(
                temporary, compression="zstd", compression_level=1, statistics=False
            )
            data = temporary.read_bytes()
            _sync(temporary)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        return ListedFile(path, hashlib.sha256(data).hexdigest())


def written_reason(error: Exception) -> str:
    """Why a table could not be written, in a few words: polars has an error of its own for a full disk."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).splitlines()[0].rpartition("IO error: ")[2]


def _replace(target: Path, data: bytes) -> None:
    """The file appears under its name whole and on disk, or not at all."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        temporary.write_bytes(data)
        _sync(temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    _sync(target.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
