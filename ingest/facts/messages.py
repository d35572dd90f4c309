"""Messages of bridges as facts: each in the first block by whose time it is due, whoever reads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import numpy as np
import polars as pl

from ingest import schema
from ingest.facts.bridge_files import Bridge
from ingest.facts.crossings import crossings
from ingest.model.batch import Batch

LATE, READ = "late", "read"
"""Kinds of rows that say that the other chain is not read as far as it should be, and that it is again."""

_ORDER = ("due_time", "bridge", "height", "log_index", "moved_log_index", "transaction_hash")
_LOOK_S = 0.02
Key = tuple[object, ...]


def here(batch: Batch, bridges: Sequence[Bridge]) -> pl.DataFrame:
    """What crosses on this chain itself, in the very blocks."""
    return _whole([crossings(batch, bridge, "here", batch.chain_id) for bridge in bridges])


def placed(waiting: pl.DataFrame, blocks: pl.DataFrame) -> pl.DataFrame:
    """Messages of other chains that are due by the last of `blocks`, each in the first one by whose time it
    is. Who asks has left out what was told before.
    """
    if not waiting.height:
        return waiting
    times, numbers = blocks["timestamp"].to_numpy(), blocks["block_number"].to_numpy()
    ordered = waiting.sort(*_ORDER, nulls_last=True)
    at = np.searchsorted(np.maximum.accumulate(times), ordered["due_time"].to_numpy(), side="left")
    inside = at < len(numbers)
    kept = ordered.filter(pl.Series(inside))
    return kept.with_columns(block_number=pl.Series(numbers[at[inside]], dtype=pl.UInt64))


def together(of_others: pl.DataFrame, of_own: pl.DataFrame) -> pl.DataFrame:
    """Both in the order of blocks; in a block those of other chains first."""
    return pl.concat([of_others, of_own]).sort("block_number", maintain_order=True)


class MessageBook:
    """What readers of other chains found, until it is in the log; then what the log was told."""

    def __init__(self, bridges: Sequence[Bridge], say: Callable[[str], None], floor: int = -1) -> None:
        """What was due by `floor` (seconds) was told before the log's kept part."""
        self.bridges = tuple(bridges)
        self._say = say
        self._floor = floor
        self._lock = threading.Lock()
        self._waiting: dict[Key, pl.DataFrame] = {}
        self._sure: dict[str, int] = {bridge.name: -1 for bridge in bridges}
        self._late: set[str] = set()
        self._said: dict[str, str] = {}
        self._told: list[tuple[int, pl.DataFrame]] = []
        self._keys: dict[Key, int] = {}

    @property
    def floor(self) -> int:
        return self._floor

    def arrive(self, bridge: Bridge, rows: pl.DataFrame, read_to: int) -> None:
        """The other chain is read up to a block of time `read_to`; these crossed in what is new of it."""
        with self._lock:
            fresh = rows.filter(pl.col("due_time").cast(pl.Int64) > self._floor)
            for at, key in enumerate(_keys(fresh)):
                if key not in self._keys:
                    self._waiting[key] = fresh[at : at + 1]
            self._sure[bridge.name] = read_to + bridge.finality_s + bridge.delay_s

    def is_sure(self, bridge: Bridge, at: int) -> bool:
        """Whether all that is due by a time has arrived: a later block of the other chain may share the
        second of the last one that was read.
        """
        return at < self._sure[bridge.name]

    def wait(self, at: int) -> None:
        """Until all that is due by a block's time has arrived, or as long as each bridge's file allows. One
        that is late is said so, and not waited for again before it has caught up.
        """
        for bridge in self.bridges:
            deadline = time.monotonic() + (0.0 if bridge.name in self._late else bridge.wait_s)
            while not self.is_sure(bridge, at) and time.monotonic() < deadline:
                time.sleep(_LOOK_S)
            if not self.is_sure(bridge, at) and bridge.name not in self._late:
                self._late.add(bridge.name)
                self._say(
                    f"bridge {bridge.name}: chain {bridge.chain_id} is not read as far as it should be; "
                    "blocks go on, its messages come late, and a backfill will place them otherwise"
                )
            elif self.is_sure(bridge, at) and bridge.name in self._late:
                self._late.discard(bridge.name)
                self._say(
                    f"bridge {bridge.name}: chain {bridge.chain_id} is read as far as it should be again"
                )

    def facts(self, batch: Batch) -> pl.DataFrame:
        """What crosses with these blocks (`schema.MESSAGES`); nothing is remembered before `remember`."""
        if not self.bridges:
            return schema.MESSAGES.empty()
        self.wait(int(batch.blocks["timestamp"].max()))  # type: ignore[arg-type]
        with self._lock:
            waiting = _whole(list(self._waiting.values()))
        marks = _whole([self._mark(batch, bridge) for bridge in self.bridges])
        return together(pl.concat([marks, placed(waiting, batch.blocks)]), here(batch, self.bridges))

    def _mark(self, batch: Batch, bridge: Bridge) -> pl.DataFrame:
        """Said when a bridge begins to be late, and when it no more is."""
        kind = LATE if bridge.name in self._late else READ
        if kind == self._said.get(bridge.name, READ):
            return schema.MESSAGES.empty()
        row = batch.blocks.row(0, named=True)
        zero, none = bytes(32), (None, None)
        told = (
            batch.chain_id, batch.first, bridge.name, "there", "in", kind, None, None, zero, 0.0, zero, 0.0,
            *none, *none, bridge.here, bridge.chain_id, 0, row["timestamp"], zero, -1, None, row["timestamp"],
            row["timestamp"], bridge.first_here,
        )  # fmt: skip
        return pl.DataFrame([told], schema=schema.MESSAGES.schema, orient="row")

    def remember(self, facts: pl.DataFrame) -> None:
        """`facts` are in the log: those just told, or those of an earlier run."""
        for (number,), rows in facts.group_by("block_number", maintain_order=True):
            self._told.append((int(str(number)), rows))
        self._said |= _marked(facts)
        others = _of_others(facts)
        with self._lock:
            for key, number in zip(_keys(others), others["block_number"].to_list(), strict=True):
                self._keys[key] = number
                self._waiting.pop(key, None)

    def roll_back(self, number: int) -> None:
        """Blocks above `number` have left the chain: messages that were told with them are told again."""
        gone = [rows for at, rows in self._told if at > number]
        self._told = [told for told in self._told if told[0] <= number]
        with self._lock:
            self._keys = {key: at for key, at in self._keys.items() if at <= number}
            for rows in map(_of_others, gone):
                again = rows.with_columns(block_number=pl.lit(0, pl.UInt64))
                self._waiting |= {key: again[at : at + 1] for at, key in enumerate(_keys(again))}
        self._said = {}
        for _, rows in self._told:
            self._said |= _marked(rows)

    def forget(self, number: int) -> None:
        """What was told below block `number` is not asked for any more."""
        self._told = [told for told in self._told if told[0] >= number]
        with self._lock:
            self._keys = {key: at for key, at in self._keys.items() if at >= number}

    def told(self, first: int, last: int) -> pl.DataFrame:
        """What the log was told with blocks `first`..`last`, in order."""
        return _whole([rows for number, rows in list(self._told) if first <= number <= last])


def _keys(rows: pl.DataFrame) -> list[Key]:
    return rows.select("bridge", "height", "transaction_hash", "log_index", "moved_log_index").rows()


def _of_others(facts: pl.DataFrame) -> pl.DataFrame:
    """Messages of other chains."""
    return facts.filter((pl.col("side") == "there") & ~pl.col("kind").is_in([LATE, READ]))


def _marked(facts: pl.DataFrame) -> dict[str, str]:
    """By bridge, what was said last of how far its other chain is read."""
    return dict(facts.filter(pl.col("kind").is_in([LATE, READ])).select("bridge", "kind").iter_rows())


def _whole(parts: list[pl.DataFrame]) -> pl.DataFrame:
    held = [part for part in parts if part.height]
    return pl.concat(held) if held else schema.MESSAGES.empty()
