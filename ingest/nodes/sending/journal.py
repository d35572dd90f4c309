"""What was signed and may still stand, on disk before it is sent: whoever is killed goes on with the same."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType

import msgspec

from ingest.model.errors import BadInput

KEPT = 64
"""Settled transactions that are remembered: a reorganisation deeper than `depth` makes one open again."""


class Try(msgspec.Struct, frozen=True):
    """One signing: fees in wei a unit of gas, the height of the chain then, the signed bytes as 0x-hex."""

    hash: str
    max_fee: int
    tip: int
    at_block: int
    raw: str


class Entry(msgspec.Struct, frozen=True):
    """A transaction in all the forms in which it was sent: each has the same nonce, so one of them can count.

    `purpose` is what the sender was asked for, once each. `to` is empty where a contract is deployed.
    """

    purpose: str
    nonce: int
    to: str
    data: str
    value: int
    gas: int
    tries: tuple[Try, ...]
    settled: bool = False


class _File(msgspec.Struct):
    chain_id: int
    address: str
    entries: list[Entry]


class Journal:
    """One file for one key on one chain, held by one process. Raises BadInput where another holds it, or
    where it is of another key or chain.
    """

    def __init__(self, path: Path, chain_id: int, address: str) -> None:
        self._path = path
        self._about = (chain_id, address)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock: int | None = os.open(
                path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600
            )
        except OSError as error:
            raise BadInput(f"the journal {path} cannot be written: {error.strerror}") from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.close()
            raise BadInput(f"another process sends with the journal {path}: end one of the two") from None
        try:
            self._entries = {entry.nonce: entry for entry in self._read()}
        except BaseException:
            self.close()
            raise

    def entries(self) -> list[Entry]:
        """In the order of their nonces."""
        return [self._entries[nonce] for nonce in sorted(self._entries)]

    def open(self) -> list[Entry]:
        """Those that are not settled, in the order of their nonces."""
        return [entry for entry in self.entries() if not entry.settled]

    def put(self, entry: Entry) -> None:
        """On disk when this returns; in the place of what had the same nonce."""
        self._entries[entry.nonce] = entry
        self._write()

    def drop(self, entry: Entry) -> None:
        """What can never count any more."""
        del self._entries[entry.nonce]
        self._write()

    def close(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
        self._lock = None

    def _read(self) -> list[Entry]:
        try:
            found = msgspec.json.decode(self._path.read_bytes(), type=_File)
        except FileNotFoundError:
            return []
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadInput(
                f"the journal {self._path} cannot be read ({error}): move it away, and look on the chain "
                "whether what was sent has arrived"
            ) from None
        if (found.chain_id, found.address) != self._about:
            raise BadInput(
                f"the journal {self._path} is of {found.address} on chain {found.chain_id}, not of "
                f"{self._about[1]} on chain {self._about[0]}: give each its own --state"
            )
        return found.entries

    def _write(self) -> None:
        """Whole or not at all, also where the power fails."""
        settled = [entry.nonce for entry in self.entries() if entry.settled]
        for nonce in settled[:-KEPT]:
            del self._entries[nonce]
        temporary = self._path.with_name(self._path.name + ".writing")
        content = msgspec.json.encode(_File(*self._about, self.entries()))
        try:
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._path)
            folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise BadInput(f"the journal {self._path} cannot be written: {error.strerror}") from None

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
