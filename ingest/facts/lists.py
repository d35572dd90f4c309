"""Lists as facts: each version of a list becomes known with a block, in order with everything else."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from ingest import schema
from ingest.facts.list_files import ListFile, listed_files, read
from ingest.model.errors import BadInput

LOOK_S = 1.0
"""How often the folder is looked at for files that changed."""

KEPT_BLOCKS = 4096
"""How long what was told is kept: more than a rollback reaches, and than the lake is behind the log."""

_NO_FILE = hashlib.sha256(b"").digest()


@dataclass(frozen=True, slots=True)
class _Version:
    """A list as the stream was told of it: rows of `schema.LISTS`, all of one block and one digest."""

    rows: pl.DataFrame

    @property
    def block_number(self) -> int:
        return int(self.rows["block_number"][0])

    @property
    def digest(self) -> bytes:
        return bytes(self.rows["digest"][0])

    def addresses(self) -> set[bytes]:
        return set(self.rows.filter("listed")["address"].to_list())


@dataclass(slots=True)
class _Source:
    """One file: what it holds now, and the versions of it that the stream was told."""

    file: ListFile
    stamp: tuple[int, int] | None = None
    told: list[_Version] = field(default_factory=list)

    def named(self) -> set[bytes]:
        """Who is on the list, as far as the stream knows."""
        return self.told[-1].addresses() if self.told else set()

    @property
    def is_told(self) -> bool:
        if not self.told or not self.told[-1].rows["listed"].any():
            return not self.file.tags
        return self.told[-1].digest == self.file.digest


class ListBook:
    """Watches a folder of lists, and says what the stream does not know yet. See `ingest.facts.list_files`.

    A list that changed is told whole, with `listed` false for what it names no more; one whose file is gone
    names nobody any more.
    """

    def __init__(self, folder: Path | None, say: Callable[[str], None]) -> None:
        """Reads every list once. Raises BadInput where one cannot be read; later ones are only said."""
        self._folder = folder
        self._say = say
        self._sources: dict[str, _Source] = {}
        self._looked = time.monotonic()
        self._trouble = ""
        if folder is not None:
            self._look()

    def facts(self, chain_id: int, number: int) -> pl.DataFrame:
        """What is new (shape: `schema.LISTS`), effective from block `number`. Nothing is remembered yet."""
        if self._folder is None:
            return schema.LISTS.empty()
        self._look_again()
        news = [source for _, source in sorted(self._sources.items()) if not source.is_told]
        parts = [_rows(chain_id, number, source.file, source.named()) for source in news]
        return pl.concat(parts) if parts else schema.LISTS.empty()

    def told(self, first: int, last: int) -> pl.DataFrame:
        """What the stream was told with blocks `first`..`last`, in order."""
        versions = [version for source in list(self._sources.values()) for version in list(source.told)]
        inside = [version for version in versions if first <= version.block_number <= last]
        inside.sort(key=lambda version: version.block_number)
        return pl.concat([version.rows for version in inside]) if inside else schema.LISTS.empty()

    def remember(self, facts: pl.DataFrame) -> None:
        """`facts` are in the log: those just told, or those of an earlier run."""
        for (name, _), rows in facts.group_by("source", "block_number", maintain_order=True):
            kind, date = rows.select("kind", "date").row(0)
            source = self._sources.setdefault(str(name), _Source(_gone(str(name), kind, date)))
            source.told.append(_Version(rows))

    def forget(self, number: int) -> None:
        """What was told below block `number` is not asked for any more, but for the last of each list."""
        for source in self._sources.values():
            old = [at for at, told in enumerate(source.told) if told.block_number < number]
            del source.told[: old[-1] if old else 0]

    def roll_back(self, number: int) -> None:
        """Blocks above `number` have left the chain: what was told with them is told again."""
        for source in self._sources.values():
            source.told = [version for version in source.told if version.block_number <= number]

    def _look_again(self) -> None:
        if time.monotonic() - self._looked < LOOK_S:
            return
        self._looked = time.monotonic()
        try:
            self._look()
            self._trouble = ""
        except BadInput as error:
            if str(error) != self._trouble:
                self._trouble = str(error)
                self._say(f"the lists stay as they are: {error}")

    def _look(self) -> None:
        assert self._folder is not None
        files = {file.name: file for file in listed_files(self._folder)}
        for name, file in files.items():
            known, stamp = self._sources.get(name), _stamp(file)
            if known is None or stamp != known.stamp:
                told = [] if known is None else known.told
                self._sources[name] = _Source(read(file), stamp, told)
        for name, source in self._sources.items():
            if name not in files:
                source.file, source.stamp = _gone(name, source.file.kind, source.file.date), None


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _gone(name: str, kind: str, date: int) -> ListFile:
    """A list whose file is not there (any more): it names nobody."""
    return ListFile(name, kind, date, _NO_FILE, {})


def _rows(chain_id: int, number: int, file: ListFile, before: Set[bytes]) -> pl.DataFrame:
    gone = sorted(before - file.tags.keys())
    dates = [file.dates.get(address, (None, None)) for address in file.tags] + [(None, None)] * len(gone)
    return pl.DataFrame(
        {
            "chain_id": chain_id,
            "block_number": number,
            "address": pl.Series([*file.tags, *gone], dtype=pl.Binary),
            "kind": file.kind,
            "listed": pl.Series([True] * len(file.tags) + [False] * len(gone), dtype=pl.Boolean),
            "tag": pl.Series([*file.tags.values(), *(None for _ in gone)], dtype=pl.String),
            "source": file.source,
            "date": file.date,
            "digest": file.digest,
            "valid_from": pl.Series([since for since, _ in dates], dtype=pl.UInt64),
            "valid_until": pl.Series([until for _, until in dates], dtype=pl.UInt64),
        }
    ).cast(pl.Schema(schema.LISTS.schema))
