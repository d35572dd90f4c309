"""Where a rebuild begins: at the log's first block, or in a lake that holds the blocks below it.

The log outranks the lake, which gives only what the log no longer holds, up to the block that the log goes on
from: both know it by the same hash. So as few blocks as can be have states that no offset of the log belongs
to, and as many as can be can still leave the chain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from detectors.base import hexed
from ingest.lake.reading import Lake, Manifest
from ingest.model.batch import Batch, Event, Rollback
from ingest.model.errors import BadInput, NotALake

_LAKE_BLOCKS = 100


class Unmet(BadInput):
    """What is known does not lead to an event of the log. A later rollback may go back to where it does."""


@dataclass(frozen=True, slots=True)
class Seam:
    """The log goes on from block `number` (with `hash`) at `offset`. What is judged begins at block `first`:
    where that is no block of the log, `in_lake`. `within`: so is the event that was looked at.
    """

    number: int
    hash: bytes
    offset: int
    first: int
    in_lake: bool = False
    within: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """A chain's blocks in a lake. With `allow_gaps` only those that follow the last gap count."""

    lake: Lake
    chain_id: int
    ranges: list[Manifest]
    allow_gaps: bool = False

    @classmethod
    def open(cls, path: Path, chain_id: int, allow_gaps: bool = False) -> History:
        """Raises NotALake where it is none, or holds nothing of the chain."""
        lake = Lake.open(path)
        ranges = lake.ranges(chain_id)
        if not ranges:
            held = ", ".join(map(str, lake.chain_ids())) or "no chain"
            raise NotALake(
                f"the lake at {path} holds no block of chain {chain_id} (it holds {held}): "
                "backfill it, or give another --lake"
            )
        return cls(lake, chain_id, ranges, allow_gaps)

    @property
    def first(self) -> int:
        return self.ranges[0].first

    def leading_to(self, number: int, block_hash: bytes) -> int:
        """The first of the blocks that lead to block `number` with `block_hash`. Raises Unmet where none do,
        and NotALake where the lake is damaged there.
        """
        at = next((i for i, held in enumerate(self.ranges) if held.first <= number <= held.last), None)
        if at is None:
            last = max(held.last for held in self.ranges if held.last < number)
            raise self._lacks(last + 1, number)
        held = self._hash_of(self.ranges[at], number)
        if held != block_hash:
            raise Unmet(
                f"block {number} is {hexed(held)[:18]}… in the lake at {self.lake.path}, and the log of "
                f"chain {self.chain_id} goes on from {hexed(block_hash)[:18]}…: backfill the lake again, or "
                "give --allow-gaps to judge the log alone"
            )
        while at and self._linked(self.ranges[at - 1], self.ranges[at]):
            at -= 1
        return self.ranges[at].first

    def _linked(self, below: Manifest, above: Manifest) -> bool:
        """Whether no gap lies between two ranges. Raises Unmet for one where that is not allowed."""
        linked = below.last + 1 == above.first and below.last_hash == above.parent_hash
        if linked or self.allow_gaps:
            return linked
        if below.last + 1 < above.first:
            raise self._lacks(below.last + 1, above.first - 1)
        raise Unmet(
            f"block {above.first} of the lake at {self.lake.path} is no child of its block {below.last}: "
            f"backfill {below.first} to {above.last} again, or give --allow-gaps to judge from there on"
        )

    def _lacks(self, first: int, last: int) -> Unmet:
        return Unmet(
            f"the lake at {self.lake.path} lacks blocks {first} to {last} of chain {self.chain_id}, below "
            f"what follows: backfill them, or give --allow-gaps to judge from block {last + 1} on"
        )

    def _hash_of(self, held: Manifest, number: int) -> bytes:
        if number == held.last:
            return bytes.fromhex(held.last_hash)
        return self.lake.read(held).slice(number, number).last_hash


@dataclass(slots=True)
class Beginning:
    """Looks for the first event of the log that can be judged.

    What comes before the log goes back below its first block has left the chain. So where nothing leads to an
    event, or the run before began lower, a later rollback may mend it; `refused` says what is wrong so far.
    """

    chain_id: int
    history: History | None
    anchor: int | None = None
    """The first block of the run before, where that is known: a rebuild that begins later would take back
    what was said of blocks that stand."""
    cut_short: bool = False
    """The run before is a rebuild that was not done."""
    allow_gaps: bool = False
    refused: Unmet | None = None
    _below: int | None = None

    def look(self, event: Event, before: int, after: int, whole: bool = True) -> Seam | None:
        """The seam below `event`, or None where it cannot be judged. The log holds it from offset `before` to
        `after`; it is not `whole` where blocks of it have left.
        """
        below = _below(event, before)
        if self._below is not None and not (isinstance(event, Rollback) and below.number <= self._below):
            return None
        self._below = below.number
        try:
            seam = self._led_to(below)
        except Unmet as refused:
            self.refused = refused
            return None
        return self._within(seam, event, after) if whole and isinstance(event, Batch) else seam

    def batches(self, seam: Seam) -> Iterator[Batch]:
        """What comes from the lake."""
        if self.history is not None and seam.in_lake:
            lake = self.history.lake
            yield from lake.batches(self.chain_id, seam.first, seam.number, blocks=_LAKE_BLOCKS)

    def words(self, seam: Seam) -> str | None:
        """What a person is told of it."""
        if self.history is None:
            return None
        place, log = f"the lake at {self.history.lake.path}", seam.number + 1
        if seam.in_lake:
            return f"blocks {seam.first} to {seam.number} are read from {place}, the log from block {log} on"
        if self.history.first > seam.number:
            return (
                f"{place} begins at block {self.history.first} and the log at block {log}: the lake adds "
                "nothing, the log alone is judged"
            )
        return f"{place} does not lead to block {log}, where the log begins: the log alone is judged"

    def _led_to(self, below: Seam) -> Seam:
        seam, history = below, self.history
        if history is not None and history.first <= below.number:
            try:
                seam = replace(below, first=history.leading_to(below.number, below.hash), in_lake=True)
            except Unmet:
                if not self.allow_gaps:
                    raise
        if self.anchor is not None and seam.first > self.anchor and not self.allow_gaps:
            raise self._too_late(self.anchor, seam.first, below.first)
        return seam

    def _within(self, seam: Seam, batch: Batch, after: int) -> Seam:
        """A log that was cut may have lost the facts of its first blocks: where the lake holds them too, they
        come from there.
        """
        if self.history is None or not seam.in_lake:
            return seam
        try:
            first = self.history.leading_to(batch.last, batch.last_hash)
        except Unmet:
            return seam
        return Seam(batch.last, batch.last_hash, after, first, in_lake=True, within=True)

    def _too_late(self, anchor: int, first: int, in_log: int) -> Unmet:
        run = "the rebuild that was cut short" if self.cut_short else "the run before"
        lake = "" if self.history is None else f", {self.history.lake.path} at block {self.history.first}"
        return Unmet(
            f"{run} began at block {anchor}, the log of chain {self.chain_id} begins at block {in_log}{lake}"
            f": start detect with --rebuild --lake DIR, a lake with the blocks from {anchor} on, or with "
            f"--rebuild --allow-gaps to begin at block {first} and retract what was said of those before"
        )


def _below(event: Event, offset: int) -> Seam:
    """The block that `event` goes on from."""
    if isinstance(event, Rollback):
        return Seam(event.number, event.hash, offset, event.number + 1)
    return Seam(event.first - 1, event.parent_hash, offset, event.first)
