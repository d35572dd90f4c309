"""The record log at rest: Parquet files by table and range of blocks, and manifests of those that count."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import msgspec
import polars as pl

from ingest import schema
from ingest.lake import RANGE_BLOCKS
from ingest.model.batch import Batch
from ingest.model.errors import NotALake

MANIFESTS = "_ranges"
_SPAN = re.compile(r"\d+-(\d+)-(\d+)")
NO_BLOCK = -1

_ADDED = (
    schema.TRACES, schema.CODES, schema.LISTS, schema.WRAPPED_NATIVES, schema.MESSAGES, schema.DISAGREEMENTS,
)  # fmt: skip
"""Tables that lakes of earlier versions do not have: there they are empty."""


class ListedFile(msgspec.Struct, frozen=True):
    path: str
    """Below the lake's folder, with forward slashes."""
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """One range: its blocks `first`..`last`, the hashes (hex) that link it to its neighbours, its files."""

    chain_id: int
    first: int
    last: int
    parent_hash: str
    last_hash: str
    files: list[ListedFile]
    version: int = 1

    @property
    def name(self) -> str:
        return f"{self.chain_id}-{span(self.first, self.last)}.json"

    def overlaps(self, first: int, last: int) -> bool:
        return self.first <= last and first <= self.last


@dataclass(frozen=True, slots=True)
class Lake:
    """Reads a lake. What no manifest lists does not exist."""

    path: Path
    manifests: tuple[Manifest, ...]

    @classmethod
    def open(cls, path: Path) -> Lake:
        """Raises NotALake where the folder holds none, or one whose manifests do not decode."""
        if not (path / MANIFESTS).is_dir():
            raise NotALake(
                f"{path} is not a lake: it has no folder {MANIFESTS}; make one with `undertow backfill`"
            )
        found = [_read_manifest(file) for file in sorted((path / MANIFESTS).glob("*.json"))]
        return cls(path, tuple(sorted(found, key=lambda manifest: (manifest.chain_id, manifest.first))))

    def chain_ids(self) -> list[int]:
        return sorted({manifest.chain_id for manifest in self.manifests})

    def chain_id(self) -> int:
        """The chain of a lake that holds one. Raises NotALake where it holds none or several."""
        chains = self.chain_ids()
        if len(chains) != 1:
            held = ", ".join(map(str, chains)) or "none"
            raise NotALake(f"the lake at {self.path} must hold one chain, it holds {held}")
        return chains[0]

    def ranges(self, chain_id: int) -> list[Manifest]:
        """The ranges of a chain in order. Raises NotALake where two overlap."""
        ranges = [manifest for manifest in self.manifests if manifest.chain_id == chain_id]
        for before, after in pairwise(ranges):
            if after.first <= before.last:
                raise NotALake(
                    f"ranges {before.name} and {after.name} of the lake at {self.path} overlap: backfill one"
                )
        return ranges

    def batches(
        self,
        chain_id: int,
        first: int | None = None,
        last: int | None = None,
        blocks: int = 100,
        after: int = NO_BLOCK,
    ) -> Iterator[Batch]:
        """The blocks `first`..`last` (inclusive; None: as far as there are), at most `blocks` a batch; those
        up to block `after` are passed over, and what they told counts as told.

        A fact comes once, with the first batch that holds it. Batches end where ranges end. Where blocks are
        missing the next batch's parent hash does not fit: that is for the caller to refuse. Raises NotALake.
        """
        told = _Told()
        for manifest in self.ranges(chain_id):
            low = manifest.first if first is None else max(first, manifest.first)
            high = manifest.last if last is None else min(last, manifest.last)
            told.pass_over(self._told_of(manifest, low, min(high, after)))
            low = max(low, after + 1)
            whole = self.read(manifest) if low <= high else None
            for start in range(low, high + 1, blocks):
                assert whole is not None
                yield told.first_time(whole.slice(start, min(start + blocks - 1, high)))

    def _told_of(self, manifest: Manifest, first: int, last: int) -> tuple[pl.DataFrame, pl.DataFrame]:
        """What some blocks of a range told of tokens and of code; without opening it where these are none."""
        tables = schema.TOKEN_METADATA, schema.CODES
        if last < first:
            return tables[0].empty(), tables[1].empty()
        inside = pl.col("block_number").is_between(first, last)
        tokens, codes = (self._table(manifest, table).filter(inside) for table in tables)
        return tokens, codes

    def told(self, chain_id: int, table: schema.Table, last: int) -> pl.DataFrame:
        """The rows of one table up to block `last`, in order. Raises NotALake where the lake is damaged."""
        held = [m for m in self.ranges(chain_id) if m.first <= last]
        whole = pl.concat([table.empty(), *(self._table(manifest, table) for manifest in held)])
        return whole.filter(pl.col("block_number") <= last)

    def newest(self, chain_id: int, table: schema.Table, blocks: int) -> pl.DataFrame:
        """The rows of one table in the last `blocks` blocks, in order; ranges before them are not opened.
        Raises NotALake where the lake is damaged.
        """
        held = self.ranges(chain_id)
        first = held[-1].last - blocks + 1 if held else 0
        parts = [self._table(manifest, table) for manifest in held if manifest.last >= first]
        return pl.concat([table.empty(), *parts]).filter(pl.col("block_number") >= first)

    def lists(self, chain_id: int) -> pl.DataFrame:
        """Every version of every list that was told, in order; what is damaged is left out."""
        parts = [schema.LISTS.empty()]
        for manifest in self.ranges(chain_id):
            with suppress(NotALake):
                parts.append(self._table(manifest, schema.LISTS))
        return pl.concat(parts)

    def read(self, manifest: Manifest) -> Batch:
        """All blocks of one range. Raises NotALake where a file is missing, changed or of another shape."""
        tables = (*schema.CHAIN_TABLES, schema.TRACES, *schema.FACT_TABLES)
        frames = {table.name: self._table(manifest, table) for table in tables}
        batch = Batch(**frames)
        ends = (
            (batch.first, batch.last, batch.parent_hash.hex(), batch.last_hash.hex()) if len(batch) else None
        )
        if ends != (manifest.first, manifest.last, manifest.parent_hash, manifest.last_hash):
            raise NotALake(
                f"the lake at {self.path} is damaged: {manifest.name} does not say what its files hold"
            )
        return batch

    def intact(self, manifest: Manifest) -> bool:
        """Whether every file of a range is there with the bytes that were written."""
        try:
            for file in manifest.files:
                self._bytes(file)
        except NotALake:
            return False
        return True

    def holds(self, manifest: Manifest, table: schema.Table) -> bool:
        """Whether a range has a file of a table: those of earlier versions have fewer."""
        path = table_path(table.name, manifest.chain_id, manifest.first, manifest.last)
        return any(file.path == path for file in manifest.files)

    def _table(self, manifest: Manifest, table: schema.Table) -> pl.DataFrame:
        path = table_path(table.name, manifest.chain_id, manifest.first, manifest.last)
        listed = next((file for file in manifest.files if file.path == path), None)
        if listed is None and table in _ADDED:
            return table.empty()
        if listed is None:
            raise NotALake(f"the lake at {self.path} is damaged: {manifest.name} lists no {path}")
        try:
            held = pl.read_parquet(io.BytesIO(self._bytes(listed)), hive_partitioning=False)
            frame = schema.completed(table, held)
        except pl.exceptions.PolarsError as error:
            raise NotALake(f"the lake at {self.path} is damaged: {path} does not decode") from error
        if dict(frame.schema) != table.schema:
            raise NotALake(
                f"{path} of the lake at {self.path} has other columns than this undertow reads: backfill it"
            )
        return frame

    def _bytes(self, file: ListedFile) -> bytes:
        try:
            data = (self.path / file.path).read_bytes()
        except OSError as error:
            raise NotALake(
                f"the lake at {self.path} is damaged: {file.path} is listed but cannot be read"
            ) from error
        if hashlib.sha256(data).hexdigest() != file.sha256:
            raise NotALake(
                f"the lake at {self.path} is damaged: {file.path} is not what was written; backfill it again"
            )
        return data


