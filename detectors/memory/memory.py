"""All that detection remembers of one chain: parts that go back, age and are saved together.

memory = Memory(state, chain_id)
pairs = memory.table("pairs", PAIR, horizon_s=30 * 86_400, cap=4_000_000)
head = memory.open()                 # empty, or as of the head's block; the log goes on behind it
for each piece of blocks:
    memory.age(first, time)          # where `first` is a multiple of 50, and at the very first block
    pairs.reserve(rows); kernel(*pairs.arrays(), …)
    memory.mark(last)
    memory.forget(final)             # while it follows the head
    memory.write()                   # a slice of the snapshot under way, if there is one
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from detectors.memory import files, head, loading
from detectors.memory.append_only import AppendOnly
from detectors.memory.declared import Declared
from detectors.memory.digest import add_part
from detectors.memory.errors import MemoryFull
from detectors.memory.head import Head
from detectors.memory.names import Names
from detectors.memory.snapshot import Snapshot
from ingest.model.errors import BadInput, RollbackTooDeep

SNAPSHOT_BLOCKS = 5_000
SLICE_S = 0.004
"""A slice ends with the piece that this ends in, so that it takes 5 ms at most."""

NO_BLOCK = -1
FOREVER = 2**62


def folder_of(state: Path, chain_id: int) -> Path:
    return state / f"chain-{chain_id}"


def discard(state: Path, chain_id: int) -> None:
    """Deletes a chain's state, the head first, so that what is left of it after a crash is no state."""
    folder = folder_of(state, chain_id)
    if folder.exists():
        lock = _locked(folder)
        try:
            files.remove(folder / head.NAME)
            for path in loading.leftovers(folder, None):
                files.remove(path)
        finally:
            os.close(lock)


