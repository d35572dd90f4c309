"""What was told to people, noted outside of the store: a backup that is brought back tells nothing twice. A
line a message, its time and its id, which is the same in any copy of the store.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from dashboard.accounts.own_files import held, read_own
from ingest.model.errors import BadInput

KEPT_S = 60 * 86_400
"""Longer than Kafka keeps every revision (30 days): what a backup of before leads to is not the same list."""
_LINE = re.compile(r"(\d{1,12}) ([0-9a-f]{32})")


class Mark:
    """The ids of the messages that arrived. Raises BadInput where its file cannot be read or written."""

    def __init__(self, path: Path, now: int) -> None:
        self._path = path
        with self._alone():
            told = dict(self._read())
            self._ids = {name for name, at in told.items() if at > now - KEPT_S}
            if len(self._ids) < len(told):
                self._replace({name: told[name] for name in told if name in self._ids})

    def __contains__(self, name: object) -> bool:
        return name in self._ids

    def __len__(self) -> int:
        return len(self._ids)

    def note(self, ids: Collection[str], now: int) -> None:
        """On the disk when this returns."""
        with self._alone():
            self._written("ab", "".join(f"{now} {name}\n" for name in ids), self._path)
        self._ids |= set(ids)

    def _alone(self) -> AbstractContextManager[None]:
        return held(self._path.with_name(f"{self._path.name}.lock"), "see --mark")

    def _read(self) -> Iterator[tuple[str, int]]:
        """What a power cut left of a last line is no line."""
        try:
            text = read_own(self._path, "what people were told").decode("ascii", "replace")
        except FileNotFoundError:
            return
        except OSError as error:
            raise BadInput(f"{self._path} cannot be read: {error.strerror}: see --mark") from error
        whole, _, torn = text.rpartition("\n")
        if torn:
            self._written("wb", f"{whole}\n" if whole else "", self._path)
        for number, line in enumerate(whole.splitlines(), 1):
            found = _LINE.fullmatch(line)
            if found is None:
                raise BadInput(
                    f"{self._path}, line {number}, is no mark of what was told: bring back a copy of it, or "
                    "take another --mark"
                )
            yield found[2], int(found[1])

    def _replace(self, told: dict[str, int]) -> None:
        temporary = self._path.with_name(f"{self._path.name}.writing")
        self._written("wb", "".join(f"{at} {name}\n" for name, at in told.items()), temporary)
        temporary.replace(self._path)

    def _written(self, mode: str, text: str, path: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if mode == "ab" else os.O_TRUNC)
        try:
            with os.fdopen(os.open(path, flags, 0o600), mode) as file:
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise BadInput(f"{path} cannot be written: {error.strerror}: see --mark") from error