def overlapping(path: Path, chain_id: int, first: int, last: int) -> list[Manifest]:
    """The ranges of a lake that hold any of some blocks, found by their names, as years of a chain have
    thousands. Raises NotALake where one of them does not decode.
    """
    found = []
    for file in sorted((path / MANIFESTS).glob(f"{chain_id}-*.json")):
        named = _SPAN.fullmatch(file.stem)
        if named is None or (int(named[1]) <= last and first <= int(named[2])):
            found.append(_read_manifest(file))
    return [manifest for manifest in found if manifest.overlaps(first, last)]


def span(first: int, last: int) -> str:
    return f"{first:012d}-{last:012d}"


def table_path(table: str, chain_id: int, first: int, last: int) -> str:
    return f"{table}/chain_id={chain_id}/{span(first, last)}.parquet"


def split(first: int, last: int) -> list[tuple[int, int]]:
    """The ranges that cover blocks `first`..`last`: aligned to `RANGE_BLOCKS`, clipped at both ends."""
    starts = range(first - first % RANGE_BLOCKS, last + 1, RANGE_BLOCKS)
    return [(max(first, start), min(last, start + RANGE_BLOCKS - 1)) for start in starts]


def _read_manifest(file: Path) -> Manifest:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise NotALake(
            f"the lake's manifest {file} cannot be read: remove it and backfill its range again"
        ) from error


class _Told:
    """What earlier batches said already: every range is backfilled on its own, and begins anew with facts."""

    def __init__(self) -> None:
        self._tokens: set[bytes] = set()
        self._codes: set[bytes] = set()

    def pass_over(self, told: tuple[pl.DataFrame, pl.DataFrame]) -> None:
        """Words of tokens, and code, that somebody else was given."""
        tokens, codes = told
        self._tokens.update(tokens["token"])
        self._codes.update(codes["code_hash"])

    def first_time(self, batch: Batch) -> Batch:
        """`batch` without the words of tokens that spoke before, and without code that was shown before."""
        spoke = _firsts(batch.token_metadata["token"], self._tokens)
        shown = _firsts(batch.codes["code_hash"], self._codes)
        return replace(
            batch,
            token_metadata=batch.token_metadata.filter(spoke),
            codes=batch.codes.with_columns(code=pl.when(shown).then("code")),
        )


def _firsts(keys: pl.Series, seen: set[bytes]) -> pl.Series:
    """Whether each key is met for the first time; all of them are in `seen` afterwards."""
    fresh = []
    for key in keys:
        fresh.append(key not in seen)
        seen.add(key)
    return pl.Series(fresh, dtype=pl.Boolean)