class Memory(Declared):
    """Without `state` nothing is kept on disk. `follows` says whether blocks may leave the chain again; where
    they may not, nothing is noted, and there is no way back.
    """

    def __init__(self, state: Path | None, chain_id: int, follows: bool = True) -> None:
        super().__init__(folder_of(state, chain_id) if state is not None else None)
        self.block, self.floor, self.saved = NO_BLOCK, NO_BLOCK, NO_BLOCK
        """The block at whose end it stands; the lowest it can go back to; that of the head on disk."""
        self._follows = follows
        self._aged: list[tuple[int, int]] = []
        """Blocks at which horizons were looked at, with their times: the last final one, and those above."""
        self._snapshot: Snapshot | None = None
        self._lock: int | None = None

    def open(self) -> Head | None:
        """To be called once, when all parts are named: state as of the head on disk, or None where there is
        none and everything begins empty. Raises UnreadableCheckpoint for state that cannot be used.
        """
        try:
            found = self._found() if self.folder is not None else None
        except BaseException:
            self.close()
            raise
        if found is None:
            for part in self.parts.values():
                if isinstance(part, Names):
                    part.begin()
        self._keep_journal(self._follows)
        return found

    def _found(self) -> Head | None:
        assert self.folder is not None
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(self.folder)
        found = head.read(self.folder)
        for path in loading.leftovers(self.folder, found):
            files.remove(path)
        if found is not None:
            loading.load(self.folder, found, self.parts, self.tables())
            self.block = self.floor = self.saved = found.block
            self._aged = [(block, time) for block, time in found.aged]
        return found

    def close(self) -> None:
        """Ends a snapshot under way without a new head, and lets another process have the folder."""
        self._abandon()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def move(self, state: Path, chain_id: int) -> None:
        """From one folder into that of another `state`, whose own is deleted. After a crash there is either
        what was there before, or nothing, or what was moved. No snapshot is under way.
        """
        assert self.folder is not None and self._lock is not None and self._snapshot is None
        before, target = self.folder, folder_of(state, chain_id)
        target.mkdir(parents=True, exist_ok=True)
        discard(state, chain_id)
        lock = _locked(target)
        for path in loading.leftovers(before, None):
            files.rename(path, target / path.name)
        files.sync(target)
        if (before / head.NAME).exists():
            files.rename(before / head.NAME, target / head.NAME)
        files.sync(target)
        os.close(self._lock)
        self.folder, self._lock = target, lock
        for part in self.parts.values():
            part.move(target)
        before.rmdir()

    def _abandon(self) -> None:
        if self._snapshot is not None:
            self._snapshot.abandon()
            self._snapshot = None

    def age(self, block: int, time: int) -> None:
        """Looks at horizons and caps before anything of `block` is written; at fixed blocks only, the first
        one among them.
        """
        if self._snapshot is not None:
            self._snapshot.collect()
        for name, part in self.parts.items():
            try:
                part.age(block, time)
            except MemoryFull as error:
                raise MemoryFull(f"{name} holds {error}") from error
        self._aged.append((block, time))

    @property
    def aged_at(self) -> tuple[int, int] | None:
        """The block at which horizons were last looked at, and its time; None before the first."""
        return self._aged[-1] if self._aged else None

    @property
    def aged_time(self) -> int:
        """The block time at which horizons were last looked at; 0 before the first."""
        return self._aged[-1][1] if self._aged else 0

    def mark(self, block: int) -> None:
        """Everything up to the end of `block` is written, and nothing behind it."""
        if block <= self.block:
            raise ValueError(f"block {block} is not behind block {self.block}")
        self.block = block
        if not self._follows:
            self.forget(block)

    def undo(self, block: int) -> None:
        """Everything as it stood at the end of a block. Raises RollbackTooDeep below the last final one."""
        if block < self.floor:
            raise RollbackTooDeep(
                f"block {block} is below the final state kept (block {self.floor}): "
                "stop, then start detect again with --rebuild"
            )
        self._take_back_saved(block)
        for part in self.parts.values():
            part.undo(block)
        if self._snapshot is not None:
            self._snapshot.taken_back()
        self.block = min(block, self.block)
        del self._aged[bisect_right(self._aged, (block, FOREVER)) :]

    def _take_back_saved(self, block: int) -> None:
        """State that was saved before it was final, and has left the chain, is none any more."""
        ahead = self._snapshot is not None and self._snapshot.block > block
        if ahead:
            self._abandon()
            self._keep_journal(self._follows)
        if self.folder is None or not (ahead or self.saved > block):
            return
        found = head.read(self.folder)
        if found is not None and found.block > block:
            files.remove(self.folder / head.NAME)
            self.saved = NO_BLOCK

    def forget(self, block: int) -> None:
        """Block `block` is final: no rollback goes below it any more. One below the first says nothing."""
        if self._snapshot is not None:
            self._snapshot.collect()
        if not self._aged or min(block, self.block) < self._aged[0][0]:
            return
        self.floor = max(self.floor, min(block, self.block))
        for part in self.parts.values():
            part.forget(self.floor)
        del self._aged[: self._last_aged(self.floor)]
        if self.folder is None and self._aged[0][0] <= self.floor:
            self._drop(self._aged[:1])

    def _last_aged(self, block: int) -> int:
        """Which of `_aged` is the last at or below a block; the first where there is none."""
        return max(0, bisect_right(self._aged, (block, FOREVER)) - 1)

    def follow(self, on: bool) -> None:
        """From a backfill to the head of the chain, or back: only between blocks."""
        self._follows = on
        self._keep_journal(on or self._snapshot is not None)
        if not on:
            self.forget(self.block)

    def due(self) -> bool:
        """Whether a snapshot can begin at the last final block, and the head on disk is old enough for it."""
        return (self.saved == NO_BLOCK or self.floor - self.saved >= SNAPSHOT_BLOCKS) and self.can_save()

    def idle(self) -> bool:
        """Whether there is a disk to write to, and nothing is being written."""
        return self.folder is not None and self._snapshot is None

    def can_save(self, at: int | None = None) -> bool:
        """Whether a snapshot of the last final block, or of `at`, can begin: none is under way, and it is not
        on disk.
        """
        block = self.floor if at is None else at
        return self.idle() and self.saved < block <= self.block and block >= self.floor

    def begin_snapshot(
        self, extra: Mapping[str, Any], own: Sequence[str] = (), at: int | None = None
    ) -> None:
        """Begins to write state as of the last final block, `floor`; or as of a later block `at`, which is
        given up should that block leave. `extra` (what JSON can say) is given back with it: where the log
        goes on. `own` are files of the caller (engine-…) in the folder, durable already: they stay as long as
        this head does.
        """
        if self.folder is None or not self.can_save(at):
            raise ValueError("a snapshot is under way, or there is nothing to write")
        block = self.floor if at is None else at
        self._keep_journal(True)
        aged = self._aged[: bisect_right(self._aged, (block, FOREVER))][-1:]
        self._snapshot = Snapshot(self.folder, block, aged, extra, self.parts, self.tables(), own)

    def write(self, seconds: float = SLICE_S) -> bool:
        """A slice of the snapshot under way, to be called between blocks; True when it put a new head in its
        place.
        """
        if self._snapshot is None or not self._snapshot.write(seconds):
            return False
        written, self._snapshot = self._snapshot, None
        self.saved = written.block
        self._keep_journal(self._follows)
        self._drop(written.aged)
        return True

    def finish_snapshot(self) -> None:
        """Writes what is left of the snapshot under way, however long it takes."""
        while self._snapshot is not None and not self.write(1.0):
            self._snapshot.wait()

    def digest(self) -> str:
        """Of all there is: equal for equal contents, whatever they took to come about."""
        whole = hashlib.blake2b(digest_size=16)
        for name in sorted(self.parts):
            whole.update(name.encode())
            add_part(whole, self.parts[name], self._aged[-1][1] if self._aged else 0)
        return whole.hexdigest()

    def _drop(self, aged: Sequence[tuple[int, int]]) -> None:
        """Deletes files of rows that were too old when horizons were last looked at before the end of a final
        block, that of the head where there is one: the head does not name them.
        """
        for block, time in aged:
            for part in self.parts.values():
                if isinstance(part, AppendOnly):
                    part.drop(block, time)

    def _keep_journal(self, on: bool) -> None:
        for part in self.parts.values():
            part.keep_journal(on)


def _locked(folder: Path) -> int:
    """Two processes that map the same files would write into each other's rows."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise BadInput(
            f"{folder} is used by another undertow detect: stop that one, or name another folder with --state"
        ) from error
    return descriptor
